"""What this process knows of the producers of each source, so that most groups write nothing about them.

Usage that nobody books is counted with the commit of its group. Repeats of booked calls are counted in memory first, and
written every ten seconds: a killed process loses those counts, and no usage.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from bot.crosschecks.producers import ProducerKey, booked_key, bounded, key_of, quarantine_reason, resolved, wants_rows
from bot.periods import MICROS
from bot.unread import OTHERS
from bot.usage import Parsed, UnusableRow
from storage.store import Transaction

Counts = dict[tuple[int, ProducerKey], int]


class SourceRows(NamedTuple):
    """A parsed body's rows, with its source."""

    source_id: int
    parsed: Parsed


class Kept(NamedTuple):
    """A row of unread usage for quarantine."""

    source_id: int
    row: UnusableRow


class Seen(NamedTuple):
    """The rows of a group by source and producer: those to write now, and those that wait in memory."""

    due: Counts
    waiting: Counts


NOTHING_SEEN = Seen({}, {})


class ProducerLog:
    """The producers that this process has seen and written; all writers of an intake share one."""

    BOOKED_SECONDS, REPEAT_SECONDS = 60, 10
    MAX_SOURCES = 2_000

    def __init__(self) -> None:
        self._known: OrderedDict[int, dict[ProducerKey, int]] = OrderedDict()
        self._written_at: dict[tuple[int, ProducerKey], int] = {}
        self._waiting: Counter[tuple[int, ProducerKey]] = Counter()
        self._flushed_at = 0

    def is_due(self, source_id: int, parsed: Parsed, *, now: int) -> bool:
        """Returns whether a body without other rows needs a commit; counts its repeats in memory if not."""
        rows = SourceRows(source_id, parsed)
        seen = self.seen_in([rows], now=now)
        if seen.due or self.needs_reading([rows], now=now):
            return True
        self.record(seen, now=now)
        return False

    def needs_reading(self, group: Sequence[SourceRows], *, now: int) -> bool:
        """Returns whether a group has a producer that this process has not seen, rows for quarantine, or repeats that
        have waited.
        """
        if not _speak(group):
            return False
        counts, kept = self._counts(group)
        has_waited = bool(self._waiting) and abs(now - self._flushed_at) > self.REPEAT_SECONDS * MICROS
        return bool(kept) or has_waited or any(key not in self._known.get(source_id, {}) for source_id, key in counts)

    def seen_in(self, group: Sequence[SourceRows], *, now: int) -> Seen:
        """Returns what to write now of a group whose producers are known, and the repeats to count in memory."""
        if not _speak(group):
            return NOTHING_SEEN
        counts, _ = self._counts(group)
        repeats = {at: count for at, count in counts.items() if at[1].kind == "repeat"}
        others = {at: count for at, count in counts.items() if at not in repeats}
        return Seen(others if any(self._is_due(*at, now=now) for at in others) else {}, repeats)

    async def write(self, tx: Transaction, group: Sequence[SourceRows], *, now: int) -> list[Kept]:
        """Writes a group's producers by the full path, and returns the rows for quarantine.

        Where a producer's calls are booked for the first time, its rows of other signals become repeats.
        """
        if not self.needs_reading(group, now=now):
            seen = self.seen_in(group, now=now)
            await tx.producers.add(seen.due, at=now)
            tx.after_commit(lambda: self.record(seen, now=now))
            return []
        source_ids = sorted({rows.source_id for rows in group if _speak([rows])})
        await self._load(tx, source_ids)
        counts, kept = self._counts(group)
        waiting, self._waiting, self._flushed_at = self._waiting, Counter(), now
        for at, count in waiting.items():
            counts[at] = counts.get(at, 0) + count
        fresh = self._within_bounds(counts)
        await self._end_losses(tx, fresh)
        await tx.producers.add(fresh, at=now)
        tx.after_commit(lambda: self.record(Seen(fresh, {}), now=now))
        return kept

    def record(self, seen: Seen, *, now: int) -> None:
        """Remembers what was committed, and counts the repeats that wait."""
        self._waiting.update({at: count for at, count in seen.waiting.items() if count})
        for (source_id, key), count in seen.due.items():
            known = self._known.setdefault(source_id, {})
            known[key] = known.get(key, 0) + count
            self._written_at[source_id, key] = now
        while len(self._known) > self.MAX_SOURCES:
            gone, _ = self._known.popitem(last=False)
            self._written_at = {at: when for at, when in self._written_at.items() if at[0] != gone}

    def clear(self) -> None:
        """Forgets what the database may not have, after a commit failed."""
        self._known.clear()
        self._written_at.clear()

    async def _load(self, tx: Transaction, source_ids: Sequence[int]) -> None:
        """Reads the producers of sources anew: other processes write them too, one after the other."""
        await tx.producers.lock(source_ids)
        for source_id in source_ids:
            self._known[source_id] = {}
        for found in await tx.producers.of(source_ids):
            self._known[found.source_id][found.seen.key] = found.seen.rows

    def _counts(self, group: Sequence[SourceRows]) -> tuple[Counts, list[Kept]]:
        """Returns the rows of a group by source and key, and those that quarantine keeps."""
        counts: Counts = {}
        kept: list[Kept] = []
        booked = {(source_id, booked_key(producer)) for source_id, parsed in group for producer in parsed.producers}
        for source_id, key in booked:
            counts.setdefault((source_id, self._place(key, self._known.get(source_id, {}))), 0)
        for source_id, parsed in group:
            if not parsed.unread:
                continue
            known = self._known.get(source_id, {})
            here = (key for source, key in booked if source == source_id)  # in any body of the group
            pairs = {(key.name, key.service) for key in (*known, *here) if key.kind == "booked"}
            for unread, rows in parsed.unread.items():
                key = self._place(resolved(key_of(unread), pairs), known)
                if wants_rows(key, known):
                    kept += [Kept(source_id, _named(row, resolved(key_of(unread), pairs))) for row in rows.kept]
                counts[source_id, key] = counts.get((source_id, key), 0) + rows.rows
        return counts, kept

    def _place(self, key: ProducerKey, known: dict[ProducerKey, int]) -> ProducerKey:
        return key if key in known else bounded(key, known)

    def _within_bounds(self, counts: Counts) -> Counts:
        """Returns the counts with no more new producers than a source has room for."""
        fresh: Counts = {}
        for (source_id, key), count in sorted(counts.items()):
            known = self._known.setdefault(source_id, {})
            place = self._place(key, known)
            known.setdefault(place, 0)
            fresh[source_id, place] = fresh.get((source_id, place), 0) + count
        return fresh

    def _is_due(self, source_id: int, key: ProducerKey, *, now: int) -> bool:
        written_at = self._written_at.get((source_id, key), -(10**15))
        return key.kind != "booked" or abs(now - written_at) > self.BOOKED_SECONDS * MICROS

    async def _end_losses(self, tx: Transaction, fresh: Counts) -> None:
        """Turns rows of other signals into repeats, where their producer's calls are booked from now on."""
        booked = {(s, key.name, key.service) for s, key in fresh if key.kind == "booked" and key.name != OTHERS.name}
        for source_id, known in ((s, self._known[s]) for s in {s for s, *_ in booked}):
            ended = {
                key: rows
                for key, rows in known.items()
                if key.kind == "other_signal" and (source_id, key.name, key.service) in booked
            }
            if not ended:
                continue
            reasons = [quarantine_reason(key) for key in ended]
            await tx.quarantine.remove(await tx.producers.quarantined_for(source_id, reasons))
            await tx.producers.remove((source_id, key) for key in ended)
            for key, rows in ended.items():
                del known[key]
                at = source_id, self._place(key._replace(kind="repeat"), known)
                fresh[at] = fresh.get(at, 0) + rows + fresh.pop((source_id, key), 0)


def _speak(group: Sequence[SourceRows]) -> bool:
    """Returns whether any body tells its producers."""
    return any(rows.parsed.producers or rows.parsed.unread for rows in group)


def _named(row: UnusableRow, key: ProducerKey) -> UnusableRow:
    return UnusableRow(index=row.index, reason=quarantine_reason(key), kept=row.kept, key=row.key)
