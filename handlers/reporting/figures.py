"""Figures of teams over a span, read in the scope's snapshot: each team's own days, summed."""

from collections.abc import Sequence

from bot.org.teams import Directory, Team
from bot.reporting.figures import BasisUse, Share, Spend, SpendPart, shares_of, spend_of_shares
from bot.reporting.mix import ToolMix, mix_of
from bot.reporting.spans import Span, SpanKind, span_of
from handlers.scope import Scope
from storage.reporting.reports import Dimension

_Days = tuple[int, int]


def span_at(scope: Scope, team: Team, kind: SpanKind) -> Span:
    """Returns a team's span of a kind at the scope's moment, in its zone."""
    at = scope.at
    return span_of(
        kind,
        today=team.day_of(at),
        period=scope.directory.period_at(team, at),
        calendar=scope.directory.organisation.calendar,
        zone=team.zone_on(at),
    )


def spenders_of(directory: Directory, team: Team) -> tuple[Team, ...]:
    """Returns the teams whose spend a team's figures include: its own, or all and unattributed usage for the
    organisation."""
    return directory.teams if team.kind == "organisation" else (team,)


async def spend_of(scope: Scope, teams: Sequence[Team], span: Span) -> Spend:
    """Returns what teams spent together over a span. Each counts its own days: a span up to today ends with its own."""
    now, before = await _uses(scope, teams, span, None)
    return await _spend(scope, teams, span, shares_of(now, before))


async def parts_of(scope: Scope, teams: Sequence[Team], span: Span, part: SpendPart) -> tuple[Share, ...]:
    """Returns the parts of the same spend, largest first. They add up to it."""
    return shares_of(*await _uses(scope, teams, span, part))


async def spend_and_parts_of(
    scope: Scope, teams: Sequence[Team], span: Span, part: SpendPart
) -> tuple[Spend, tuple[Share, ...]]:
    """Returns the spend with its parts, from one read."""
    shares = await parts_of(scope, teams, span, part)
    return await _spend(scope, teams, span, shares), shares


async def tool_mix_of(scope: Scope, teams: Sequence[Team], span: Span) -> ToolMix:
    """Returns the same spend by kind of tool: in-house and third-party."""
    now, before = await _uses(scope, teams, span, "tool")
    return mix_of(now, before, kind_of=scope.rulebook.tools.kind_of)


async def spend_and_mix_of(scope: Scope, teams: Sequence[Team], span: Span) -> tuple[Spend, ToolMix]:
    """Returns the spend and the same by kind of tool, from one read."""
    now, before = await _uses(scope, teams, span, "tool")
    mix = mix_of(now, before, kind_of=scope.rulebook.tools.kind_of)
    return await _spend(scope, teams, span, shares_of(now, before)), mix


async def _spend(scope: Scope, teams: Sequence[Team], span: Span, shares: Sequence[Share]) -> Spend:
    first = await scope.tx.reports.first_day_after([team.id for team in teams], span.before_day)
    return spend_of_shares(span, shares, first_day=first)


async def uses_of(
    scope: Scope, team_ids: Sequence[int], part: SpendPart | None, *, first_day: int, end_day: int
) -> list[BasisUse]:
    """Returns the uses of some teams on the days [first, end) by a part and cost basis; without one, by basis alone."""
    parts: tuple[Dimension, ...] = ("basis",) if part is None else (part, "basis")
    sums = await scope.tx.reports.by_parts(parts, team_ids=team_ids, first_day=first_day, end_day=end_day)
    return [
        BasisUse("" if part is None else names[0], names[-1], own.calls, own.tokens, own.cost_nanos)
        for names, own in sums.items()
    ]


async def _uses(
    scope: Scope, teams: Sequence[Team], span: Span, part: SpendPart | None
) -> tuple[list[BasisUse], list[BasisUse]]:
    """Returns the uses of the span and of the days before it."""
    now: dict[_Days, list[int]] = {}
    before: dict[_Days, list[int]] = {}
    for team in teams:
        own = span if span.is_fixed else span_at(scope, team, span.kind)
        now.setdefault((own.first_day, own.end_day), []).append(team.id)
        before.setdefault((own.before_day, own.before_end), []).append(team.id)
    return await _read(scope, now, part), await _read(scope, before, part)


async def _read(scope: Scope, teams: dict[_Days, list[int]], part: SpendPart | None) -> list[BasisUse]:
    found: list[BasisUse] = []
    for (first_day, end_day), ids in teams.items():
        found += await uses_of(scope, ids, part, first_day=first_day, end_day=end_day)
    return found
