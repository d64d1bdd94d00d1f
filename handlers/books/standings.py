"""How teams stand now, put together from the ledger and the rollups in one snapshot."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.books.budgets import Standing
from bot.books.forecasts import forecast
from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.periods import micros
from bot.reporting.digests import Share
from bot.rulebook import Rulebook
from bot.views.books import standings as standing_views
from handlers.slack.answers import SlackRequest
from storage.reporting.reports import NO_USAGE, Dimension
from storage.store import Transaction

DAYS_SHOWN = 35


async def standing_of(tx: Transaction, directory: Directory, team: Team, *, now: datetime) -> Standing:
    """How one team stands."""
    return (await standings_of(tx, directory, [team], now=now))[0]


async def standings_of(
    tx: Transaction, directory: Directory, teams: Sequence[Team], *, now: datetime
) -> list[Standing]:
    """How teams stand, in the order asked for: a handful of queries, however many teams."""
    if not teams:
        return []
    at = micros(now)
    periods = {team.id: directory.period_at(team, at) for team in teams}
    balances = await tx.ledger.balances(
        periods.items(), root_id=directory.root.id, unattributed_id=directory.unattributed.id
    )
    today = {team.id: team.day_of(at) for team in teams}
    first = min(min(today.values()) - DAYS_SHOWN, *(p.first_day for p in periods.values()))
    ids = {team.id for team in teams}
    if directory.root.id in ids:
        ids.add(directory.unattributed.id)
    by_day = await tx.reports.by_day(ids, first_day=first, end_day=max(today.values()) + 2)
    days: dict[int, dict[int, int]] = {}
    for (spender, day), nanos in by_day.items():
        days.setdefault(spender, {})[day] = nanos
    standings = []
    for team in teams:
        spent = dict(days.get(team.id, {}))
        if team.kind == "organisation":
            for day, nanos in days.get(directory.unattributed.id, {}).items():
                spent[day] = spent.get(day, 0) + nanos
        now_day = today[team.id]
        standings.append(
            Standing(
                team=team,
                period=periods[team.id],
                today=now_day,
                zone=team.zone_on(at),
                balance=balances[team.id],
                forecast=forecast(
                    balances[team.id],
                    spent_by_day=spent,
                    today=now_day,
                    period=periods[team.id],
                    first_day=min(spent, default=None),
                ),
                spent_by_day=tuple(sorted(spent.items())),
                week_nanos=sum(spent.get(day, 0) for day in range(now_day - 7, now_day)),
                week_before_nanos=sum(spent.get(day, 0) for day in range(now_day - 14, now_day - 7)),
            )
        )
    return standings


async def shares(
    tx: Transaction,
    part: Dimension,
    *,
    team_ids: Iterable[int],
    first_day: int,
    end_day: int,
    before_day: int,
    before_end: int | None = None,
) -> tuple[Share, ...]:
    """A part's shares of [first_day, end_day) with [before_day, before_end) beside them, the costliest first. `before_end`
    is `first_day` where it is not given."""
    ids = list(team_ids)
    current = await tx.reports.by_part(part, team_ids=ids, first_day=first_day, end_day=end_day)
    earlier = await tx.reports.by_part(part, team_ids=ids, first_day=before_day, end_day=before_end or first_day)
    found = [
        Share(
            name=name,
            cost_nanos=current.get(name, NO_USAGE).cost_nanos,
            before_nanos=earlier.get(name, NO_USAGE).cost_nanos,
            tokens=current.get(name, NO_USAGE).tokens,
        )
        for name in current.keys() | earlier.keys()
    ]
    return tuple(sorted(found, key=lambda share: (-share.cost_nanos, share.name)))


def team_ids_of(directory: Directory, team: Team) -> list[int]:
    """Whose spend a team's figures hold: its own, or for the organisation the whole company's."""
    return [t.id for t in directory.teams] if team.kind == "organisation" else [team.id]


def team_here(rulebook: Rulebook, asked: SlackRequest) -> tuple[Team | None, Message | None]:
    """The team to show, or what to say instead. In its own channel a team is shown to everybody there."""
    directory = rulebook.directory
    command = asked.context.settings.command
    is_finance = asked.person.id in directory.finance
    here = directory.by_channel(asked.channel_id)
    if here is not None and here.channel_state in ("linked", "unresolved") and (here.mode != "preview" or is_finance):
        return here, None
    own = [t for t in directory.teams_of(asked.person.id) if directory.may_see(asked.person.id, t)]
    if own:
        return own[0], None
    if here is not None and here.mode == "preview":
        return None, standing_views.preview_message(command)
    if directory.teams_of(asked.person.id):
        return None, standing_views.preview_message(command)
    if is_finance:
        return directory.root, None
    return None, standing_views.no_team_message([], command)
