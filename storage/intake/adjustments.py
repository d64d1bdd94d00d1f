"""Adjusting rows: signed amounts beside the events and in the rollups that correct a team or a price."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal_column, select, text

from bot.intake.adjustments import Change, figures_text
from bot.periods import DAY_MICROS, HOUR_MICROS
from storage import bulk
from storage.intake.rollups import AMOUNTS, Bucket, add_sums
from storage.intake.twins.states import OUT
from storage.intake.usage import Usage
from storage.queries.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import usage_adjustments
from storage.transaction import OpenTransaction

_COLUMNS = (
    *("dedupe_key", "source_id", "key_hash", "kind", "made_at", "actor_id", "document"),
    *("occurred_at", "team_id", "local_day", "series_id", "calls", *COUNTER_COLUMNS),
    *("cost_nanos", "notional_nanos", "book_nanos", "book", "rule", "cost_reason", "figures"),
)


class Adjustments:
    """The adjusting rows within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def by_hour(self, team_ids: Sequence[int], *, first_hour: int) -> dict[int, dict[int, int]]:
        """Returns nano-dollars by team and UTC hour of use that adjusting rows moved to teams, or away from them."""
        hour = usage_adjustments.c.occurred_at.op("/")(literal_column(str(HOUR_MICROS)))
        rows = await self._connection.execute(
            select(usage_adjustments.c.team_id, hour, *nano_sums(usage_adjustments.c.cost_nanos))
            .where(usage_adjustments.c.team_id.in_(list(team_ids)))
            .where(usage_adjustments.c.local_day >= first_hour * HOUR_MICROS // DAY_MICROS - 1)
            .where(usage_adjustments.c.occurred_at >= first_hour * HOUR_MICROS)
            .group_by(usage_adjustments.c.team_id, hour)
        )
        found: dict[int, dict[int, int]] = {}
        for team, at, dollars, rest in rows:
            found.setdefault(int(team), {})[int(at)] = whole(dollars, rest)
        return found

    async def adjust(
        self, changes: Sequence[Change], *, kind: str, at: int, actor_id: int | None, document: str
    ) -> list[Change]:
        """Applies new bookings to events and rollups, and returns the changes made.

        Skips a change that alters no total. Skips an event that was adjusted since it was read: the number of its
        adjusting rows is part of the new row's key, so one of two concurrent processes wins. Call it once per
        transaction, so that rollups are locked in key order; charges follow by `handlers.books.charges.post_charges`.
        """
        made, sums = await self.record(changes, kind=kind, at=at, actor_id=actor_id, document=document)
        if made:
            await add_sums(self._connection, sums)
        return made

    async def record(
        self, changes: Sequence[Change], *, kind: str, at: int, actor_id: int | None, document: str
    ) -> tuple[list[Change], dict[Bucket, list[int]]]:
        """The same without the rollups: returns the changes made, and what to add to the rollups."""
        changes = sorted({c.old.key: c for c in changes if c.is_one}.values(), key=lambda c: c.old.key)
        if not changes:
            return [], {}
        if self._connection.dialect.name == "postgresql":  # adjusters take turns; there are few
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(7041778)"))
        series = await Usage(self._tx).series_ids([s for c in changes for s in (c.old.series, c.new.series)])
        made_by = (kind, at, actor_id, document)
        firsts = {
            _dedupe_key(change): (
                _row(change, made_by, into=series[2 * place + 1])
                if change.new.counts
                else _row_out(change, made_by, out_of=series[2 * place], dedupe_key=_dedupe_key(change))
            )
            for place, change in enumerate(changes)
        }
        rows = [firsts[key] for key in sorted(firsts)]
        key = ("dedupe_key",)
        new = await bulk.insert_missing(self._connection, "usage_adjustments", _COLUMNS, key, rows)
        places = [place for place, change in enumerate(changes) if (_dedupe_key(change),) in new]
        leaving = [
            _row_out(changes[p], made_by, out_of=series[2 * p], dedupe_key=_dedupe_key(changes[p]) + OUT)
            for p in places
            if changes[p].moves and changes[p].old.counts and changes[p].new.counts
        ]
        await bulk.insert(self._connection, "usage_adjustments", _COLUMNS, leaving)
        made = [changes[place] for place in places]
        self._tx.after_commit(self._tx.memory.usage.count_commit)
        return made, _sums([*leaving, *(firsts[_dedupe_key(change)] for change in made)])


def _sums(rows: Sequence[tuple[Any, ...]]) -> dict[Bucket, list[int]]:
    at = {name: _COLUMNS.index(name) for name in ("team_id", "occurred_at", "local_day", "series_id")}
    amounts = [_COLUMNS.index(name) for name in AMOUNTS]
    sums: dict[Bucket, list[int]] = {}
    for row in rows:
        hour = row[at["occurred_at"]] // HOUR_MICROS
        there = sums.setdefault(
            (row[at["team_id"]], hour, row[at["local_day"]], row[at["series_id"]]), [0] * len(AMOUNTS)
        )
        for place, column in enumerate(amounts):
            there[place] += row[column]
    return sums


def _dedupe_key(change: Change) -> str:
    return f"{change.old.source_id}:{change.old.key_hash.hex()}:{change.old.adjustments + 1}"


def _row(change: Change, made_by: tuple[str, int, int | None, str], *, into: int) -> tuple[Any, ...]:
    """Returns the row for the new booking: all of it if the event moves, else the difference of its cost."""
    old, new = change
    kind, at, actor_id, document = made_by
    counters = new.counters if change.moves else (0,) * len(COUNTER_COLUMNS)
    before = (0, 0) if change.moves else (old.cost_nanos, old.notional_nanos)
    return (
        *(_dedupe_key(change), old.source_id, old.key_hash, kind, at, actor_id, document),
        *(old.occurred_at, new.team_id, new.local_day, into, int(change.moves), *counters),
        *(new.cost_nanos - before[0], new.notional_nanos - before[1]),
        *(new.book_nanos, new.book, new.rule, new.cost_reason, figures_text(new)),
    )


def _row_out(
    change: Change, made_by: tuple[str, int, int | None, str], *, out_of: int, dedupe_key: str
) -> tuple[Any, ...]:
    """Returns the row that removes the event from its old booking."""
    old = change.old
    kind, at, actor_id, document = made_by
    return (
        *(dedupe_key, old.source_id, old.key_hash, kind, at, actor_id, document),
        *(old.occurred_at, old.team_id, old.local_day, out_of, -1, *(-count for count in old.counters)),
        *(-old.cost_nanos, -old.notional_nanos, old.book_nanos, old.book, old.rule, old.cost_reason, ""),
    )
