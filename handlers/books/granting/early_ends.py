"""Ends a grant before its end: a manager clicks, and what is unspent goes back."""

from slack_bolt.async_app import AsyncApp

from bot.books.grants import Grant, may_end_grant, payer_of, unspent, usage_level, used_by_grant
from bot.refusals import Refusal
from bot.views.blocks import name
from bot.views.books import grants as views
from bot.views.grant_ends import END_GRANT
from handlers.books.balances import balances_of
from handlers.books.granting.grants import end_team_grants, follow_end, post_end
from handlers.books.periods import require_open
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from handlers.slack.posts import post_notice, post_to_people


async def end_grant_early(scope: Scope, context: Context, grant_id: int, *, by: int) -> Grant:
    """Ends a grant now, and notifies its team, who gave it and who asked for it. Returns the grant as it ended.

    Raises Refusal if it has ended, or if it is not theirs to end.
    """
    tx, directory, at = scope.tx, scope.directory, scope.at
    grant = await tx.grants.by_id(grant_id)
    if grant is None:
        raise Refusal("There is no such grant any more.")
    team_scope = scope.of_team_id(grant.team_id)
    team, payer = team_scope.team, payer_of(directory, grant)
    if not may_end_grant(directory, by, team, payer):
        managers = f"The managers of {name(team.name)} and of {name(payer.name)} can end this grant, and finance."
        raise Refusal(
            managers if team.mode != "preview" else f"{name(team.name)} is in preview, so finance can end it."
        )
    await require_open(tx, scope.rulebook, directory.period_at(team, at), at=at)
    await end_team_grants(team_scope, context)  # it may be over already; also locks the accounts
    grant = await tx.grants.by_id(grant_id, locked=True)
    if grant is None or grant.state == "ended":
        raise Refusal("This grant has ended already.")
    return await _end(team_scope, context, grant, by=by)


async def _end(scope: TeamScope, context: Context, grant: Grant, *, by: int) -> Grant:
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    period = directory.organisation.calendar.named(grant.period)
    balance = (await balances_of(scope, [team], {team.id: period}))[team.id]
    level = usage_level(balance)
    used = used_by_grant((await tx.grants.of_periods({team.id: period.name}))[team.id], level)[grant.id]
    nanos = unspent(grant, used_nanos=used, available_nanos=balance.available_nanos)
    over = await post_end(scope, grant, nanos, level_nanos=level, by=by)
    person = called(await tx.people.by_id(by))
    message = views.grant_ended_message(team, over, payer=payer_of(directory, over), by_mention=person)
    key = f"{over.document}:ended"
    await post_notice(tx, directory, team, message, dedupe_key=key, at=at)
    told = {
        person for person in (over.given_by, await tx.budget_requests.asker_of_grant(over.id)) if person is not None
    }
    await post_to_people(tx, frozenset(told - {by}), message, dedupe_key=f"{key}:told", at=at)
    await follow_end(scope, context, over, because=views.ended_early_words(team, over, by_mention=person))
    return over


async def click_end_grant(asked: SlackRequest) -> None:
    """Ends the grant whose id the button carries, and answers with what went back."""
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        over = await end_grant_early(scope, asked.context, asked.id, by=asked.person.id)
        team, payer = scope.directory.by_id(over.team_id), payer_of(scope.directory, over)
        message = views.grant_ended_message(team, over, payer=payer, by_mention="You")
    asked.context.wake_outbox.set()
    await asked.reply(message)


def register(app: AsyncApp, context: Context) -> None:
    app.action(END_GRANT)(answers(context, click_end_grant))
