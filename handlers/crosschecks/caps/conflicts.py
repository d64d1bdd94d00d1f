"""Caps that somebody changed at a gateway: the message to the team's managers, and their choice."""

import asyncio
import re
from collections.abc import Iterable, Mapping

from slack_bolt.async_app import AsyncApp

from bot.crosschecks.gateway_caps import GatewayCap, ShownCap, with_choice
from bot.org.teams import Team
from bot.refusals import Refusal
from bot.views.blocks import name
from bot.views.crosschecks import caps as views
from handlers.context import Context
from handlers.crosschecks.caps.lines import shown_caps
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from handlers.slack.posts import post_to_people

_VALUE = re.compile(r"r([0-9]{1,9}):([0-9]{1,18})")
_BUSY_TRIES, _BUSY_SECONDS = 8, 0.2
_BACK = "It is back at what Tokens had set, so there is nothing to choose."
_NO_CAP = "No cap follows the team's budget any more, so there is nothing to choose."
_OTHERS = "It is no target of this team any more, so there is nothing to choose."
_AGAIN = "It was changed again since; the newer message has the choice."


def conflict_key(row: GatewayCap) -> str:
    return f"cap:{row.id}:{row.conflict}"


async def show_conflicts(scope: TeamScope, before: Mapping[int, GatewayCap], after: Mapping[int, GatewayCap]) -> None:
    """Posts a message for each new conflict, and closes those of conflicts that are over."""
    shown = None
    for row_id, row in after.items():
        earlier = before[row_id]
        was, now = earlier.state == "conflict", row.state == "conflict"
        if (not was and not now) or (was and now and earlier.conflict == row.conflict):
            continue
        if shown is None:
            shown = {found.row.id: found for found in await shown_caps(scope, scope.team)}
        if was:
            over = ShownCap(row=earlier, kind=shown[row_id].kind, mark=shown[row_id].mark)
            outcome = _AGAIN if now else _NO_CAP if row.state == "idle" else _BACK
            message = views.settled_message(over, team=scope.team, outcome=outcome)
            await scope.tx.outbox.change(conflict_key(earlier), message, at=scope.at, is_over=True)
        if now:
            message = views.conflict_message(shown[row_id], team=scope.team)
            people = scope.directory.responsible_for(scope.team)
            key = conflict_key(row)
            await post_to_people(scope.tx, people, message, dedupe_key=key, at=scope.at, about=scope.team)


async def close_conflicts(scope: Scope, left: Iterable[GatewayCap]) -> None:
    """Closes the messages about targets that left their team."""
    for row in left:
        if row.state == "conflict":
            team = scope.directory.by_id(row.team_id)
            over = ShownCap(row=row, kind=None, mark=await scope.tx.cap_marks.of(team.id))
            message = views.settled_message(over, team=team, outcome=_OTHERS)
            await scope.tx.outbox.change(conflict_key(row), message, at=scope.at, is_over=True)


class CapBusy(Refusal):
    """A worker reads or writes the cap at the moment."""

    def __init__(self) -> None:
        super().__init__("This cap is being read right now. Click again in half a minute.")


async def choose_cap(scope: Scope, cap_id: int, conflict: int, *, keep: bool, by: int) -> GatewayCap:
    """Stores a person's choice about a conflict, and shows it in the message to all who could choose. Raises Refusal if it is
    not theirs to choose, or is over, and CapBusy while a worker has it.
    """
    tx, at = scope.tx, scope.at
    row = await tx.gateway_caps.for_change(cap_id)
    if row is None:
        raise Refusal("This gateway is no more in teams.yml, so there is nothing to choose.")
    team = scope.directory.by_id(row.team_id)
    _require_may_choose(scope, team, by)
    if row.state != "conflict" or row.conflict != conflict:
        raise Refusal("This cap is another one by now. The newest message about it has the choice, if there is one.")
    if await tx.gateway_caps.is_leased(row.id, now=at):
        raise CapBusy
    await tx.gateway_caps.end_lease(row.id)
    chosen = with_choice(row, keep=keep, by=by, mark=await tx.cap_marks.of(team.id), at=at)
    await tx.gateway_caps.save(chosen)
    detail = {"books": row.wanted_nanos, "gateway": row.seen_nanos}
    action = "keep gateway's cap" if keep else "use books' cap"
    subject = f"cap:{row.gateway}:{row.target.kind}:{row.target.ref}"
    await tx.audit.record(at=at, actor_id=by, action=action, subject=subject, detail=detail)
    person = called(await tx.people.by_id(by))
    shown = next(found for found in await shown_caps(scope, team) if found.row.id == row.id)
    over = ShownCap(row=row, kind=shown.kind, mark=shown.mark, is_one_of_several=shown.is_one_of_several)
    outcome = views.chosen_words(row, by_mention=person, keep=keep)
    message = views.settled_message(over, team=team, outcome=outcome)
    await tx.outbox.change(conflict_key(row), message, at=at, is_over=True)
    return chosen


def _require_may_choose(scope: Scope, team: Team, by: int) -> None:
    directory = scope.directory
    if not directory.manages(by, team) and by not in directory.finance | directory.admins:
        raise Refusal(f"Only managers of {name(team.name)}, admins and finance can choose about its caps.")


async def _choose(asked: SlackRequest, *, keep: bool) -> None:
    match = _VALUE.fullmatch(asked.value)
    if match is None:
        raise Refusal(asked.old_button)
    context = asked.context
    for tries_left in reversed(range(_BUSY_TRIES)):  # a worker that reads or writes these caps has them for a moment
        try:
            async with asked.begin() as tx:
                scope = await asked.scope(tx)
                chosen = await choose_cap(scope, int(match[2]), int(match[1]), keep=keep, by=asked.person.id)
                await context.caps_followed(scope.of_team_id(chosen.team_id))
            break
        except CapBusy:
            if not tries_left:
                raise
            await asyncio.sleep(_BUSY_SECONDS)
    context.wake_outbox.set()
    await asked.ack()


async def click_use_books(asked: SlackRequest) -> None:
    """Takes the books' cap: the worker writes it at once."""
    await _choose(asked, keep=False)


async def click_keep(asked: SlackRequest) -> None:
    """Keeps the gateway's cap until the next decision about the team's budget."""
    await _choose(asked, keep=True)


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.USE_BOOKS_CAP)(answers(context, click_use_books))
    app.action(views.KEEP_GATEWAY_CAP)(answers(context, click_keep))
