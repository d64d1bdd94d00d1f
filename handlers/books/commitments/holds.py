"""Holds: `/tokens hold` sets budget aside for a planned run; it ends by itself, by hand, or with its period."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from slack_bolt.async_app import AsyncApp

from bot.books.commitments.holds import (
    Hold,
    PlannedHold,
    UnclearHold,
    checked_end,
    checked_name,
    hold_entry,
    hold_release_entry,
    is_repeated_hold,
    parse_hold,
    parse_until,
    use_entries,
)
from bot.money import parse_amount, usd
from bot.org.teams import Directory, Team
from bot.refusals import FieldRefusal, Refusal
from bot.text import first_word
from bot.views.blocks import name
from bot.views.books.commitments import holds as views
from handlers.books.balances import balances_of
from handlers.books.commitments.funds import lock_budgets, require_governed, team_in_words
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called

_Read = TypeVar("_Read")


async def set_aside(scope: TeamScope, planned: PlannedHold, *, by: int) -> Hold:
    """Sets budget of a team aside and says so in its channel. Raises Refusal if the team has less, or if its run has a
    hold already. A repeated request returns the known hold."""
    tx, team, at = scope.tx, scope.team, scope.at
    await tx.config.changed()  # from now on the hold's name is a workflow; before the accounts, as an import locks them
    await lock_budgets(scope, [team])
    known = await tx.holds.named(team.id, planned.name)
    if known is not None:
        if is_repeated_hold(planned, known, by=by, at=at):
            return known
        raise Refusal(views.already_words(known, command=scope.command))
    period = scope.directory.period_at(team, at)
    await _require_available(scope, planned.amount_nanos)
    hold = await tx.holds.add(planned, team_id=team.id, period=period.name, from_day=team.day_of(at), by=by, at=at)
    await tx.ledger.post([hold_entry(hold, hold.amount_nanos, by=by, at=at)], at=at)
    await audit_hold(scope, "set budget aside", hold, by=by)
    left = (await balances_of(scope, [team], {team.id: period}))[team.id].available_nanos
    message = views.hold_message(hold, team=team, who=called(await tx.people.by_id(by)), left_nanos=left)
    await tx.outbox.put(message, dedupe_key=hold_key(hold), at=at, to_team_id=team.id)
    return hold


async def change_hold(scope: TeamScope, hold: Hold, *, amount_nanos: int, end_day: int, by: int) -> Hold:
    """Changes the amount and the end of an active hold. Raises FieldRefusal if it is used further, or if the team has
    less than it is raised by."""
    tx, team, at = scope.tx, scope.team, scope.at
    use = (await tx.holds.uses([hold]))[0]
    if amount_nanos < use.used_nanos:
        raise FieldRefusal(views.AMOUNT_FIELD, f"{usd(use.used_nanos)} of it is used already. Set aside at least that.")
    more = amount_nanos - hold.amount_nanos
    if more > 0:
        try:
            await _require_available(scope, more)
        except Refusal as refusal:
            raise FieldRefusal(views.AMOUNT_FIELD, refusal.sentence) from refusal
    changed = replace(hold, amount_nanos=amount_nanos, end_day=end_day, revision=hold.revision + 1)
    if more:
        entry = (
            hold_entry(changed, more, by=by, at=at) if more > 0 else hold_release_entry(changed, -more, by=by, at=at)
        )
        await tx.ledger.post([entry], at=at)
    await tx.holds.save(changed)
    await audit_hold(scope, "change hold", changed, by=by)
    period = scope.directory.period_at(team, at)
    left = (await balances_of(scope, [team], {team.id: period}))[team.id].available_nanos
    who = called(await tx.people.by_id(hold.made_by))
    await tx.outbox.change(hold_key(hold), views.hold_message(changed, team=team, who=who, left_nanos=left), at=at)
    return changed


async def end_hold(scope: TeamScope, hold: Hold, *, by: int | None, is_carried: bool = False) -> int:
    """Ends an active hold: charges it with what its run used, releases the rest, and says so in its message. Returns the
    released nano-dollars. The hold and its accounts must be locked."""
    tx, at = scope.tx, scope.at
    use = (await tx.holds.uses([hold]))[0]
    posted = await tx.charges.posted_of(hold.team_id, sorted(use.changes))
    for day, nanos in sorted(use.changes.items()):
        await tx.ledger.post(use_entries(hold, day=day, nanos=nanos, posted_entries=posted.get(day, 0), at=at), at=at)
    ended = replace(hold, state="ended", ended_at=at, ended_by=by, revision=hold.revision + 1)
    if use.left_nanos:
        await tx.ledger.post([hold_release_entry(ended, use.left_nanos, by=by, at=at)], at=at)
    await tx.holds.save(ended)
    await audit_hold(scope, "release hold", ended, by=by)
    people = await tx.people.by_ids({hold.made_by, *([by] if by is not None else [])})
    message = views.ended_message(
        ended,
        team=scope.team,
        who=called(people[hold.made_by]),
        ended_by=None if by is None else called(people[by]),
        used_nanos=use.used_nanos,
        is_carried=is_carried,
    )
    await tx.outbox.change(hold_key(hold), message, at=at, is_over=True)
    return use.left_nanos


def hold_key(hold: Hold) -> str:
    return f"hold:{hold.id}"


async def _require_available(scope: TeamScope, nanos: int) -> None:
    team = scope.team
    period = scope.directory.period_at(team, scope.at)
    balance = (await balances_of(scope, [team], {team.id: period}))[team.id]
    if balance.budget != "set":
        raise Refusal(f"{name(team.name)} has no budget, so there is nothing to set aside.")
    if balance.available_nanos < nanos:
        has = usd(max(0, balance.available_nanos))
        raise Refusal(
            f"{name(team.name)} has {has} available, which is less than {usd(nanos)}. Set aside less, or ask for more "
            f"with `{scope.command} request`."
        )


async def audit_hold(scope: TeamScope, action: str, hold: Hold, *, by: int | None) -> None:
    detail = {"team": hold.team_id, "amount_nanos": hold.amount_nanos, "end_day": hold.end_day, "period": hold.period}
    what = await scope.tx.audit.hashed(hold.name)
    await scope.tx.audit.record(
        at=scope.at, actor_id=by, action=action, subject=hold.document, detail={**detail, "name": what}
    )


def require_manager(directory: Directory, person_id: int, team: Team) -> None:
    """Raises Refusal unless a person may set a team's budget aside: its managers, those above, and finance."""
    if not (directory.manages(person_id, team) or person_id in directory.finance):
        raise Refusal(f"Only the managers of {name(team.name)} and finance set its budget aside.")


async def hold_command(asked: SlackRequest) -> None:
    """`/tokens hold`: lists the holds of the channel's team; with text, sets budget aside. What is unclear opens the form."""
    text = first_word(asked.text)[1]
    if not text:
        await _list(asked)
        return
    try:
        async with asked.begin() as tx:
            scope = await asked.scope(tx)
            team = team_in_words(scope, asked, what="hold")
            require_governed(team)
            require_manager(scope.directory, asked.person.id, team)
            at_zone = team.zone_on(scope.at)
            end_day = scope.directory.period_at(team, scope.at).end_day
            planned = parse_hold(text, now=scope.now, zone_name=at_zone, period_end_day=end_day, command=scope.command)
            await set_aside(scope.of_team(team), planned, by=asked.person.id)
    except UnclearHold as unclear:
        await asked.open_form(views.hold_form(unclear.draft, team=team, zone=at_zone, note=unclear.note))
        return
    asked.context.wake_outbox.set()
    await asked.ack()


async def submit_hold(asked: SlackRequest) -> None:
    """Sets aside what the form says."""
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        team_scope = scope.of_team_id(asked.carried_id())
        require_governed(team_scope.team)
        require_manager(scope.directory, asked.person.id, team_scope.team)
        today = team_scope.team.day_of(scope.at)
        planned = PlannedHold(
            name=_of_field(views.NAME_FIELD, lambda: checked_name(asked.field(views.NAME_FIELD))),
            amount_nanos=_of_field(views.AMOUNT_FIELD, lambda: parse_amount(asked.field(views.AMOUNT_FIELD))),
            end_day=_end_in_form(asked, today=today),
        )
        await set_aside(team_scope, planned, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


def _end_in_form(asked: SlackRequest, *, today: int) -> int:
    """Returns the first day after the one chosen in a form."""
    typed = asked.field(views.END_FIELD)
    return _of_field(views.END_FIELD, lambda: checked_end(parse_until(typed, today=today), today=today))


def _of_field(field: str, read: Callable[[], _Read]) -> _Read:
    """Returns what a field of a form says. Raises FieldRefusal at the field."""
    try:
        return read()
    except Refusal as refusal:
        raise FieldRefusal(field, refusal.sentence) from refusal


async def release_command(asked: SlackRequest) -> None:
    """`/tokens release eval-run`: releases a hold of the channel's team."""
    text = first_word(asked.text)[1].strip()
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        team = team_in_words(scope, asked, what="release")
        require_manager(scope.directory, asked.person.id, team)
        named = await tx.holds.named(team.id, text) if text else None
        if named is None:
            listed = [hold.name for hold in await tx.holds.active([team.id])]
            raise Refusal(views.which_words(team, listed, command=scope.command))
        await _release(scope, named.id, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


async def _list(asked: SlackRequest) -> None:
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        team = team_in_words(scope, asked, what="hold")
        uses = await tx.holds.uses_of([team.id])
        people = await tx.people.by_ids({use.hold.made_by for use in uses})
        may_change = scope.directory.manages(asked.person.id, team) or asked.person.id in scope.directory.finance
    listed = [(use, called(people[use.hold.made_by])) for use in uses]
    await asked.reply(views.holds_message(listed, team=team, may_change=may_change, command=scope.command))


async def click_release(asked: SlackRequest) -> None:
    """Releases the hold whose id the button carries."""
    async with asked.begin() as tx:
        await _release(await asked.scope(tx), asked.id, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


async def _release(scope: Scope, hold_id: int, *, by: int) -> None:
    hold, team_scope = await _active(scope, hold_id, by=by)
    await end_hold(team_scope, hold, by=by)


async def _active(scope: Scope, hold_id: int, *, by: int) -> tuple[Hold, TeamScope]:
    """Returns an active hold, locked with its accounts. Raises Refusal if it has ended or is not theirs to change."""
    hold = await scope.tx.holds.by_id(hold_id, locked=True)
    if hold is None:
        raise Refusal("There is no such hold any more.")
    team_scope = scope.of_team_id(hold.team_id)
    require_manager(scope.directory, by, team_scope.team)
    if hold.state != "active":
        raise Refusal(f"What was set aside for “{name(hold.name)}” is released already.")
    await scope.tx.config.changed()
    await lock_budgets(team_scope, [team_scope.team], hold.period)
    return hold, team_scope


async def open_change(asked: SlackRequest) -> None:
    """Opens the form to change a hold."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        hold = await tx.holds.by_id(asked.id)
        if hold is None or hold.state != "active":
            raise Refusal("That hold is released already.")
        team = scope.directory.by_id(hold.team_id)
        require_manager(scope.directory, asked.person.id, team)
        use = (await tx.holds.uses([hold]))[0]
    await asked.open_form(views.change_form(use, team=team))


async def submit_change(asked: SlackRequest) -> None:
    """Changes a hold's amount and end."""
    amount_nanos = _of_field(views.AMOUNT_FIELD, lambda: parse_amount(asked.field(views.AMOUNT_FIELD)))
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        hold, team_scope = await _active(scope, asked.carried_id(), by=asked.person.id)
        end_day = _end_in_form(asked, today=team_scope.team.day_of(scope.at))
        await change_hold(team_scope, hold, amount_nanos=amount_nanos, end_day=end_day, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.RELEASE_HOLD)(answers(context, click_release))
    app.action(views.CHANGE_HOLD)(answers(context, open_change))
    app.view(views.CHANGE_HOLD_FORM)(answers(context, submit_change))
    app.view(views.HOLD_FORM)(answers(context, submit_hold))
