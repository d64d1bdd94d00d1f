"""Delegations: `/tokens delegate` names who decides somebody's budget requests, lists delegates and ends them."""

import re
from dataclasses import dataclass
from datetime import date

from slack_bolt.async_app import AsyncApp

from bot.org.people import Person
from bot.periods import date_of, day_number, local_day
from bot.refusals import FieldRefusal, Refusal
from bot.requests.attendance.delegations import (
    Delegation,
    PlannedDelegation,
    TypedEnd,
    UnclearDelegation,
    bounds,
    check_days,
    delegation_fault,
    has_say,
    parse_delegation,
)
from bot.text import first_word
from bot.views.requests.attendance import delegations as views
from handlers.context import Context
from handlers.requests.rerouting import reroute_requests
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from handlers.slack.identity.lookups import find_member
from storage.store import Transaction

_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>")


@dataclass(frozen=True, kw_only=True)
class Named:
    """A delegation as somebody wants it: people are found, days are in the owner's zone."""

    owner: Person
    delegate: Person
    first_day: int
    end_day: int


async def make_delegation(scope: Scope, named: Named, *, by: int) -> Delegation:
    """Stores a delegation, in the place of the owner's others for these days, and tells the delegate. Raises Refusal."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    await tx.config.lock()  # two people who name each other at once take turns
    zone_name = zone_of(scope, named.owner)
    check_days(named.first_day, named.end_day, today=local_day(at, zone_name))
    span = bounds(named.first_day, named.end_day, at=at, zone_name=zone_name)
    known = await tx.delegations.unfinished(at=at)
    fault = delegation_fault(
        directory, owner_id=named.owner.id, delegate_id=named.delegate.id, by=by, span=span, known=known
    )
    if fault is not None:
        words = views.fault_words(fault, delegate=called(named.delegate), owner=called(named.owner))
        raise FieldRefusal(views.DELEGATE_FIELD, words)
    planned = Delegation(
        id=0,
        person_id=named.owner.id,
        delegate_id=named.delegate.id,
        starts_at=span[0],
        ends_at=span[1],
        made_by=by,
        made_at=at,
    )
    for former in known:
        if former.person_id == planned.person_id and former.overlaps(*span):
            await end_delegation(scope, former, by=by, is_replaced=former.delegate_id == planned.delegate_id)
    made = await tx.delegations.add(planned)
    await _audit(scope, "name delegate", made, by=by)
    people = await _called(tx, [made, *known])
    key = f"delegation:{made.id}"
    message = views.named_message(made, people, at=at, command=scope.command)
    await tx.outbox.put(message, dedupe_key=key, at=at, to_person_id=made.delegate_id)
    if by != made.person_id:
        arranged = views.arranged_message(made, people, at=at, command=scope.command)
        await tx.outbox.put(arranged, dedupe_key=f"{key}:owner", at=at, to_person_id=made.person_id)
    for other in known:
        if other.delegate_id == made.person_id and other.overlaps(*span):
            alone = views.left_alone_message(other, people, owner=people[made.person_id])
            await tx.outbox.put(alone, dedupe_key=f"{key}:{other.id}", at=at, to_person_id=other.person_id)
    return made


async def end_delegation(scope: Scope, one: Delegation, *, by: int, is_replaced: bool = False) -> None:
    """Ends a delegation now and tells the delegate, unless it is replaced by one of the same person. Raises Refusal if it
    is not theirs to end."""
    tx, at = scope.tx, scope.at
    if by != one.person_id and by not in scope.directory.admins:
        raise Refusal("Only the person who named a delegate, or an admin, ends it.")
    if await tx.delegations.end(one.id, at=at) is None:
        raise Refusal("This has ended already.")
    await _audit(scope, "end delegation", one, by=by)
    if not is_replaced:
        message = views.ended_message(one, await _called(tx, [one], by), by=by)
        await tx.outbox.put(message, dedupe_key=f"delegation:{one.id}:ended", at=at, to_person_id=one.delegate_id)


def zone_of(scope: Scope, person: Person) -> str:
    """Returns the zone in which a person's days are meant: their own, else their team's."""
    teams = scope.directory.teams_of(person.id)
    team = teams[0] if teams else scope.directory.root
    return person.timezone or team.zone_on(scope.at)


async def _audit(scope: Scope, action: str, one: Delegation, *, by: int) -> None:
    detail = {"person": one.person_id, "delegate": one.delegate_id, "from": one.starts_at, "until": one.ends_at}
    await scope.tx.audit.record(at=scope.at, actor_id=by, action=action, subject=f"delegation:{one.id}", detail=detail)


async def _called(tx: Transaction, delegations: list[Delegation], *others: int) -> dict[int, str]:
    ids = {person for one in delegations for person in (one.person_id, one.delegate_id, one.made_by)}
    return {key: called(person) for key, person in (await tx.people.by_ids(ids.union(others))).items()}


async def delegate_command(asked: SlackRequest) -> None:
    """`/tokens delegate`: lists, names or ends delegates."""
    typed = first_word(asked.text)[1].strip()
    if not typed or typed.casefold() == "list":
        await show_delegations(asked)
        return
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        zone_name = zone_of(scope, asked.person)
        is_admin = asked.person.id in scope.directory.admins
        may_delegate = is_admin or has_say(scope.directory, asked.person.id)
    note = ""
    try:
        planned = parse_delegation(typed, now=asked.now, zone_name=zone_name, command=asked.context.settings.command)
    except UnclearDelegation as unclear:
        if not asked.trigger_id or not may_delegate:
            raise
        planned, note = unclear.planned, unclear.note
    if isinstance(planned, TypedEnd):
        await _end_typed(asked, planned)
        return
    owner = await _find(asked, planned.owner) if planned.owner else asked.person
    delegate = await _find(asked, planned.delegate)
    if owner is None or delegate is None:
        missing = planned.owner if owner is None else planned.delegate
        note = views.unknown_person_words(missing)
    if note or owner is None or delegate is None:
        await asked.open_form(_form(planned, is_admin=is_admin, delegate=delegate, owner=owner, note=note))
        return
    await _name(asked, Named(owner=owner, delegate=delegate, first_day=planned.first_day, end_day=planned.end_day))
    await show_delegations(asked, note="Done.")


def _form(
    planned: PlannedDelegation, *, is_admin: bool, delegate: Person | None, owner: Person | None, note: str
) -> dict[str, object]:
    """Returns the form with what is understood of a typed delegation."""
    return views.delegation_form(
        is_admin=is_admin,
        delegate=(delegate.slack_id or "") if delegate else "",
        owner=(owner.slack_id or "") if owner and planned.owner else "",
        first_day=date_of(planned.first_day).isoformat(),
        last_day=date_of(planned.end_day - 1).isoformat(),
        note=note,
    )


async def _find(asked: SlackRequest, typed: str) -> Person | None:
    """Returns the member of the workspace that somebody typed as a mention, an e-mail or a name; None if nobody, or more
    than one, is called so. Raises Refusal for guests and people of other companies."""
    mention = _MENTION.search(typed)
    if mention is not None:
        return await _member(asked, mention[1])
    async with asked.context.store.read() as tx:
        known = [person for person in await tx.people.called(typed.removeprefix("@")) if person.slack_id]
    return await _member(asked, known[0].slack_id) if len(known) == 1 else None


async def _member(asked: SlackRequest, slack_id: str) -> Person:
    found = await find_member(asked.context, slack_id)
    if found is None:
        raise FieldRefusal(
            views.DELEGATE_FIELD,
            "Name a member of this workspace: guests, bots and people of other companies decide nothing here.",
        )
    return found


async def _name(asked: SlackRequest, named: Named) -> None:
    async with asked.begin() as tx:
        await make_delegation(await asked.scope(tx), named, by=asked.person.id)
    await _rerouted(asked)


async def _rerouted(asked: SlackRequest) -> None:
    """Asks the people who decide the waiting requests now."""
    await reroute_requests(asked.context)
    asked.context.wake_outbox.set()


async def _end_typed(asked: SlackRequest, typed: TypedEnd) -> None:
    owner = await _find(asked, typed.owner) if typed.owner else asked.person
    if owner is None:
        raise Refusal(f"I don't know “{typed.owner}”. Type their e-mail.")
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        own = [one for one in await tx.delegations.of_person(owner.id, at=scope.at) if one.person_id == owner.id]
        if not own:
            raise Refusal(f"Nobody decides for {'you' if owner.id == asked.person.id else called(owner)}.")
        for one in own:
            await end_delegation(scope, one, by=asked.person.id)
    await _rerouted(asked)
    await show_delegations(asked, note="Ended.")


async def show_delegations(asked: SlackRequest, *, note: str = "") -> None:
    """Shows a person's delegations, and an admin all of them."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        person, directory = asked.person.id, scope.directory
        is_admin = person in directory.admins
        shown = await (
            tx.delegations.unfinished(at=scope.at) if is_admin else tx.delegations.of_person(person, at=scope.at)
        )
        message = views.delegations_message(
            shown,
            await _called(tx, shown),
            viewer_id=person,
            may_delegate=is_admin or has_say(directory, person),
            may_end_all=is_admin,
            at=scope.at,
            command=scope.command,
            note=note,
        )
    await asked.reply(message)


async def open_delegation_form(asked: SlackRequest) -> None:
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        today = local_day(scope.at, zone_of(scope, asked.person))
        is_admin = asked.person.id in scope.directory.admins
    await asked.open_form(views.delegation_form(is_admin=is_admin, first_day=date_of(today).isoformat()))


async def submit_delegation(asked: SlackRequest) -> None:
    """Checks the form, and stores the delegation before Slack gets its answer."""
    delegate = await _member(asked, asked.field(views.DELEGATE_FIELD))
    chosen = asked.field(views.OWNER_FIELD)
    owner = await _member(asked, chosen) if chosen else asked.person
    first, last = (_day(asked, block_id) for block_id in (views.FIRST_DAY_FIELD, views.LAST_DAY_FIELD))
    try:
        await _name(asked, Named(owner=owner, delegate=delegate, first_day=first, end_day=last + 1))
    except FieldRefusal:
        raise
    except Refusal as refusal:
        raise FieldRefusal(views.LAST_DAY_FIELD, refusal.sentence) from refusal
    await asked.ack()


def _day(asked: SlackRequest, block_id: str) -> int:
    try:
        return day_number(date.fromisoformat(asked.field(block_id)))
    except ValueError as error:
        raise FieldRefusal(block_id, "Choose a day.") from error


async def click_end_delegation(asked: SlackRequest) -> None:
    """Ends the delegation whose id the button carries."""
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        one = next((one for one in await tx.delegations.unfinished(at=scope.at) if one.id == asked.id), None)
        if one is None:
            raise Refusal("This has ended already.")
        await end_delegation(scope, one, by=asked.person.id)
    await _rerouted(asked)
    await show_delegations(asked, note="Ended.")


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.OPEN_DELEGATION)(answers(context, open_delegation_form))
    app.action(views.END_DELEGATION)(answers(context, click_end_delegation))
    app.view(views.DELEGATION_FORM)(answers(context, submit_delegation))
