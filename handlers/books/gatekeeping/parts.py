"""Reads budgets of parts: the people that they name, and the spend by the labels that they ask for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.books.gatekeeping.limit_raises import raised_nanos
from bot.books.gatekeeping.parts import Labels, Part
from bot.books.ledger import Balance
from bot.org.people import normalize_spelling
from bot.org.teams import Team
from bot.periods import Period
from handlers.scope import Scope


async def parts_of(scope: Scope, teams: Sequence[Team]) -> dict[int, tuple[Part, ...]]:
    """Returns the parts with a budget of each team that has some, with what requests raised them by."""
    listed = [(team, part) for team in teams for part in team.terms.parts]
    if not listed:
        return {}
    named = {normalize_spelling(part.pattern) for _, part in listed if part.kind == "person"}
    people = await scope.tx.part_spend.people_named(named)
    raises = await scope.tx.limit_raises.of_teams({team.id for team, _ in listed})
    found: dict[int, tuple[Part, ...]] = {}
    for team, part in listed:
        ids, spellings = frozenset[int](), frozenset[str]()
        if part.kind == "person":
            name = normalize_spelling(part.pattern)
            ids, spellings = people.get(name, (frozenset(), frozenset({name})))
        whole = Part(
            kind=part.kind,
            pattern=part.pattern,
            amount_nanos=part.amount_nanos,
            enforce=part.enforce,
            degrade_to=part.degrade_to,
            person_ids=ids,
            spellings=spellings,
        )
        period = scope.directory.period_at(team, scope.at).name
        own = (one for one in raises if one.team_id == team.id)
        more = raised_nanos(own, whole, period=period, at=scope.at)
        found[team.id] = (*found.get(team.id, ()), replace(whole, amount_nanos=whole.amount_nanos + more))
    return found


async def spend_of_parts(
    scope: Scope, teams: Sequence[Team], balances: Mapping[int, Balance], periods: Mapping[int, Period]
) -> dict[int, dict[Labels, int]]:
    """Returns the spend of teams in their periods by label, from the first day that counts for their budget."""
    spans: dict[tuple[int, int], list[int]] = {}
    for team in teams:
        period = periods[team.id]
        first = max(period.first_day, balances[team.id].since_day or period.first_day)
        spans.setdefault((first, period.end_day), []).append(team.id)
    found: dict[int, dict[Labels, int]] = {}
    for (first, end), ids in spans.items():
        rows = await scope.tx.part_spend.by_label(ids, first_day=first, end_day=end)
        for team_id in ids:
            found[team_id] = labelled(row for row in rows if row[0] == team_id)
    return found


def labelled(rows: Iterable[tuple[int, str, str, str, int, int]]) -> dict[Labels, int]:
    """Returns the spend of one team by its labels."""
    return {Labels(tool, model, workflow, person_id): nanos for _, tool, model, workflow, person_id, nanos in rows}
