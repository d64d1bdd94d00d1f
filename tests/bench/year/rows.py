"""The rows of many calls: what the product's tables hold of them. A change of these tables belongs here."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from bot.periods import HOUR_MICROS
from bot.rulebook import Rulebook
from bot.usage import COUNTERS, digest
from storage.tables.base import COUNTER_COLUMNS, metadata
from tests.bench.year.calls import Calls, LocalDays, Numbers, counters_of
from tests.bench.year.kinds import SENDER, Kind, require_same
from tests.bench.year.pricing import costs_of
from tests.bench.year.runs import Rows, Runs

_AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_COMPARED = 50
_BITS = 20
"""Hours and series fit in so many bits."""


class Maker:
    """Makes the rows of pieces of the year, in the order of arrival."""

    def __init__(
        self, kinds: Sequence[Kind], rulebook: Rulebook, *, runs: Runs, prefix: str, seed: int, now: datetime
    ) -> None:
        self._runs = runs
        self._kinds = kinds
        self._rulebook = rulebook
        self._prefix = prefix
        self._chance = np.random.default_rng(seed)
        self._now = now
        self._days = LocalDays()
        self._made = 0
        self._of = {
            name: np.array([getattr(kind, name) for kind in kinds]) for name in ("series_id", "team_id", "zone", "rule")
        }
        self._of["source_id"] = np.array([kind.source.id for kind in kinds])
        self._of["model"] = np.array([f"{kind.labels.provider}/{kind.labels.model}" for kind in kinds])
        self._texts = {
            "rule": [kind.rule for kind in kinds],
            "gateway_team": [kind.labels.gateway_team for kind in kinds],
            "declared_team": [kind.labels.declared_team for kind in kinds],
            "tags": [json.dumps(kind.labels.tags) if kind.labels.tags else "[]" for kind in kinds],
            "tier": [kind.labels.tier for kind in kinds],
            "conditions": ["" for _ in kinds],
            "parts": ["" for _ in kinds],
            "units": ["" for _ in kinds],
            "cost_reason": ["" for _ in kinds],
        }
        self._hours: set[tuple[int, int]] = set()
        self._teams: dict[int, tuple[int, int]] = {}
        self._sources: dict[int, tuple[int, int]] = {}

    def rows(self, calls: Calls) -> list[Rows]:
        """Returns the rows of keys, events and totals of one piece."""
        count, which = len(calls), calls.combination
        numbers = counters_of(count, self._chance)
        models, series = self._of["model"][which], self._of["series_id"][which]
        numbers["cache_write_5m"] = np.where(np.char.startswith(models, "anthropic/"), numbers["cache_write_5m"], 0)
        numbers |= {name: self._of[name][which] for name in ("source_id", "team_id")} | {"series_id": series}
        numbers |= {"occurred_at": calls.occurred_at, "received_at": calls.received_at}
        numbers["local_day"] = self._local_days(calls.occurred_at, which)
        reported = self._price(numbers, models, which)
        columns: dict[str, list[Any]] = {name: values.tolist() for name, values in numbers.items()}
        columns["reported_nanos"] = [value or None for value in reported.tolist()]
        columns["book_nanos"] = [None if value < 0 else value for value in columns["book_nanos"]]
        places = which.tolist()
        columns |= {name: [texts[at] for at in places] for name, texts in self._texts.items()}
        columns["book"] = [self._rulebook.prices.book.book_id] * count
        columns["event_id"] = [f"{self._prefix}{self._made + at}" for at in range(count)]
        columns["key_hash"] = [digest((SENDER, event_id)) for event_id in columns["event_id"]]
        columns["fingerprint"] = self._fingerprints(columns, places)
        self._made += count
        self._compare(columns, places)
        self._remember(numbers)
        return [*self._runs.rows(columns), _of_columns("usage_events", columns), *_totals(numbers)]

    def at_the_end(self) -> list[Rows]:
        """Returns the rows that say when teams and sources had usage."""
        teams = [(team, 1, newest, oldest, 0) for team, (oldest, newest) in sorted(self._teams.items())]
        changed = ("team_id", "version", "newest_hour", "oldest_hour", "rewrites")
        active = [(source, *at) for source, at in sorted(self._sources.items())]
        return [
            *self._runs.at_the_end(),
            Rows("team_changes", changed, teams),
            Rows("source_activity", ("source_id", "first_occurred_at", "last_received_at"), active),
            Rows("source_hours", ("source_id", "hour"), sorted(self._hours)),
        ]

    def _local_days(self, occurred_at: Numbers, which: Numbers) -> Numbers:
        zones = self._of["zone"][which]
        days = np.zeros(len(which), dtype=np.int64)
        for zone in np.unique(zones):
            rows = zones == zone
            days[rows] = self._days.of(occurred_at[rows], str(zone))
        return days

    def _price(self, numbers: dict[str, Numbers], models: np.ndarray[Any, Any], which: Numbers) -> Numbers:
        """Adds the columns of cost, and returns the costs that senders report; 0 for none."""
        count = len(which)
        cost, book, reported = np.zeros(count, np.int64), np.full(count, -1, np.int64), np.zeros(count, np.int64)
        for model in np.unique(models):
            rows = np.flatnonzero(models == model)
            kind = self._kinds[which[rows[0]]]
            own = {name: numbers[name][rows] for name in COUNTERS}
            found = costs_of(
                self._rulebook.prices, kind.labels, numbers["occurred_at"][rows], numbers["local_day"][rows], own
            )
            if found is None:
                reported[rows] = cost[rows] = own["uncached_input"] * 90 + own["output"] * 280 + 1
                continue
            cost[rows] = found.cost
            if found.book is not None:
                book[rows] = found.book
        numbers |= {"cost_nanos": cost, "book_nanos": book, "notional_nanos": np.zeros(count, np.int64)}
        return reported

    def _fingerprints(self, columns: Mapping[str, list[Any]], places: list[int]) -> list[bytes]:
        counters = zip(*(columns[name] for name in COUNTERS), strict=True)
        names, tags = [kind.names for kind in self._kinds], [kind.tags for kind in self._kinds]
        return [
            digest((at, names[place], tags[place], counts, reported))
            for at, place, counts, reported in zip(
                columns["occurred_at"], places, counters, columns["reported_nanos"], strict=True
            )
        ]

    def _compare(self, columns: Mapping[str, list[Any]], places: list[int]) -> None:
        """Compares a few rows with what the product books for the same calls."""
        for at in self._chance.integers(0, len(places), _COMPARED).tolist():
            row = {name: values[at] for name, values in columns.items()}
            require_same(self._rulebook, self._kinds[places[at]], row, row["fingerprint"], now=self._now)

    def _remember(self, numbers: Mapping[str, Numbers]) -> None:
        hours = numbers["occurred_at"] // HOUR_MICROS
        self._hours |= {(int(s), int(h)) for s, h in np.unique(np.stack([numbers["source_id"], hours]), axis=1).T}
        for team in np.unique(numbers["team_id"]).tolist():
            own = hours[numbers["team_id"] == team]
            oldest, newest = self._teams.get(team, (10**9, 0))
            self._teams[team] = min(oldest, int(own.min())), max(newest, int(own.max()))
        for source in np.unique(numbers["source_id"]).tolist():
            rows = numbers["source_id"] == source
            first = int(numbers["occurred_at"][rows].min())
            last = int(numbers["received_at"][rows].max())
            before = self._sources.get(source, (first, last))
            self._sources[source] = min(first, before[0]), max(last, before[1])


def _of_columns(table: str, columns: Mapping[str, list[Any]]) -> Rows:
    names = tuple(column.name for column in metadata.tables[table].columns)
    return Rows(table, names, list(zip(*(columns[name] for name in names), strict=True)))


def _totals(numbers: Mapping[str, Numbers]) -> list[Rows]:
    amounts = [np.ones(len(numbers["team_id"]), np.int64), *(numbers[name] for name in _AMOUNTS[1:])]
    buckets = {"usage_hours": ("hour", numbers["occurred_at"] // HOUR_MICROS)}
    buckets["usage_days"] = ("local_day", numbers["local_day"])
    found = []
    for table, (bucket, at) in buckets.items():
        code = (numbers["team_id"] << 2 * _BITS) | (at << _BITS) | numbers["series_id"]
        order = np.argsort(code, kind="stable")
        keys, firsts = np.unique(code[order], return_index=True)
        sums = [np.add.reduceat(values[order], firsts).tolist() for values in amounts]
        mask = (1 << _BITS) - 1
        parts = ((keys >> 2 * _BITS).tolist(), ((keys >> _BITS) & mask).tolist(), (keys & mask).tolist())
        key = ("team_id", bucket, "series_id")
        found.append(Rows(table, (*key, *_AMOUNTS), list(zip(*parts, *sums, strict=True)), key))
    return found
