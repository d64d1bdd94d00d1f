"""Re-attribution: where past usage belongs by today's rules, and what moves between teams."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from bot.intake.adjustments import BookedEvent, Change, usage_event_from
from bot.org.attribution import UNATTRIBUTED, AttributionStep, Source
from bot.org.attribution_rules import Placement
from bot.rulebook import Rulebook
from bot.usage import UsageEvent

ATTRIBUTION_KIND = "attribution"
"""The kind of adjusting rows that move usage to another team."""


@dataclass(frozen=True, kw_only=True)
class Reattribution:
    """A request to attribute past usage again: since when, of which credential (`""` for all), and for which single
    team, if any.
    """

    id: int
    credential: str
    team_id: int | None
    since_at: int
    asked_by: int | None

    @property
    def document(self) -> str:
        return f"reattribution:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Move:
    """Usage that moves from one team to another."""

    from_team_id: int
    to_team_id: int
    calls: int
    cost_nanos: int


def events_by_spelling(booked: BookedEvent, spellings: Sequence[str]) -> list[UsageEvent]:
    """Returns the event with each of the person's spellings: the books store the person, not the spelling the sender
    used.
    """
    event = usage_event_from(booked)
    replace = msgspec.structs.replace
    return [replace(event, labels=replace(event.labels, user=user)) for user in spellings or ("",)]


def place_today(booked: BookedEvent, spellings: Sequence[str], rulebook: Rulebook, source: Source) -> Placement:
    """Returns the team of a booked event by today's rules, by any of the person's spellings."""
    placed = Placement(0, UNATTRIBUTED)
    for event in events_by_spelling(booked, spellings):
        placed = rulebook.attribution.place(event, source)
        if placed.rule not in (UNATTRIBUTED, f"source:{source.name}"):
            break
    return placed


def explain_today(
    booked: BookedEvent, spellings: Sequence[str], rulebook: Rulebook, source: Source
) -> list[AttributionStep]:
    """Returns the rules that today's attribution checks for a booked event, in order, up to the match."""
    explanations = [rulebook.attribution.explain(event, source) for event in events_by_spelling(booked, spellings)]
    placement = place_today(booked, spellings, rulebook, source)
    return next(steps for steps in explanations if steps[-1].placement == placement)


def changes_due(
    page: Iterable[BookedEvent],
    *,
    spellings: Mapping[int, Sequence[str]],
    sources: Mapping[int, Source],
    rulebook: Rulebook,
    team_id: int | None,
) -> list[Change]:
    """Returns the events that belong to another team by today's rules, with their day there. Their price stays.

    With `team_id`, only events that join or leave that team.
    """
    found = []
    teams = {team.id: team for team in rulebook.directory.teams}
    for old in page:
        placed = place_today(old, spellings.get(old.person_id, ()), rulebook, sources[old.source_id])
        if placed.team_id == old.team_id or team_id not in (None, old.team_id, placed.team_id):
            continue
        day = teams[placed.team_id].day_of(old.occurred_at)
        new = msgspec.structs.replace(old, team_id=placed.team_id, local_day=day, rule=placed.rule)
        found.append(Change(old, new))
    return found


def moves_of(changes: Iterable[Change], so_far: Iterable[Move] = ()) -> list[Move]:
    """Adds the moves of changes to those before; most dollars first."""
    sums = {(m.from_team_id, m.to_team_id): (m.calls, m.cost_nanos) for m in so_far}
    for old, new in changes:
        calls, nanos = sums.get((old.team_id, new.team_id), (0, 0))
        sums[old.team_id, new.team_id] = (calls + 1, nanos + old.cost_nanos)
    found = [
        Move(from_team_id=left, to_team_id=joined, calls=calls, cost_nanos=nanos)
        for (left, joined), (calls, nanos) in sums.items()
    ]
    return sorted(found, key=lambda m: (-m.cost_nanos, -m.calls, m.from_team_id, m.to_team_id))


def totals_by_receiving_team(moves: Iterable[Move]) -> dict[int, tuple[int, int]]:
    """Returns (calls, nano-dollars) that each team receives, from all others together."""
    found: dict[int, tuple[int, int]] = {}
    for move in moves:
        calls, nanos = found.get(move.to_team_id, (0, 0))
        found[move.to_team_id] = (calls + move.calls, nanos + move.cost_nanos)
    return found
