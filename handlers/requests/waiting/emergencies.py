"""Emergency grants: taken at once and posted openly; a manager keeps or ends one, else it ends by itself."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.books.grants import GrantEnd
from bot.messages import Message
from bot.money import parse_amount, usd
from bot.periods import MICROS, day_start, local_day, micros
from bot.refusals import Refusal
from bot.requests.budget_requests import Ask, BudgetRequest, RequestEnd, asked_for, checked_reason
from bot.requests.emergencies import Emergency, emergency_rule, emergency_text, require_emergency
from bot.requests.policies import StoredPolicy, stored_policy
from bot.text import first_word
from bot.views.blocks import name
from bot.views.requests import emergencies as views
from handlers.alerting.budget_alerts import budget_raised
from handlers.books.granting.early_ends import end_grant_early
from handlers.books.standings import team_here
from handlers.context import Context
from handlers.requests.askers import require_govern_mode, require_may_ask, require_open
from handlers.requests.budget_requests import audit_request
from handlers.requests.cards import card_key, shown
from handlers.requests.deciding.giving import give_budget
from handlers.requests.routes import find_route, lock_accounts
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from handlers.slack.posts import post_to_people, post_to_team


async def take_emergency(
    scope: TeamScope, context: Context, *, person_id: int, amount_nanos: int, reason: str
) -> BudgetRequest:
    """Grants a team budget at once out of the reserve above, by the policy's terms, and posts it openly. Raises Refusal
    if the policy does not allow it, or if no budget above has the amount."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    require_govern_mode(team)
    require_open(directory, team)
    await lock_accounts(scope)
    period = directory.period_at(team, at)
    taken = await tx.emergencies.taken(directory.records_of(person_id), period=period.name)
    terms = require_emergency(scope.rulebook.emergency, amount_nanos=amount_nanos, taken=taken)
    end = RequestEnd(kind="date", at=at + terms.lasts_hours * 3_600 * MICROS)
    ask = Ask(amount_nanos=amount_nanos, reason=reason, end=end, origin="emergency")
    payer = (await find_route(scope, ask, person_id=person_id)).payer
    if payer is None:
        raise Refusal(
            f"No budget above {name(team.name)} has {usd(amount_nanos)} left. Request it, and finance decides."
        )
    policy = StoredPolicy(rule=emergency_rule(terms), sentence=emergency_text(terms), limit_nanos=terms.up_to_nanos)
    request = await tx.budget_requests.add(
        BudgetRequest(
            id=0,
            team_id=team.id,
            person_id=person_id,
            **asked_for(ask),
            period=period.name,
            state="approved",
            payer_id=payer.id,
            held_nanos=0,
            revision=1,
            created_at=at,
            decided_at=at,
            decided_by=None,
            decision_reason="",
            policy=policy.json(),
            granted_nanos=amount_nanos,
            granted_end_kind="date",
            granted_ends_at=end.at,
        )
    )
    request, scope = await give_budget(scope, context, request, payer_id=payer.id, by=None)
    await tx.budget_requests.save(request)
    assert request.grant_id is not None
    emergency = Emergency(request_id=request.id, grant_id=request.grant_id, ask_at=_next_morning(scope))
    await tx.emergencies.add(emergency)
    await audit_request(tx, "emergency grant", request, actor_id=person_id, at=at, grant=request.grant_id)
    asker = called(await tx.people.by_id(person_id))
    await budget_raised(scope, because=f"{asker} took {usd(amount_nanos)} in an emergency.")
    card = await _card(scope, request, emergency)
    await post_to_team(tx, directory, team, card, dedupe_key=card_key(request.id), at=at, route="approvals")
    return request


def _next_morning(scope: TeamScope) -> int:
    """Returns the beginning of the team's next working day."""
    zone = scope.team.zone_on(scope.at)
    tomorrow = micros(day_start(local_day(scope.at, zone) + 1, zone))
    return scope.rulebook.attendance.team_time(scope.directory, scope.team, at=scope.at).next_moment(tomorrow)


async def _card(scope: TeamScope, request: BudgetRequest, emergency: Emergency, *, is_morning: bool = False) -> Message:
    stored, by = stored_policy(request.policy), ""
    if emergency.answered_by is not None:
        by = called(await scope.tx.people.by_id(emergency.answered_by))
    pending = await shown(scope.tx, scope.directory, request)
    sentence = stored.sentence if stored is not None else ""
    return views.emergency_card(pending, emergency, policy=sentence, by_mention=by, is_morning=is_morning)


def _morning_key(request_id: int) -> str:
    return f"emergency:{request_id}"


async def ask_about_emergencies(context: Context) -> int:
    """Asks the managers on their next working morning whether an emergency grant is still needed, and shows those that
    ended by themselves; a scheduled job. Returns their number."""
    now = context.now()
    async with context.store.read() as tx:
        due = await tx.emergencies.due(at=(await context.scope(tx, now=now)).at)
    for request_id in due:
        async with context.store.begin() as tx:
            await _ask_or_close(await context.scope(tx, now=now), request_id)
    if due:
        context.wake_outbox.set()
    return len(due)


async def _ask_or_close(scope: Scope, request_id: int) -> None:
    tx, at = scope.tx, scope.at
    emergency = await tx.emergencies.by_request(request_id)
    if emergency is None or emergency.answer:
        return
    request = await tx.budget_requests.by_id(request_id)
    grant = await tx.grants.by_id(emergency.grant_id)
    assert request is not None
    assert grant is not None
    team_scope = scope.of_team_id(request.team_id)
    if grant.state == "ended":
        emergency = replace(emergency, answer="lapsed", answered_at=at)
    if emergency.asked_at is None and emergency.ask_at <= at:
        emergency = replace(emergency, asked_at=at)
        asked = scope.directory.responsible_for(team_scope.team) - scope.directory.records_of(request.person_id)
        card = await _card(team_scope, request, emergency, is_morning=True)
        people = asked or scope.directory.reachable_finance - scope.directory.records_of(request.person_id)
        await post_to_people(tx, people, card, dedupe_key=_morning_key(request.id), at=at, about=team_scope.team)
    await tx.emergencies.save(emergency)
    if emergency.answer:
        await _show(team_scope, request, emergency)


async def _show(scope: TeamScope, request: BudgetRequest, emergency: Emergency) -> None:
    """Replaces the notice and the managers' copies by what became of an emergency grant."""
    card = await _card(scope, request, emergency)
    for key in (card_key(request.id), _morning_key(request.id)):
        await scope.tx.outbox.change(key, card, at=scope.at, is_over=True)


async def answer_emergency(scope: Scope, context: Context, request_id: int, *, keep: bool, by: int) -> None:
    """Keeps an emergency grant until the period ends, or ends it now. Raises Refusal unless the person manages the team,
    or is in finance, and did not take it."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    request = await tx.budget_requests.for_decision(request_id)
    emergency = await tx.emergencies.by_request(request_id)
    if request is None or emergency is None:
        raise Refusal("There is no such emergency grant any more.")
    team_scope = scope.of_team_id(request.team_id)
    if by in directory.records_of(request.person_id):
        raise Refusal("You took this budget, so somebody else keeps or ends it. It ends by itself.")
    if not (directory.manages(by, team_scope.team) or by in directory.finance):
        raise Refusal(f"The managers of {name(team_scope.team.name)} keep or end this, and finance.")
    if emergency.answer:
        raise Refusal("This is answered already.")
    grant = await tx.grants.by_id(emergency.grant_id, locked=True)
    if grant is None or grant.state == "ended":
        raise Refusal("This has ended already. Request budget if it is still needed.")
    if keep:
        period = directory.period_at(team_scope.team, at)
        kept = GrantEnd.of_period(period, team_scope.team.zone_on(at))
        await tx.grants.save(replace(grant, ends_at=kept.at))
        request = replace(request, granted_ends_at=kept.at)
        await tx.budget_requests.save(request)
    else:
        await end_grant_early(scope, context, grant.id, by=by)
    emergency = replace(emergency, answer="confirmed" if keep else "ended", answered_by=by, answered_at=at)
    await tx.emergencies.save(emergency)
    action = "confirm emergency grant" if keep else "end emergency grant"
    await audit_request(tx, action, request, actor_id=by, at=at, grant=grant.id)
    await _show(team_scope, request, emergency)


async def emergency_command(asked: SlackRequest, rest: str) -> None:
    """`/tokens request emergency 200 why`: takes budget for this channel's team, or for the person's own."""
    typed, why = first_word(rest)
    if not typed:
        command = asked.context.settings.command
        raise Refusal(f"Say how much and why, as `{command} request emergency 200 the release is blocked`.")
    amount_nanos, reason = parse_amount(typed), checked_reason(why)
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        team, _ = team_here(scope.rulebook, asked)
        if team is None or team.kind != "team":
            raise Refusal("Take it in your team's channel, so that the team sees it.")
        require_may_ask(scope.directory, team, person_id=asked.person.id, channel=asked.channel_id)
        request = await take_emergency(
            scope.of_team(team), asked.context, person_id=asked.person.id, amount_nanos=amount_nanos, reason=reason
        )
        pending = await shown(tx, scope.directory, request)
    asked.context.wake_outbox.set()
    await asked.reply(views.emergency_taken(pending))


async def click_keep(asked: SlackRequest) -> None:
    await _answer(asked, keep=True)


async def click_end(asked: SlackRequest) -> None:
    await _answer(asked, keep=False)


async def _answer(asked: SlackRequest, *, keep: bool) -> None:
    async with asked.begin() as tx:
        await answer_emergency(await asked.scope(tx), asked.context, asked.id, keep=keep, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.KEEP_EMERGENCY)(answers(context, click_keep))
    app.action(views.END_EMERGENCY)(answers(context, click_end))
