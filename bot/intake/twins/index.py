"""What a process remembers of the newest records, so that a twin is found without a look into the database.

Records come in batches, one a commit. Each record has marks: of its response, its span, its parent and its counts. Marks
are kept in a few sorted arrays, as in a log-structured merge tree. Old batches keep the marks of responses alone.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.intake.twins.sightings import MOST_END_GAP_MICROS, PACKED, SLACK_MICROS, Sighting, model_hash, unpacked
from bot.sources.plain_calls import PlainCalls

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
_FIELDS = [(name, "V16" if name == "key" else "<i8") for name in Sighting._fields]
_ROW = np.dtype(_FIELDS)
_SHIFT = 20
"""A place is its batch's number and, in the lowest bits, the record's place in it."""
MOST_ROWS = 1 << _SHIFT
_BUCKET_MICROS = 2 * (MOST_END_GAP_MICROS + SLACK_MICROS)
_MOST_SCOPES = 8
"""Instrumentations of one process that are compared."""
_MOST_MATCHES = 16
"""Records with one mark in one array that are looked at, the newest: made-up ids repeat without end."""
_RESPONSE, _SPAN, _PARENT, _COUNTS = (np.uint64(kind) for kind in range(4))
_KIND = np.uint64(3)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_TURN = np.uint64(29)


def packed_calls(source_id: int, calls: PlainCalls) -> bytes:
    """Returns the sightings of plain calls, packed; nothing if they have no hints."""
    hints = calls.hints
    if hints is None:
        return b""
    rows = np.zeros(len(calls), dtype=_ROW)
    counters = np.array(calls.counters, dtype=np.int64)
    rows["key"] = np.frombuffer(b"".join(calls.keys), dtype="V16")
    rows["source"], rows["at"] = source_id, calls.moments
    rows["scope"], rows["process"] = hints.scopes, hints.processes
    for at, name in enumerate(("trace", "span", "parent")):
        rows[name] = hints.places[:, at]
    rows["response"], rows["start"], rows["end"] = hints.responses, hints.starts, hints.ends
    rows["tokens_in"], rows["tokens_out"] = counters[:, :4].sum(axis=1), counters[:, 4]
    rows["model"] = [model_hash(labels.model) for labels in calls.labels]
    return rows.tobytes()


class Batch:
    """The records of one commit. `token` names it among those of all processes."""

    def __init__(self, packed: bytes, *, token: int, received_at: int) -> None:
        self.packed = packed
        self.token = token
        self.received_at = received_at
        self.rows = np.frombuffer(packed, dtype=_ROW)

    @classmethod
    def of(cls, sightings: Sequence[Sighting], *, token: int, received_at: int) -> "Batch":
        return cls(b"".join([PACKED.pack(*sighting) for sighting in sightings]), token=token, received_at=received_at)

    @cached_property
    def scopes(self) -> set[tuple[int, int, int]]:
        """Returns its sources, their processes and the instrumentations of these."""
        columns = (self.rows[name].tolist() for name in ("source", "process", "scope"))
        return set(zip(*columns, strict=True))

    @cached_property
    def marks(self) -> "_Marks":
        """Returns the marks of its records, sorted, with the row of each."""
        return _marks_of(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sightings(self) -> list[Sighting]:
        return unpacked(self.packed)

    def __getitem__(self, at: int) -> Sighting:
        return Sighting._make(PACKED.unpack_from(self.packed, at * PACKED.size))


class Found(NamedTuple):
    """A record that may be a twin of record `at` of a batch: its sighting, or, if it is old, the batch that has it."""

    at: int
    other: Sighting | None
    token: int
    row: int


class _Marks(NamedTuple):
    """Sorted marks, and the place of each."""

    marks: Numbers
    places: Places


class TwinIndex:
    """The records of the newest batches. Their facts are kept of `recent` records, the marks of responses of `most`."""

    def __init__(self, *, recent: int = 200_000, most: int = 1_500_000) -> None:
        self._recent, self._most = recent, most
        self.clear()

    def clear(self) -> None:
        self._number = 1  # 0 is for places in a batch that is looked up
        self._batches: dict[int, Batch] = {}
        self._tokens: dict[int, tuple[int, int]] = {}
        self._known: set[int] = set()
        self._arrays: list[_Marks] = []
        self._scopes: dict[tuple[int, int], list[int]] = {}
        self._rows = self._recent_rows = 0
        self._has_parents = False
        self._first_recent = self._first_old = 1

    def __contains__(self, token: int) -> bool:
        return token in self._known

    @property
    def size(self) -> int:
        """Returns the bytes of its arrays and facts."""
        marks = sum(found.marks.nbytes + found.places.nbytes for found in self._arrays)
        return marks + sum(len(batch.packed) for batch in self._batches.values())

    def add(self, batch: Batch) -> None:
        """Adds a batch that was committed."""
        if not len(batch):
            return
        self._learn_scopes(batch)
        number = self._number
        self._number += 1
        self._batches[number] = batch
        self._tokens[number] = (batch.token, len(batch))
        self._known.add(batch.token)
        self._rows += len(batch)
        self._recent_rows += len(batch)
        while self._recent_rows > self._recent and self._first_recent < number:
            self._recent_rows -= len(self._batches.pop(self._first_recent))
            self._first_recent += 1
        while self._rows > self._most and self._first_old < self._first_recent:
            self._forget_oldest()
        self._has_parents = self._has_parents or bool(batch.rows["parent"].any())
        marks = batch.marks
        self._arrays.append(_Marks(marks.marks, marks.places | (number << _SHIFT)))
        self._merge()

    def age(self, *, before: int) -> None:
        """Keeps only the marks of responses of batches that came before a moment."""
        while self._first_recent < self._number and self._batches[self._first_recent].received_at < before:
            self._recent_rows -= len(self._batches.pop(self._first_recent))
            self._first_recent += 1

    def _forget_oldest(self) -> None:
        token, rows = self._tokens.pop(self._first_old)
        self._known.discard(token)
        self._rows -= rows
        self._first_old += 1

    def find(self, batch: Batch) -> list[Found]:
        """Returns records that may be twins of those of a batch, among all that are known and in itself."""
        if not len(batch):
            return []
        self._learn_scopes(batch)
        asked, askers = self._asked(batch)
        order = asked.argsort()
        asked, askers = asked[order], askers[order]
        found = [
            Found(at, batch[row], batch.token, row) for at, row in _matches(batch.marks, asked, askers) if at != row
        ]
        for marks in reversed(self._arrays):
            for at, place in _matches(marks, asked, askers):
                number, row = place >> _SHIFT, place & (MOST_ROWS - 1)
                if number >= self._first_recent:
                    found.append(Found(at, self._batches[number][row], self._tokens[number][0], row))
                elif number >= self._first_old:
                    found.append(Found(at, None, self._tokens[number][0], row))
        return found

    def _learn_scopes(self, batch: Batch) -> None:
        for source, process, scope in batch.scopes:
            known = self._scopes.setdefault((source, process), [])
            if scope not in known:
                known.append(scope)
                del known[:-_MOST_SCOPES]
        while len(self._scopes) > self._recent:
            del self._scopes[next(iter(self._scopes))]

    def _asked(self, batch: Batch) -> tuple[Numbers, Places]:
        """Returns the marks that a twin of a record would have, each with the place of the record."""
        rows, everyone = batch.rows, np.arange(len(batch))
        asked = [_mark(_RESPONSE, rows["source"], rows["response"])[rows["response"] != 0]]
        askers = [everyone[rows["response"] != 0]]
        has_parent, has_span = rows["parent"] != 0, rows["span"] != 0
        self._has_parents = self._has_parents or bool(has_parent.any())
        if self._has_parents:
            asked.append(_mark(_SPAN, rows["source"], rows["trace"], rows["parent"])[has_parent])
            askers.append(everyone[has_parent])
            asked.append(_mark(_PARENT, rows["source"], rows["trace"], rows["span"])[has_span])
            askers.append(everyone[has_span])
        for (source, process), scopes in self._scopes_of(batch):
            here = (rows["source"] == source) & (rows["process"] == process)
            for other in scopes:
                sought = here & (rows["scope"] != other)
                if not sought.any():
                    continue
                some = rows[sought]
                nearest = np.where(some["end"] % _BUCKET_MICROS * 2 < _BUCKET_MICROS, -1, 1)
                for ahead in (0, nearest):
                    bucket = some["end"] // _BUCKET_MICROS + ahead
                    asked.append(_counts_mark(some, np.full(len(some), other), bucket))
                    askers.append(everyone[sought])
        return np.concatenate(asked), np.concatenate(askers)

    def _scopes_of(self, batch: Batch) -> Iterator[tuple[tuple[int, int], list[int]]]:
        for at in {(source, process) for source, process, _ in batch.scopes}:
            scopes = self._scopes[at]
            if len(scopes) > 1:
                yield at, scopes

    def _merge(self) -> None:
        """Merges the newest arrays while the one before is not twice as large: a few stay, and each mark moves seldom."""
        arrays = self._arrays
        while len(arrays) > 1 and len(arrays[-2].marks) < 2 * len(arrays[-1].marks):
            newer, older = arrays.pop(), arrays.pop()
            marks = np.concatenate([older.marks, newer.marks])
            places = np.concatenate([older.places, newer.places])
            numbers = places >> _SHIFT
            kept = (numbers >= self._first_recent) | ((marks & _KIND == _RESPONSE) & (numbers >= self._first_old))
            marks, places = marks[kept], places[kept]
            order = marks.argsort(kind="stable")
            arrays.append(_Marks(marks[order], places[order]))


def _mark(kind: np.uint64, *columns: NDArray[np.int64]) -> Numbers:
    """Returns a hash of columns whose lowest bits are its kind."""
    hashed = np.full(len(columns[0]), _FACTOR, dtype=np.uint64)
    for column in columns:
        hashed = (hashed ^ column.astype(np.uint64)) * _FACTOR
        hashed ^= hashed >> _TURN
    marks: Numbers = (hashed & ~_KIND) | kind
    return marks


def _counts_mark(rows: NDArray[np.void], scope: NDArray[np.int64], bucket: NDArray[np.int64]) -> Numbers:
    columns = (rows[name] for name in ("source", "process", "model", "tokens_in", "tokens_out"))
    return _mark(_COUNTS, *columns, scope, bucket)


def _marks_of(rows: NDArray[np.void]) -> _Marks:
    places = np.arange(len(rows))
    with_response, with_span, with_parent = rows["response"] != 0, rows["span"] != 0, rows["parent"] != 0
    marks = np.concatenate([
        _mark(_RESPONSE, rows["source"], rows["response"])[with_response],
        _mark(_SPAN, rows["source"], rows["trace"], rows["span"])[with_span],
        _mark(_PARENT, rows["source"], rows["trace"], rows["parent"])[with_parent],
        _counts_mark(rows, rows["scope"], rows["end"] // _BUCKET_MICROS),
    ])  # fmt: skip
    of_marks = np.concatenate([places[with_response], places[with_span], places[with_parent], places])
    order = marks.argsort(kind="stable")
    return _Marks(marks[order], of_marks[order])


def _matches(known: _Marks, asked: Numbers, askers: Places) -> Iterator[tuple[int, int]]:
    """Yields (asker, place) for each known place of an asked mark, at most so many for each."""
    starts = known.marks.searchsorted(asked)
    there = starts < len(known.marks)
    there[there] = known.marks[starts[there]] == asked[there]
    hits = there.nonzero()[0]
    if not len(hits):
        return
    ends = known.marks.searchsorted(asked[hits], side="right")
    others = (ends - starts[hits] > 1) | (
        known.places[starts[hits]] != askers[hits]
    )  # in its own batch each finds itself
    hits, ends = hits[others], ends[others]
    for asker, start, end in zip(askers[hits].tolist(), starts[hits].tolist(), ends.tolist(), strict=True):
        for place in known.places[max(start, end - _MOST_MATCHES) : end].tolist():
            yield asker, place
