"""Transfers: `/tokens transfer` moves budget between two teams once a manager of each has agreed."""

from collections.abc import Sequence
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.books.commitments.holds import SAME_MICROS
from bot.books.commitments.transfers import (
    Transfer,
    TransferState,
    may_agree,
    missing_agreements,
    parse_transfer,
    return_entry,
    returnable_nanos,
    transfer_entry,
    with_agreement,
)
from bot.money import usd
from bot.org.teams import Directory, Team
from bot.refusals import Refusal
from bot.text import first_word
from bot.views.blocks import name
from bot.views.books.commitments import transfers as views
from handlers.books.balances import balances_of
from handlers.books.commitments.funds import lock_budgets, require_governed, team_in_words
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called


async def propose_transfer(
    scope: Scope, *, giver: Team, taker: Team, amount_nanos: int, reason: str, by: int
) -> Transfer:
    """Stores a transfer and posts its card in both teams' channels. Whoever manages a team agrees for it by asking; who
    manages both moves the amount at once. Raises Refusal if it can't be, before anything is stored."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    if giver.id == taker.id:
        raise Refusal(f"{name(giver.name)} can't give budget to itself. Name the team that gets it.")
    for team in (giver, taker):
        require_governed(team)
    gives, takes = may_agree(directory, by, giver), may_agree(directory, by, taker)
    if not (gives or takes):
        raise Refusal(
            f"Only managers of {name(giver.name)} or {name(taker.name)}, and finance, move budget between them."
        )
    await lock_budgets(scope, [giver, taker])
    period = directory.period_at(giver, at)
    if period != directory.period_at(taker, at):
        raise Refusal(
            "A new period has begun for one of the two teams and not for the other. Ask again in a few hours."
        )
    for known in await tx.transfers.waiting(giver.id):
        same = (known.taker_id, known.amount_nanos, known.reason, known.made_by) == (taker.id, amount_nanos, reason, by)
        if same and abs(at - known.made_at) <= SAME_MICROS:
            return known
    await _require_available(scope, giver, amount_nanos)
    made = await tx.transfers.add(
        giver_id=giver.id, taker_id=taker.id, amount_nanos=amount_nanos, reason=reason, period=period.name, by=by, at=at
    )
    transfer = with_agreement(made, by=by, giver=gives, taker=takes)
    await _audit(scope, "ask for transfer", transfer, by=by)
    if transfer.is_agreed:
        return await _book(scope, transfer, giver=giver, taker=taker, by=by)
    await tx.transfers.save(transfer)
    await _show(scope, transfer)
    return transfer


async def agree(scope: Scope, transfer_id: int, *, by: int) -> Transfer:
    """Agrees to a transfer for the teams that a person may speak for, and moves the amount once both agreed."""
    transfer, giver, taker = await _waiting(scope, transfer_id)
    missing = missing_agreements(transfer, giver=giver, taker=taker)
    own = [team for team in missing if may_agree(scope.directory, by, team)]
    if not own:
        raise Refusal(f"It waits for a manager of {' and of '.join(name(team.name) for team in missing)}.")
    agreed = with_agreement(transfer, by=by, giver=giver in own, taker=taker in own)
    await _audit(scope, "agree to transfer", agreed, by=by)
    if agreed.is_agreed:
        return await _book(scope, agreed, giver=giver, taker=taker, by=by)
    await scope.tx.transfers.save(agreed)
    await _show(scope, agreed)
    return agreed


async def decline(scope: Scope, transfer_id: int, *, by: int) -> Transfer:
    """Declines a transfer for one of its teams, or withdraws one's own."""
    transfer, giver, taker = await _waiting(scope, transfer_id)
    is_theirs = any(may_agree(scope.directory, by, team) for team in (giver, taker))
    if by != transfer.made_by and not is_theirs:
        raise Refusal(f"Only managers of {name(giver.name)} and {name(taker.name)} decline it.")
    return await _end(scope, transfer, "withdrawn" if by == transfer.made_by else "declined", by=by)


async def take_back(scope: Scope, transfer_id: int, *, by: int) -> Transfer:
    """Moves back what the taker has not spent of a transfer."""
    tx, at = scope.tx, scope.at
    transfer = await _locked(scope, transfer_id)
    giver, taker = _teams(scope.directory, transfer)
    if not may_agree(scope.directory, by, giver):
        raise Refusal(f"Only managers of {name(giver.name)} and finance take it back.")
    if transfer.state != "booked" or transfer.returned_nanos >= transfer.amount_nanos:
        raise Refusal("There is nothing of it left to take back.")
    period = scope.directory.period_at(taker, at)
    if period.name != transfer.period:
        raise Refusal("The period of this transfer is over, so nothing of it can come back.")
    balance = (await balances_of(scope, [taker], {taker.id: period}))[taker.id]
    nanos = returnable_nanos(transfer, taker_available_nanos=balance.available_nanos)
    if not nanos:
        raise Refusal(f"{name(taker.name)} has spent or promised all of it, so nothing can come back.")
    entry_id = await tx.transfers.entry_id(transfer)
    await tx.ledger.post([return_entry(transfer, nanos, by=by, at=at, reverses_id=entry_id)], at=at)
    returned = transfer.returned_nanos + nanos
    state: TransferState = "taken_back" if returned == transfer.amount_nanos else "booked"
    changed = replace(transfer, returned_nanos=returned, state=state)
    await tx.transfers.save(changed)
    await _audit(scope, "take transfer back", changed, by=by)
    await _show(scope, changed)
    return changed


async def lapse_transfers(context: Context) -> int:
    """Ends the transfers that waited beyond their period; a scheduled job. Returns their number."""
    now = context.now()
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=now)
        late = [transfer.id for transfer in await tx.transfers.waiting() if _is_late(scope, transfer)]
    for transfer_id in late:
        async with context.store.begin() as tx:
            scope = await context.scope(tx, now=now)
            transfer = await tx.transfers.by_id(transfer_id, locked=True)
            if transfer is not None and transfer.state == "waiting":
                await _end(scope, transfer, "lapsed", by=None)
    if late:
        context.wake_outbox.set()
    return len(late)


def _is_late(scope: Scope, transfer: Transfer) -> bool:
    giver = scope.directory.by_id(transfer.giver_id)
    return scope.directory.period_at(giver, scope.at).name != transfer.period


async def _book(scope: Scope, transfer: Transfer, *, giver: Team, taker: Team, by: int) -> Transfer:
    """Moves the amount of an agreed transfer. The accounts must be locked."""
    tx, at = scope.tx, scope.at
    if _is_late(scope, transfer) or transfer.period != scope.directory.period_at(taker, at).name:
        raise Refusal("The period of this transfer is over. Ask for it again.")
    await _require_available(scope, giver, transfer.amount_nanos)
    await tx.ledger.post([transfer_entry(transfer, by=by, at=at)], at=at)
    booked = replace(transfer, state="booked", ended_by=by, ended_at=at)
    await tx.transfers.save(booked)
    await _show(scope, booked)
    return booked


async def _end(scope: Scope, transfer: Transfer, state: TransferState, *, by: int | None) -> Transfer:
    ended = replace(transfer, state=state, ended_by=by, ended_at=scope.at)
    await scope.tx.transfers.save(ended)
    await _audit(scope, f"{state} transfer", ended, by=by)
    await _show(scope, ended)
    return ended


async def _show(scope: Scope, transfer: Transfer) -> None:
    """Posts or updates the card in the channels of both teams; it goes to the managers of a team without one."""
    tx, at = scope.tx, scope.at
    giver, taker = _teams(scope.directory, transfer)
    ids = {transfer.made_by, transfer.giver_agreed, transfer.taker_agreed, transfer.ended_by} - {None}
    people = await tx.people.by_ids({person for person in ids if person is not None})
    mentions = {person: called(found) for person, found in people.items()}
    if transfer.state == "waiting":
        card = views.waiting_card(transfer, giver=giver, taker=taker, called=mentions)
    elif transfer.state in ("booked", "taken_back"):
        card = views.booked_card(transfer, giver=giver, taker=taker, called=mentions, at=transfer.ended_at or at)
    else:
        ended_by = None if transfer.ended_by is None else mentions[transfer.ended_by]
        card = views.ended_card(transfer, giver=giver, taker=taker, ended_by=ended_by)
    for team in (giver, taker):
        key = f"{transfer.document}:{team.id}"
        if not await tx.outbox.known(key):
            await tx.outbox.put(card, dedupe_key=key, at=at, to_team_id=team.id, route="approvals")
        else:
            await tx.outbox.change(key, card, at=at, is_over=transfer.state != "waiting")


async def _locked(scope: Scope, transfer_id: int) -> Transfer:
    """Returns a transfer, locked with the accounts of its teams. Raises Refusal if there is none."""
    transfer = await scope.tx.transfers.by_id(transfer_id, locked=True)
    if transfer is None:
        raise Refusal("There is no such transfer any more.")
    await lock_budgets(scope, _teams(scope.directory, transfer), transfer.period)
    return transfer


async def _waiting(scope: Scope, transfer_id: int) -> tuple[Transfer, Team, Team]:
    transfer = await _locked(scope, transfer_id)
    if transfer.state != "waiting":
        ended = transfer.state.replace("_", " ")
        raise Refusal(f"This transfer is {ended} already. Nothing more can be decided about it.")
    giver, taker = _teams(scope.directory, transfer)
    return transfer, giver, taker


def _teams(directory: Directory, transfer: Transfer) -> Sequence[Team]:
    return (directory.by_id(transfer.giver_id), directory.by_id(transfer.taker_id))


async def _require_available(scope: Scope, giver: Team, nanos: int) -> None:
    period = scope.directory.period_at(giver, scope.at)
    balance = (await balances_of(scope, [giver], {giver.id: period}))[giver.id]
    if balance.available_nanos < nanos:
        has = usd(max(0, balance.available_nanos))
        raise Refusal(f"{name(giver.name)} has {has} available, which is less than {usd(nanos)}. Move less.")


async def _audit(scope: Scope, action: str, transfer: Transfer, *, by: int | None) -> None:
    detail = {"giver": transfer.giver_id, "taker": transfer.taker_id, "amount_nanos": transfer.amount_nanos}
    detail |= {"returned_nanos": transfer.returned_nanos}
    why = await scope.tx.audit.hashed(transfer.reason)
    await scope.tx.audit.record(
        at=scope.at, actor_id=by, action=action, subject=transfer.document, detail={**detail, "reason": why}
    )


async def transfer_command(asked: SlackRequest) -> None:
    """`/tokens transfer 500 from search to checkout`; without `from` the channel's team gives."""
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        planned = parse_transfer(first_word(asked.text)[1], command=scope.command)
        giver = (
            _named(scope.directory, planned.giver) if planned.giver else team_in_words(scope, asked, what="transfer")
        )
        transfer = await propose_transfer(
            scope,
            giver=giver,
            taker=_named(scope.directory, planned.taker),
            amount_nanos=planned.amount_nanos,
            reason=planned.reason,
            by=asked.person.id,
        )
        await _judge(asked.context, scope, transfer)
    asked.context.wake_outbox.set()
    await asked.ack()


async def _judge(context: Context, scope: Scope, transfer: Transfer) -> None:
    """Judges the budget of the team that has more now."""
    giver, taker = _teams(scope.directory, transfer)
    if transfer.returned_nanos:
        words = f"{usd(transfer.returned_nanos)} came back from {name(taker.name)}."
        await context.budget_changed(scope.of_team(giver), words)
    elif transfer.state == "booked":
        words = f"{usd(transfer.amount_nanos)} came from {name(giver.name)}."
        await context.budget_changed(scope.of_team(taker), words)


def _named(directory: Directory, typed: str) -> Team:
    """Returns the team of a slug, a name without spaces, or a channel. Raises Refusal if there is none."""
    team = directory.by_slug(typed.removeprefix("#"))
    if team is None:
        channel = typed.removeprefix("<#").partition("|")[0].rstrip(">")
        team = directory.by_channel(channel)
    if team is None or team.kind != "team":
        raise Refusal(f"There is no team “{name(typed)}”. Name it by its slug in teams.yml, such as `search`.")
    return team


async def click_agree(asked: SlackRequest) -> None:
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        await _judge(asked.context, scope, await agree(scope, asked.id, by=asked.person.id))
    asked.context.wake_outbox.set()
    await asked.ack()


async def click_decline(asked: SlackRequest) -> None:
    async with asked.begin() as tx:
        await decline(await asked.scope(tx), asked.id, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


async def click_take_back(asked: SlackRequest) -> None:
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        await _judge(asked.context, scope, await take_back(scope, asked.id, by=asked.person.id))
    asked.context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.AGREE_TRANSFER)(answers(context, click_agree))
    app.action(views.DECLINE_TRANSFER)(answers(context, click_decline))
    app.action(views.RETURN_TRANSFER)(answers(context, click_take_back))
