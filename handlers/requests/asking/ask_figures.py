"""What a request form shows: the team's standing, the caps and givers to choose from, and who decides."""

from collections.abc import Sequence
from dataclasses import replace

from bot.books.gatekeeping.limit_raises import LimitRaise
from bot.books.gatekeeping.parts import Part
from bot.books.grant_ends import parse_end
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.org.teams import Directory, Team
from bot.periods import DAY_MICROS
from bot.refusals import FieldRefusal
from bot.requests.approvals import ApprovalRoute
from bot.requests.asking.asks import TEAM_CAP, CapChoice, blocking_cap, offers
from bot.requests.asking.typed_asks import ENDS, Giver, TypedAsk
from bot.requests.budget_requests import Ask, RequestEnd
from bot.requests.policies import DEFAULT_RULE
from bot.requests.policy_words import rule_text
from bot.usage import BudgetBlock
from bot.views.requests.ask_forms import AskFigures
from handlers.books.balances import balances_of
from handlers.books.gatekeeping.team_budgets import read_team_budgets
from handlers.books.granting.grant_ends import end_for
from handlers.books.standings import standing_of
from handlers.crosschecks.gateways import source_of, team_of_block
from handlers.requests.cards import decider_mentions
from handlers.requests.routes import find_route
from handlers.scope import Scope, TeamScope

_BLOCKED_MICROS = 31 * DAY_MICROS
"""How long a gateway's refusal counts that names no reset."""
_OF_PERSONS = frozenset({"user", "end_user", "team_member", "customer"})
"""The gateways' words for a person's own cap."""


async def read_figures(
    scope: TeamScope, teams: Sequence[Team], typed: TypedAsk | None, *, person_id: int, message: str = ""
) -> tuple[AskFigures, TypedAsk]:
    """Returns what the form of a team shows, and what is typed in it: only what can still be chosen.

    `typed` is None for a form that opens: it is for the cap that blocks.
    """
    standing = await standing_of(scope)
    caps = await caps_of(scope, person_id=person_id)
    givers = await givers_of(scope, person_id=person_id)
    first = blocking_cap(caps) or caps[0]
    kept = typed or TypedAsk(cap=first.id)
    if kept.cap not in {cap.id for cap in caps}:
        kept = replace(kept, cap=first.id)
    if kept.giver_id not in {giver.team.id for giver in givers}:
        kept = replace(kept, giver_id=None)
    chosen = next(cap for cap in caps if cap.id == kept.cap)
    offered = offers(standing, chosen)
    amount = kept.amount_nanos() or (offered[0].amount_nanos if offered else NANOS)
    ask = Ask(
        amount_nanos=amount,
        reason="",
        end=_end_of(scope, kept),
        cap_kind=chosen.kind,
        cap_ref=chosen.ref,
        giver_id=kept.giver_id,
    )
    found = await _route(scope, ask, person_id)
    listed = list(teams) if scope.team in teams else [scope.team, *teams]
    balances = await _balances(scope, listed)
    figures = AskFigures(
        standing=standing,
        teams=[(team, balances[team.id]) for team in listed],
        caps=caps,
        givers=givers,
        deciders=await decider_mentions(scope.tx, found),
        by_finance=found.by_finance,
        needed=found.needed,
        is_auto=found.is_auto,
        policy=rule_text(found.rule) if found.rule != DEFAULT_RULE else "",
        period_kind=scope.directory.organisation.calendar.kind,
        message=message,
    )
    return figures, kept


async def _route(scope: TeamScope, ask: Ask, person_id: int) -> ApprovalRoute:
    try:
        return await find_route(scope, ask, person_id=person_id, allows_auto=True)
    except FieldRefusal:  # the giver has less than that; the form says so when it is sent
        return await find_route(scope, replace(ask, giver_id=None), person_id=person_id, allows_auto=True)


def _end_of(scope: TeamScope, typed: TypedAsk) -> RequestEnd:
    """Returns the end that is chosen so far, as policies read it."""
    try:
        choice = parse_end(typed.end, offered=ENDS)
    except FieldRefusal:
        return RequestEnd()
    end = end_for(scope, scope.team, choice)
    if choice.kind == "date" and end is not None:
        return RequestEnd(kind="date", at=end.at)
    return RequestEnd(kind="open" if choice.kind == "open" else "period")


async def _balances(scope: Scope, teams: Sequence[Team]) -> dict[int, Balance]:
    return await balances_of(scope, teams, {team.id: scope.directory.period_at(team, scope.at) for team in teams})


async def caps_of(scope: TeamScope, *, person_id: int) -> list[CapChoice]:
    """Returns the caps that a person may ask to raise: the team's, those of its parts, and their own."""
    budget = (await read_team_budgets(scope, [scope.team]))[scope.team.id]
    balance = budget.balance
    is_set = balance.budget == "set"
    team = replace(
        TEAM_CAP,
        limit_nanos=balance.allocated_nanos if is_set else None,
        left_nanos=budget.left_nanos - balance.withheld_nanos if is_set else None,
    )
    ids = await scope.tx.people.all_ids_of(person_id)
    found = [team]
    for part in budget.parts:
        if part.is_private and not part.person_ids & set(ids):
            continue  # another person's, which is nobody else's business
        used = budget.spent_by_part.get(part, 0) + budget.reserved_by_part.get(part, 0)
        found.append(_cap_of_part(part, part.amount_nanos - used, person_id=person_id))
    known = {(cap.kind, cap.ref) for cap in found}
    found += [cap for cap in await _blocked_caps(scope, ids, person_id=person_id) if (cap.kind, cap.ref) not in known]
    return found


def _cap_of_part(part: Part, left_nanos: int, *, person_id: int) -> CapChoice:
    is_binding = part.enforce == "absolute"
    if part.is_private:
        return CapChoice(
            kind="member",
            ref=str(person_id),
            limit_nanos=part.amount_nanos,
            left_nanos=left_nanos,
            is_binding=is_binding,
        )
    return CapChoice(
        kind="workflow" if part.kind == "workflow" else "tool",
        ref=part.key,
        limit_nanos=part.amount_nanos,
        left_nanos=left_nanos,
        is_binding=is_binding,
    )


async def _blocked_caps(scope: TeamScope, ids: Sequence[int], *, person_id: int) -> list[CapChoice]:
    """Returns a person's own caps at gateways that refused a call of theirs, as long as they may still be in force."""
    blocks = await scope.tx.gateways.blocks_of(ids, since=scope.at - _BLOCKED_MICROS)
    if not blocks:
        return []
    raises = await scope.tx.limit_raises.of_teams([scope.team.id])
    found: dict[tuple[str, str], CapChoice] = {}
    for blocked in blocks:
        cap = _cap_of_block(blocked.block, person_id=person_id)
        if cap is None or (cap.kind, cap.ref) in found or not _is_in_force(blocked.block, cap, raises, at=scope.at):
            continue
        if await team_of_block(scope, blocked) != scope.team:
            continue
        source = await source_of(scope.tx, blocked.source_id)
        found[cap.kind, cap.ref] = replace(cap, gateway=source.name if source is not None else "")
    return list(found.values())


def _cap_of_block(block: BudgetBlock, *, person_id: int) -> CapChoice | None:
    left = min(0, block.limit_nanos - block.spend_nanos)
    if block.entity == "key":
        ref = block.credential or block.entity_id
        return CapChoice(kind="key", ref=ref, limit_nanos=block.limit_nanos, left_nanos=left) if ref else None
    if block.entity in _OF_PERSONS:
        return CapChoice(kind="member", ref=str(person_id), limit_nanos=block.limit_nanos, left_nanos=left)
    return None


def _is_in_force(block: BudgetBlock, cap: CapChoice, raises: Sequence[LimitRaise], *, at: int) -> bool:
    """Returns whether a cap that blocked a call may still block: it has not reset, and was not raised since."""
    was_raised = any((one.kind, one.ref) == (cap.kind, cap.ref) and one.made_at > block.at for one in raises)
    return not was_raised and (block.resets_at is None or block.resets_at > at)


async def givers_of(scope: TeamScope, *, person_id: int) -> list[Giver]:
    """Returns the asker's other teams that have budget left to give in the same period."""
    directory, at = scope.directory, scope.at
    period = directory.period_at(scope.team, at)
    teams = [team for team in directory.teams_of(person_id) if _may_give(directory, team, scope.team)]
    teams = [team for team in teams if directory.period_at(team, at) == period]
    balances = await _balances(scope, teams) if teams else {}
    left = {team.id: balances[team.id].available_nanos for team in teams if balances[team.id].budget == "set"}
    return [Giver(team=team, available_nanos=left[team.id]) for team in teams if left.get(team.id, 0) > 0]


def _may_give(directory: Directory, team: Team, taker: Team) -> bool:
    is_other = team != taker and team not in directory.ancestors(taker)
    return is_other and team.kind == "team" and team.mode == "govern" and not team.has_ended
