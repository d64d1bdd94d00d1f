"""Reminders, escalation and expiry of waiting requests: a job every minute, exact in the deciders' working time.

It asks the database what is due now. Each step is claimed in the transaction that takes it, so two workers take it once.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from slack_bolt.async_app import AsyncApp

from bot.money import usd
from bot.org.attendance.working_hours import WorkTime
from bot.refusals import Refusal
from bot.requests.approvals import ApprovalRoute
from bot.requests.budget_requests import BudgetRequest
from bot.requests.waiting.reminders import escalates_at, reminders_due
from bot.views.requests.waiting.expiries import ASK_AGAIN
from handlers.context import Context
from handlers.requests.asking.request_forms import open_request_form
from handlers.requests.budget_requests import audit_request
from handlers.requests.cards import card_key, update_messages
from handlers.requests.deciding.deciders import route_of
from handlers.requests.waiting.expiry import expire_request
from handlers.requests.waiting.reminder_messages import is_current, post_reminder, refresh_reminders
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from storage.outbox import copy_key
from storage.requests.waiting.reminders import Reminder

_Known = Mapping[int, Mapping[int, Reminder]]
"""Reminders by request and person."""


@dataclass(frozen=True, kw_only=True)
class _Due:
    """What is due of a pending request at a moment: people who are asked since then, or no longer; reminders by person, as
    a count; whether it is to be escalated or has expired."""

    request: BudgetRequest
    joined: Mapping[int, int]
    left: frozenset[int]
    reminders: Mapping[int, int]
    is_escalated: bool
    is_expired: bool
    expires_at: int | None = None

    @property
    def is_nothing(self) -> bool:
        others = self.is_escalated or self.is_expired or self.expires_at is not None
        return not (self.joined or self.left or self.reminders or others)


async def watch_waiting(context: Context) -> int:
    """Sends due reminders, escalates, and ends requests that nobody decided in time. Returns the number of steps."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        due, stale = await _all_due(scope)
    steps = 0
    reminded: dict[int, dict[int, int]] = defaultdict(dict)
    for one in due:
        if one.is_expired or one.is_escalated or one.joined or one.left or one.expires_at is not None:
            async with context.store.begin() as tx:
                steps += await _take(await context.scope(tx, now=scope.now), one.request.id)
        for person_id, sent in one.reminders.items():
            if not one.is_expired:
                reminded[person_id][one.request.id] = sent
    for person_id, counts in sorted(reminded.items()):
        async with context.store.begin() as tx:
            steps += await _remind(await context.scope(tx, now=scope.now), person_id, counts)
    for person_id in stale:
        async with context.store.begin() as tx:
            await refresh_reminders(await context.scope(tx, now=scope.now), [person_id])
    if steps or stale:
        context.wake_outbox.set()
    return steps


async def _all_due(scope: Scope) -> tuple[list[_Due], list[int]]:
    """Returns what is due, and the people whose reminder shows something else than waits for them."""
    known = await scope.tx.reminders.of_pending()
    found, waits = list[_Due](), defaultdict[int, list[BudgetRequest]](list)
    for request in await scope.tx.budget_requests.pending():
        route = route_of(scope, request)
        found.append(_due(scope, request, route, known))
        for person_id in route.deciders:
            waits[person_id].append(request)
    live = await scope.tx.reminders.live_messages()
    stale = [one.person_id for one in live if not await is_current(scope, one, waits[one.person_id])]
    return [one for one in found if not one.is_nothing], stale


def _due(scope: Scope, request: BudgetRequest, found: ApprovalRoute, known: _Known) -> _Due:
    at, rules = scope.at, scope.rulebook.attendance.waiting
    own = known.get(request.id, {})
    asked = scope.directory.reachable(found.deciders)
    since = request.created_at if not own else at  # all who are there from the start were asked at the ask
    joined = dict.fromkeys(asked - own.keys(), since)
    times = _times(scope, request, found)
    reminders = {}
    for person in asked - found.away.keys():
        asked_at, sent = (own[person].asked_at, own[person].sent) if person in own else (joined[person], 0)
        count = reminders_due(times[person], asked_at=asked_at, now=at, rules=rules)
        if count > sent and times[person].is_working(at):
            reminders[person] = count
    escalates = escalates_at(times.values(), asked_at=request.created_at, rules=rules)
    expires = None
    if request.expires_at is None and rules.lapse_after_days is not None:  # the policy is newer than the request
        expires = scope.rulebook.attendance.expires_at(scope.directory, scope.directory.by_id(request.team_id), at=at)
    return _Due(
        request=request,
        joined=joined,
        left=frozenset(own.keys() - asked),
        reminders=reminders,
        is_escalated=request.escalated_at is None and escalates is not None and escalates <= at,
        is_expired=request.expires_at is not None and request.expires_at <= at,
        expires_at=expires,
    )


def _times(scope: Scope, request: BudgetRequest, found: ApprovalRoute) -> dict[int, WorkTime]:
    """Returns the working time of each decider."""
    attendance, team = scope.rulebook.attendance, scope.directory.by_id(request.team_id)
    return {person: attendance.work_time(scope.directory, person, team=team, at=scope.at) for person in found.deciders}


async def _take(scope: Scope, request_id: int) -> int:
    """Takes the steps of a request that are due still: whoever holds its lock decides that anew."""
    tx = scope.tx
    request = await tx.budget_requests.for_decision(request_id)
    if request is None or request.state != "pending":
        return 0
    due = _due(scope, request, route_of(scope, request), await tx.reminders.of_pending())
    if due.is_expired:
        await expire_request(scope, request)
        return 1
    for person_id, asked_at in sorted(due.joined.items()):
        await tx.reminders.begin(request_id, person_id, asked_at=asked_at)
    if due.left:
        await tx.reminders.drop(request_id, due.left)
    if due.expires_at is not None:
        request = replace(request, expires_at=due.expires_at)
        await tx.budget_requests.save(request)
    if due.is_escalated:
        await escalate_request(scope, request)
        return 1
    return 0


async def escalate_request(scope: Scope, request: BudgetRequest) -> BudgetRequest:
    """Asks the managers above too, in their own working time. The request must be locked."""
    tx, at = scope.tx, scope.at
    escalated = replace(request, escalated_at=at)
    await tx.budget_requests.save(escalated)
    found = route_of(scope, escalated)
    await audit_request(tx, "escalate request", escalated, actor_id=None, at=at)
    await update_messages(scope.of_team_id(request.team_id), escalated, found)
    for person_id, time in _times(scope, escalated, found).items():
        if person_id in found.escalated and not time.is_working(at):
            await tx.outbox.hold(copy_key(card_key(request.id), person_id), until=time.next_moment(at))
    return escalated


async def _remind(scope: Scope, person_id: int, counts: Mapping[int, int]) -> int:
    """Reminds a person, unless another process has done so, or nothing of it waits any more."""
    claimed = [
        request_id
        for request_id, sent in sorted(counts.items())
        if await scope.tx.reminders.claim(request_id, person_id, sent=sent, at=scope.at)
    ]
    waiting = []
    for request_id in claimed:
        request = await scope.tx.budget_requests.by_id(request_id)
        if request is not None and request.state == "pending" and person_id in route_of(scope, request).deciders:
            waiting.append(request)
    if not waiting:
        return 0
    await post_reminder(scope, person_id)
    for request in waiting:
        await audit_request(scope.tx, "remind", request, actor_id=None, at=scope.at)
    return 1


async def click_ask_again(asked: SlackRequest) -> None:
    """Opens the form with what an expired request asked for."""
    async with asked.context.store.read() as tx:
        request = await tx.budget_requests.by_id(asked.id)
    if request is None or request.person_id != asked.person.id:
        raise Refusal(asked.old_button)
    amount = usd(request.amount_nanos)
    await open_request_form(asked, request.team_id, amount=amount, reason=request.reason, origin="button")


def register(app: AsyncApp, context: Context) -> None:
    app.action(ASK_AGAIN)(answers(context, click_ask_again))
