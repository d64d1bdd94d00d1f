"""Cuts OTLP's protobuf bodies: between resources, in a large resource between scopes, in a large scope between records.

Fields that follow each other are a message of their own, so a piece is a run of the body's bytes with its resource and scope
before it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bot.sources.otlp.records import Signal
from bot.sources.otlp.wire import NotFields, count_fields, field, fields_within
from bot.sources.pieces.arrays import CHUNK_BYTES, PIECE_ROWS
from bot.sources.pieces.bodies import Piece, Pieces, TooManyRows
from bot.sources.pieces.otlp_json import MAX_SHARED_BYTES
from bot.sources.rows import Unreadable

_LISTED = (1, 2, 2)
"""The numbers of the fields that hold a request's resources, a resource's scopes and a scope's records."""
_RECORDS = len(_LISTED) - 1
_STEP_FIELDS = 2_000
_MAX_RECORD_BYTES = 1024 * 1024
_MAX_FIELD_BYTES = 64 * 1024


class _Run(NamedTuple):
    """Bytes of the body, and the shared fields that come before them at each level."""

    shared: tuple[bytes, ...]
    start: int
    end: int
    fault: str = ""


class _Cutter:
    """Walks over one body and counts its records, and its resources and scopes, so that empty ones are bounded too."""

    def __init__(self, body: bytes, *, most_rows: int) -> None:
        self._body = body
        self._most_rows = most_rows
        self._found = [0, 0, 0]
        self.runs: list[_Run] = []

    def cut(self, start: int, end: int, shared: tuple[bytes, ...] = ()) -> Iterator[None]:
        """Cuts a message whose own fields lie between `start` and `end`."""
        depth = len(shared)
        own, listed = bytearray(), []
        for at, (number, first, inner, last) in enumerate(fields_within(self._body, start, end)):
            if at % _STEP_FIELDS == _STEP_FIELDS - 1:
                yield None
            if number == _LISTED[depth] and inner is not None:
                listed.append((first, inner, last))
                self._count(0, not depth)
            elif depth:
                own += self._body[first:last]
                if len(own) > MAX_SHARED_BYTES:
                    fault = f"its resource or scope is over {MAX_SHARED_BYTES // 1024} KiB"
                    self.runs.append(_Run(shared, start, end, fault))
                    return
            elif at > self._most_rows:
                raise TooManyRows(self._most_rows)
        within = (*shared, bytes(own)) if depth else (b"",)
        yield from self._run(listed, within)

    def _run(self, listed: list[tuple[int, int, int]], shared: tuple[bytes, ...]) -> Iterator[None]:
        """Joins fields that follow each other to runs, and cuts those that are too large for one."""
        first, last, count = 0, 0, 0
        for start, inner, end in listed:
            records = 1
            if len(shared) <= _RECORDS:
                records = 0
                for depth, found in self._records(inner, end, len(shared)):
                    records += found
                    self._count(depth, found if len(shared) == 1 else 0)
                    yield None
            is_large = records > PIECE_ROWS or end - start > CHUNK_BYTES
            if count and (is_large or start != last or count + records > PIECE_ROWS or end - first > CHUNK_BYTES):
                self.runs.append(_Run(shared, first, last))
                count = 0
                yield None
            if not is_large:
                first, last, count = start if not count else first, end, count + max(records, 1)
            elif len(shared) <= _RECORDS:
                yield from self.cut(inner, end, shared)
            else:
                self.runs.append(_Run(shared, start, end))
        if count:
            self.runs.append(_Run(shared, first, last))

    def _records(self, start: int, end: int, depth: int) -> Iterator[tuple[int, int]]:
        """Yields (level, number) of a resource's scopes and of their records, or of a scope's records."""
        if depth == _RECORDS:
            yield depth, count_fields(self._body, start, end, _LISTED[depth], most=self._most_rows)
            return
        for number, _, inner, last in fields_within(self._body, start, end):
            if number == _LISTED[depth] and inner is not None:
                yield 1, 1
                yield from self._records(inner, last, depth + 1)

    def _count(self, depth: int, count: int) -> None:
        self._found[depth] += count
        if self._found[depth] > self._most_rows:
            raise TooManyRows(self._most_rows)

    @property
    def rows(self) -> int:
        return self._found[_RECORDS]


def otlp_protobuf_pieces(body: bytes, signal: Signal, *, most_rows: int) -> Pieces:
    """Cuts a request of one signal. Raises Unreadable and TooManyRows."""
    cutter = _Cutter(body, most_rows=most_rows)
    try:
        yield from cutter.cut(0, len(body))
    except NotFields as error:
        raise Unreadable(f"The body is not an OTLP request of {signal} in protobuf.") from error
    if len(cutter.runs) <= 1 and len(body) <= CHUNK_BYTES:
        yield Piece(body)
        return
    yield cutter.rows
    for run in cutter.runs:
        yield _piece(body, run, signal)


def _piece(body: bytes, run: _Run, signal: Signal) -> Piece:
    """Returns a run of fields as a request."""
    part, fault = body[run.start : run.end], run.fault
    if not fault and len(run.shared) > _RECORDS and len(part) > _MAX_RECORD_BYTES:
        part, fault = _slim(part, signal)
    if fault:
        return Piece(part, fault)
    for own, number in zip(reversed(run.shared[1:]), reversed(_LISTED[: len(run.shared) - 1]), strict=True):
        part = field(number, own + part)
    return Piece(part)


def _slim(record: bytes, signal: Signal) -> tuple[bytes, str]:
    """Returns a large record without its long fields, which hold prompts and responses, and the fault of one that is
    large otherwise.
    """
    _, _, inner, end = next(fields_within(record, 0, len(record)))
    kept = bytearray()
    try:
        for _, first, _, last in fields_within(record, inner or 0, end):
            if last - first <= _MAX_FIELD_BYTES:
                kept += record[first:last]
            if len(kept) > _MAX_RECORD_BYTES:
                return record, f"it is over {_MAX_RECORD_BYTES // 1024} KiB without its long texts"
    except NotFields:
        return record, "it can't be decoded: it is cut"
    if signal == "metrics":
        return record, f"it is over {_MAX_RECORD_BYTES // 1024} KiB: send fewer points at once"
    return field(_LISTED[-1], bytes(kept)), ""
