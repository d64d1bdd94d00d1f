"""Budget requests: created, changed and withdrawn by the asker, with the amount held meanwhile."""

from collections.abc import Sequence

from bot.books.ledger import Account, Bucket
from bot.messages import Message
from bot.money import usd
from bot.org.teams import Directory, Team
from bot.org.tree.places import merged_into
from bot.periods import long_day_text
from bot.refusals import FieldRefusal, Refusal
from bot.reporting.reports import PendingRequest
from bot.requests.approvals import ApprovalRoute, payer_of, route_request
from bot.requests.budget_requests import BudgetRequest, hold_entry, release_entry, require_pending, with_withdrawal
from bot.requests.revisions import Seen
from bot.views.blocks import name
from bot.views.requests import budget_requests as views
from handlers.books.balances import balances_of
from handlers.books.periods import require_open
from handlers.books.standings import standing_of
from handlers.requests.revisions import require_same_revision
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_to_people, post_to_team
from storage.store import Transaction

_BUCKETS: tuple[Bucket, ...] = ("available", "held")


async def create_request(scope: TeamScope, *, person_id: int, amount_nanos: int, reason: str) -> BudgetRequest:
    """Stores a request, holds its amount if a budget above can pay, and posts the card for its deciders. Raises
    Refusal or FieldRefusal if it is not allowed."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    _require_govern_mode(team)
    _require_open(directory, team)
    period = directory.period_at(team, at)
    # The locks come first, so that the second of two simultaneous forms sees the request of the first.
    await lock_accounts(scope)
    found = await find_route(scope, person_id=person_id, amount_nanos=amount_nanos)
    waiting = await tx.budget_requests.pending_of(person_id=person_id, team_id=team.id)
    if waiting is not None:
        raise FieldRefusal(
            "amount",
            f"You already asked for {usd(waiting.amount_nanos)} for {team.name}. Change or withdraw that request first.",
        )
    _require_decider(found)
    request = await tx.budget_requests.add(
        BudgetRequest(
            id=0,
            team_id=team.id,
            person_id=person_id,
            amount_nanos=amount_nanos,
            reason=reason,
            period=period.name,
            state="pending",
            payer_id=found.payer.id if found.payer else None,
            held_nanos=found.held_nanos,
            revision=1,
            created_at=at,
            decided_at=None,
            decided_by=None,
            decision_reason="",
        )
    )
    await hold_amount(tx, request, at)
    await audit_request(tx, "request", request, actor_id=person_id, at=at)
    pending = await shown(tx, directory, request)
    card = await _card(scope, pending, found)
    key = card_key(request.id)
    await post_to_team(tx, directory, team, card, dedupe_key=key, at=at, route="approvals")
    await post_to_people(tx, directly_asked(directory, team, found), card, dedupe_key=key, at=at, about=team)
    deciders = await decider_mentions(tx, found)
    receipt = views.receipt_message(pending=pending, deciders=deciders, by_finance=found.by_finance)
    await tx.outbox.put(receipt, dedupe_key=receipt_key(request.id), at=at, to_person_id=person_id)
    return request


async def change_request(
    scope: Scope, seen: Seen, *, by: int, amount_nanos: int, reason: str, channel: str = ""
) -> BudgetRequest:
    """Changes a request's amount and reason, and updates its hold, card and receipt. The same is asked as of a new
    request: the team's mode, the person's place in it or in its `channel`, and who can decide."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    request = await pending_request(tx, seen.request_id)
    if by != request.person_id:
        raise Refusal("Only the person who asked can change a request.")
    team_scope = scope.of_team_id(request.team_id)
    await lock_accounts(team_scope, request.period)
    await require_same_revision(scope, request, seen)
    _require_govern_mode(team_scope.team)
    require_may_ask(directory, team_scope.team, person_id=by, channel=channel)
    await release_hold(tx, request, by=by, at=at)
    found = await find_route(team_scope, person_id=by, amount_nanos=amount_nanos)
    _require_decider(found)
    changed = BudgetRequest(
        id=request.id,
        team_id=request.team_id,
        person_id=request.person_id,
        amount_nanos=amount_nanos,
        reason=reason,
        period=directory.period_at(team_scope.team, at).name,
        state="pending",
        payer_id=found.payer.id if found.payer else None,
        held_nanos=found.held_nanos,
        revision=request.revision + 1,
        created_at=request.created_at,
        decided_at=None,
        decided_by=None,
        decision_reason="",
    )
    await tx.budget_requests.save(changed)
    await hold_amount(tx, changed, at)
    await audit_request(tx, "change request", changed, actor_id=by, at=at)
    await update_messages(team_scope, changed, found)
    return changed


async def update_messages(
    scope: TeamScope, request: BudgetRequest, found: ApprovalRoute, *, carried: bool = False
) -> None:
    """Replaces the card and the receipt of a pending request by what it is now, and asks deciders who were not asked."""
    tx, at = scope.tx, scope.at
    pending = await shown(tx, scope.directory, request)
    card = await _card(scope, pending, found)
    await tx.outbox.change(card_key(request.id), card, at=at)
    asked = directly_asked(scope.directory, scope.team, found)
    await post_to_people(tx, asked, card, dedupe_key=card_key(request.id), at=at, about=scope.team)
    deciders = await decider_mentions(tx, found)
    receipt = views.receipt_message(pending=pending, deciders=deciders, by_finance=found.by_finance, carried=carried)
    await tx.outbox.change(receipt_key(request.id), receipt, at=at)


async def withdraw_request(scope: Scope, seen: Seen, *, by: int) -> BudgetRequest:
    """Withdraws a request, releases its hold and updates its card and receipt."""
    tx, at = scope.tx, scope.at
    request = await pending_request(tx, seen.request_id)
    await lock_accounts(scope.of_team_id(request.team_id), request.period)
    if by == request.person_id:
        await require_same_revision(scope, request, seen)
    ended = with_withdrawal(request, by=by, at=at)
    await tx.budget_requests.save(ended)
    await release_hold(tx, request, by=by, at=at)
    await audit_request(tx, "withdraw request", ended, actor_id=by, at=at)
    pending = await shown(tx, scope.directory, ended)
    await tx.outbox.change(card_key(ended.id), views.withdrawn_card(pending), at=at, is_over=True)
    await tx.outbox.change(receipt_key(ended.id), views.withdrawn_receipt(pending), at=at)
    return ended


def card_key(request_id: int) -> str:
    return f"request:{request_id}"


def receipt_key(request_id: int) -> str:
    return f"receipt:{request_id}"


async def lock_accounts(scope: TeamScope, *periods: str) -> None:
    """Locks every account that a request of a team may move money between, in the present and the given periods.

    A transaction locks them once, in order, before its first entry: nobody else can promise the same money, and no two
    transactions wait for each other.
    """
    directory, team = scope.directory, scope.team
    present = directory.period_at(team, scope.at)
    await require_open(scope.tx, scope.rulebook, present, at=scope.at)
    chain = (team, *directory.ancestors(team))
    names = {present.name, *periods}
    places: list[tuple[int, Bucket]] = [(t.id, bucket) for t in chain for bucket in _BUCKETS]
    places.append((directory.root.id, "funding"))
    await scope.tx.ledger.lock(
        Account(team_id=team_id, period=name, bucket=bucket) for name in names for team_id, bucket in places
    )


async def find_route(scope: TeamScope, *, person_id: int, amount_nanos: int) -> ApprovalRoute:
    """Returns the route of a request by the balances of the teams above, whose accounts `lock_accounts` has locked."""
    directory, team = scope.directory, scope.team
    above = directory.ancestors(team)
    period = directory.period_at(team, scope.at)
    balances = await balances_of(scope, above, {t.id: period for t in above})
    payer = payer_of(directory, team=team, amount_nanos=amount_nanos, balances=balances)
    return route_request(
        directory,
        team=team,
        asker_id=person_id,
        amount_nanos=amount_nanos,
        payer=payer,
        rules=scope.rulebook.approvals,
    )


async def pending_request(tx: Transaction, request_id: int, *, locked: bool = True) -> BudgetRequest:
    """Returns a pending request, locked unless it is only shown. Raises Refusal if there is none, or Ended."""
    requests = tx.budget_requests
    request = await (requests.for_decision(request_id) if locked else requests.by_id(request_id))
    if request is None:
        raise Refusal("There is no such request any more.")
    decider = ""
    if request.decided_by is not None:
        decider = called(await tx.people.by_id(request.decided_by))
    require_pending(request, decided_by_name=decider)
    return request


async def hold_amount(tx: Transaction, request: BudgetRequest, at: int) -> None:
    entry = hold_entry(request, at=at)
    await tx.ledger.post([entry] if entry else [], at=at)


async def release_hold(tx: Transaction, request: BudgetRequest, *, by: int | None, at: int) -> None:
    entry = release_entry(request, by=by, at=at)
    await tx.ledger.post([entry] if entry else [], at=at)


async def audit_request(
    tx: Transaction, action: str, request: BudgetRequest, *, actor_id: int | None, at: int, policy: str = ""
) -> None:
    """Records what happened to a request; of a decision also the policy that was in force."""
    detail = {
        "team": request.team_id,
        "amount_nanos": request.amount_nanos,
        "revision": request.revision,
        "reason": await tx.audit.hashed(request.reason),
        **({"policy": policy} if policy else {}),
    }
    await tx.audit.record(at=at, actor_id=actor_id, action=action, subject=request.document, detail=detail)


async def shown(tx: Transaction, directory: Directory, request: BudgetRequest) -> PendingRequest:
    asker = await tx.people.by_id(request.person_id)
    payer = directory.by_id(request.payer_id).name if request.payer_id is not None else ""
    team = directory.by_id(request.team_id)
    return PendingRequest(request=request, team=team, asker_mention=called(asker), payer_name=payer)


async def _card(scope: TeamScope, pending: PendingRequest, found: ApprovalRoute) -> Message:
    standing = await standing_of(scope)
    deciders = await decider_mentions(scope.tx, found)
    return views.approval_card(pending, standing=standing, deciders=deciders, by_finance=found.by_finance)


async def decider_mentions(tx: Transaction, found: ApprovalRoute) -> Sequence[str]:
    """Returns the mentions of the deciders, always in the same order, with a note if no message reaches them."""
    note = " (not reached in Slack)" if found.is_unreached else ""
    return [called(person) + note for _, person in sorted((await tx.people.by_ids(found.deciders)).items())]


def directly_asked(directory: Directory, team: Team, found: ApprovalRoute) -> frozenset[int]:
    """Returns the deciders who get a card of their own: they may not be in the team's channel, or it does not work."""
    place = team.destination("approvals")
    is_working = bool(place.ref) and place.state not in ("broken", "paused")
    if found.by_finance or directory.has_lost_managers(team) or not is_working:
        return directory.reachable(found.deciders)
    return frozenset()


def require_may_ask(directory: Directory, team: Team, *, person_id: int, channel: str) -> None:
    """Raises Refusal unless a person may ask for a team's budget: in the team, in its channel, or in finance."""
    own = team in directory.teams_of(person_id) or directory.manages(person_id, team)
    if not (team.is_at(channel) or own or person_id in directory.finance):
        raise Refusal(f"You are not in {name(team.name)}, so you can't ask for its budget.")


def _require_decider(found: ApprovalRoute) -> None:
    if not found.deciders:
        who = "Nobody but you could decide this request."
        raise Refusal(f"{who} Ask whoever keeps teams.yml to name another manager, or somebody of finance.")


def _require_open(directory: Directory, team: Team) -> None:
    if not team.has_ended or team.closed_day is None:
        return
    taker = merged_into(directory, team)
    if taker is not team:
        raise Refusal(f"{name(team.name)} is merged into {name(taker.name)}. Request budget for {name(taker.name)}.")
    raise Refusal(f"{name(team.name)} is closed since {long_day_text(team.closed_day)}, so it gets no more budget.")


def _require_govern_mode(team: Team) -> None:
    if team.mode != "govern":
        raise Refusal(
            f"{name(team.name)} is in mode {team.mode}: budgets have no consequences yet, so there is nothing to ask for."
        )
