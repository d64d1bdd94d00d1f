"""Reminder messages: one per person is live, lists all that waits for them, and is up to date."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.periods import HOUR_MICROS
from bot.requests.budget_requests import BudgetRequest
from bot.views.requests.waiting.reminders import (
    WaitingRequest,
    former_reminder,
    reminded_ids,
    reminded_lead,
    reminder_message,
)
from handlers.requests.cards import shown
from handlers.requests.deciding.deciders import route_of
from handlers.scope import Scope
from handlers.slack.callers import called
from storage.requests.waiting.reminders import ReminderMessage

_REQUEST = re.compile(r"-[0-9]+-[0-9]+-[0-9]+$")
"""The end of the block id of a request in a reminder: the number of the message, the request and its revision."""
_SAME_MESSAGE_MICROS = HOUR_MICROS
"""A reminder within this time after another changes it: one notice is enough."""


async def waiting_for(scope: Scope, person_id: int, *, at: int | None = None) -> list[WaitingRequest]:
    """Returns the requests that wait for a person's decision, oldest first; how long they wait is told as of a moment."""
    found = []
    for request in await scope.tx.budget_requests.pending():
        route = route_of(scope, request)
        if person_id in route.deciders:
            found.append(await waiting_request(scope, request, person_id, route.stands_in.get(person_id), at=at))
    return found


async def waiting_request(
    scope: Scope, request: BudgetRequest, person_id: int, for_id: int | None, *, at: int | None = None
) -> WaitingRequest:
    """Returns a request as a decider sees it."""
    directory, moment = scope.directory, scope.at if at is None else at
    team = directory.by_id(request.team_id)
    time = scope.rulebook.attendance.work_time(directory, person_id, team=team, at=moment)
    for_whom = "" if for_id is None else called(await scope.tx.people.by_id(for_id))
    return WaitingRequest(
        pending=await shown(scope.tx, directory, request),
        for_whom=for_whom,
        worked_micros=time.between(request.created_at, moment),
    )


async def post_reminder(scope: Scope, person_id: int) -> None:
    """Reminds a person of all that waits for them: by a new message, which takes the place of the one before."""
    tx, at = scope.tx, scope.at
    latest = await tx.reminders.message_of(person_id)
    waiting = await waiting_for(scope, person_id)
    if latest is not None and not latest.is_over and at - latest.posted_at < _SAME_MESSAGE_MICROS:
        await _change(scope, latest, waiting)
        return
    number = 1 if latest is None else latest.number + 1
    if latest is not None and not latest.is_over:
        key = reminder_key(person_id, latest.number)
        await tx.outbox.change(key, former_reminder(latest.number), at=at, is_over=True)
    await tx.reminders.save_message(ReminderMessage(person_id=person_id, number=number, posted_at=at, is_over=False))
    message = reminder_message(waiting, number=number, command=scope.command)
    await tx.outbox.put(message, dedupe_key=reminder_key(person_id, number), at=at, to_person_id=person_id)


async def refresh_reminders(scope: Scope, person_ids: Iterable[int]) -> None:
    """Brings people's live reminders up to date."""
    for person_id in person_ids:
        latest = await scope.tx.reminders.message_of(person_id)
        if latest is not None and not latest.is_over:
            await _change(scope, latest, await waiting_for(scope, person_id, at=latest.posted_at))


async def is_current(scope: Scope, live: ReminderMessage, waiting: Sequence[BudgetRequest]) -> bool:
    """Returns whether a live reminder lists what waits for its person; without building it."""
    shown = await scope.tx.outbox.message_of(reminder_key(live.person_id, live.number))
    if shown is None:
        return True
    wanted = reminded_ids(live.number, waiting)
    return reminded_lead(len(waiting)) in shown.text and wanted == {
        block["block_id"] for block in shown.blocks if block["block_id"] in wanted or _REQUEST.search(block["block_id"])
    }


async def _change(scope: Scope, latest: ReminderMessage, waiting: list[WaitingRequest]) -> None:
    message = reminder_message(waiting, number=latest.number, command=scope.command)
    key = reminder_key(latest.person_id, latest.number)
    await scope.tx.outbox.change(key, message, at=scope.at, is_over=not waiting)
    if not waiting:
        await scope.tx.reminders.save_message(replace(latest, is_over=True))


def reminder_key(person_id: int, number: int) -> str:
    return f"reminder:{person_id}:{number}"
