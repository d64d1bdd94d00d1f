"""Plays the requests of the last weeks through a planned policy, and through the one in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.books.budgets import check_budgets_fit
from bot.org.teams import Directory, Team
from bot.org.teams_yml.policy_file import PlannedFile
from bot.org.tree.faults import tree_faults
from bot.periods import DAY_MICROS, local_day
from bot.refusals import ConfigError
from bot.requests.approvals import payer_of
from bot.requests.policy_words import rule_text
from bot.requests.rehearsals.budget_plans import UsedUp, used_up
from bot.requests.rehearsals.comparisons import Comparison
from bot.requests.rehearsals.fates import Policy
from bot.requests.rehearsals.past_asks import MIN_OWN_ASKS, DecisionPace, PastAsk, past_ask
from bot.requests.rehearsals.replays import recorded_payer, replay
from bot.requests.rehearsals.simulations import simulated_asks, simulated_number
from bot.requests.rehearsals.words import Told
from handlers.books.balances import balances_of
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.callers import called
from storage.rulebook import read_approvals
from storage.store import Transaction

_SEED = 1


class _Nothing(Exception):
    """Rolls back a transaction: a rehearsal changes nothing."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A comparison with what its words need."""

    comparison: Comparison
    told: Told


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What holds once the file is imported, and the names of all people then."""

    policy: Policy
    names: Mapping[int, str]


async def rehearse(context: Context, file: PlannedFile, *, weeks: int) -> Rehearsal:
    """Plays the requests of the last weeks through a file's policy, and through the one in force. Changes nothing."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        since = scope.at - weeks * 7 * DAY_MICROS
        requests = await tx.rehearsals.requests_since(since)
        asks = [past_ask(request) for request in requests if request.origin != "emergency"]
        if len(asks) < MIN_OWN_ASKS:
            asks += await _simulated(scope, since=since, weeks=weeks)
        names = await _names(tx, scope.directory, asks)
        present = Policy(directory=scope.directory, rules=scope.rulebook.approvals, tools=scope.rulebook.tools)
    plan = await _planned(context, present, names, file)
    directory = plan.policy.directory
    first_day, last_day = (local_day(at, directory.root.timezone) for at in (since, scope.at))
    now = replay(present, asks, payer_of=recorded_payer(present.directory))
    planned = replay(plan.policy, [ask for ask, _ in now.fates], payer_of=recorded_payer(directory))
    slugs = {team.id: team.slug for team in directory.teams}
    told = Told(
        directory=directory,
        names={**names, **plan.names},
        lines=[rule_text(rule, slugs) for rule in plan.policy.rules],
        weeks=weeks,
        first_day=first_day,
        last_day=last_day,
        used_up=[]
        if file.whole is None
        else await _used_up(context, present.directory, directory, asks, first_day=first_day, end_day=last_day + 1),
    )
    return Rehearsal(comparison=Comparison(now=now, planned=planned, pace=DecisionPace(asks)), told=told)


async def _used_up(
    context: Context, now: Directory, planned: Directory, asks: Sequence[PastAsk], *, first_day: int, end_day: int
) -> list[UsedUp]:
    """Returns when the file's budgets would have been used up, by what the teams spent."""
    begins = planned.organisation.calendar.period_of(first_day).first_day
    async with context.store.read() as tx:
        team_ids = [team.id for team in now.real_teams]
        spend = await tx.reports.by_day(team_ids, first_day=begins, end_day=end_day)
    return used_up(now, planned, spend=spend, asks=asks, first_day=first_day, end_day=end_day)


async def _names(tx: Transaction, directory: Directory, asks: Sequence[PastAsk]) -> dict[int, str]:
    """Returns the names of everybody with a role or a request."""
    people = {ask.person_id for ask in asks} | {person for _, person, _ in directory.roles}
    return {person.id: person.email or called(person) for person in (await tx.people.by_ids(people)).values()}


async def _simulated(scope: Scope, *, since: int, weeks: int) -> list[PastAsk]:
    """Returns simulated requests, paid by whoever could pay them now."""
    directory = scope.directory
    teams = [directory.root, *directory.real_teams]
    balances = await balances_of(scope, teams, {team.id: directory.period_at(team, scope.at) for team in teams})

    def payer(team: Team, amount_nanos: int) -> Team | None:
        return payer_of(directory, team=team, amount_nanos=amount_nanos, balances=balances)

    zone = directory.root.timezone
    first_day, end_day = local_day(since, zone), local_day(scope.at, zone)
    return simulated_asks(
        directory,
        number=simulated_number(directory, weeks=weeks),
        first_day=first_day,
        end_day=end_day,
        seed=_SEED,
        payer_of=payer,
    )


async def _planned(context: Context, now: Policy, names: Mapping[int, str], file: PlannedFile) -> _Plan:
    """Returns what holds once the file is imported: it is, in a transaction that is rolled back. Raises ConfigError."""
    if file.whole is None:
        if faults := file.policy.faults({*now.directory.teams_by_slug}):
            raise file.located(ConfigError("\n".join(faults)))
        async with context.store.read() as tx:
            rules = await read_approvals(tx, file.policy.model_dump(mode="json", by_alias=True), now.directory)
        return _Plan(policy=replace(now, rules=rules), names=names)
    try:
        async with context.store.begin() as tx:
            await tx.teams.save_file(file.whole, at=context.now_micros())
            rulebook = await context.rulebooks.read(tx)
            if faults := tree_faults(rulebook.directory):
                raise file.located(ConfigError("\n".join(faults)))
            check_budgets_fit(rulebook.directory)
            policy = Policy(directory=rulebook.directory, rules=rulebook.approvals, tools=rulebook.tools)
            plan = _Plan(policy=policy, names=await _names(tx, rulebook.directory, ()))
            raise _Nothing
    except _Nothing:
        return plan
