"""Cuts a body of JSON rows or lines into pieces, and reads them one by one.

A reader takes a piece at a time, so a body never holds anything for longer than one piece. The first walk over a body counts
its rows and finds what can't be decoded; nothing is read, and so nothing booked, of a body with too many rows.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from bot.sources.pieces.arrays import CHUNK_BYTES, PIECE_ROWS, slices
from bot.sources.rows import MAX_LOOSE_BYTES, Unreadable, split
from bot.usage import Parsed, UnusableRow, digest

PIECE_BYTES = 2 * 1024 * 1024
MAX_ROW_MARKS = 1_000_000
"""The most brackets and commas of one row: an answer with many vectors has fewer."""
TOO_MANY_MARKS = f"the row has more than {MAX_ROW_MARKS:,} values or brackets, and was not read"
_NOT_DECODED = "the row is not JSON, or nested too deeply"
_EVENTS = re.compile(rb'\s*\{\s*"events"\s*:\s*')


class _Wrapped(msgspec.Struct):
    """Lago's body of several events."""

    events: msgspec.Raw = msgspec.Raw(b"null")


_wrapped = msgspec.json.Decoder(_Wrapped)
_rows = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(msgspec.Raw)


class TooManyRows(Exception):
    """A body has more rows than are read of one body. Nothing of it was read. `status` is the answer's."""

    status = 413

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The body has more than {most:,} rows, so nothing of it was booked. Send it in smaller batches."
        )


class Piece(NamedTuple):
    """A part of a body that is a body itself. One with a `fault` is a single row that is not decoded."""

    body: bytes
    fault: str = ""


Pieces = Iterator[Piece | int | None]
"""A body's pieces. An int before the first piece is the body's number of rows; None only says that more work is left."""
Steps = Iterator[Parsed | int | None]


def parsed_steps(pieces: Pieces, read: Callable[[bytes], Parsed], *, places_ignored: bool = False) -> Steps:
    """Reads pieces one by one, with their rows' places in the whole body. Raises what `read` raises for the first.

    `places_ignored` is True for a format whose ignored rows have places too.
    """
    base, count = 0, 0
    for piece in pieces:
        if not isinstance(piece, Piece):
            yield piece
            continue
        count += 1
        if piece.fault:
            parsed = _unread(piece.body, piece.fault)
        else:
            try:
                parsed = read(piece.body)
            except Unreadable as error:
                if count == 1:
                    raise
                parsed = _unread(piece.body, str(error))
        if base:
            parsed.events = [(base + index, event) for index, event in parsed.events]
            parsed.outcomes = [(base + index, outcome) for index, outcome in parsed.outcomes]
            parsed.unusable = [_moved(row, base) for row in parsed.unusable]
            parsed.notes = [(base + index, note) for index, note in parsed.notes]
            parsed.unless_priced = {base + index: _moved(row, base) for index, row in parsed.unless_priced.items()}
            for left in parsed.unread.values():
                left.kept = [_moved(row, base) for row in left.kept]
        base += parsed.rows + (parsed.ignored if places_ignored else 0)
        yield parsed


def json_pieces(body: bytes, *, most_rows: int) -> Pieces:
    """Cuts an array of rows. Any other body is one piece. Raises Unreadable and TooManyRows."""
    text = memoryview(body)
    start = _start(body)
    if body[start : start + 1] == b"[" and not _is_one_piece(body):
        yield from array_pieces(text, start + 1, most_rows=most_rows)
    elif len(body) > PIECE_BYTES and body[start : start + 1] == b"{":
        yield from _object_piece(body, start)
    else:
        yield Piece(body)


def line_pieces(body: bytes, *, most_rows: int) -> Pieces:
    """Cuts an array of rows, or lines of rows. Raises Unreadable and TooManyRows."""
    start = _start(body)
    if body[start : start + 1] == b"[" or (body.count(b"\n") < PIECE_ROWS and len(body) <= PIECE_BYTES):
        yield from json_pieces(body, most_rows=most_rows)
        return
    try:
        _one.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    else:
        yield from json_pieces(body, most_rows=most_rows)
        return
    lines = body.count(b"\n") + 1
    if lines > most_rows:
        raise TooManyRows(most_rows)
    yield lines
    first, count = 0, 0
    while first < len(body):
        end, count = first, 0
        while count < PIECE_ROWS and end < len(body) and end - first < PIECE_BYTES:
            at = body.find(b"\n", end)
            end, count = (len(body) if at < 0 else at + 1), count + 1
        yield _bounded(body[first:end])
        first = end


def wrapped_pieces(body: bytes, *, most_rows: int) -> Pieces:
    """Cuts rows inside `{"events": […]}`, or rows alone. Raises Unreadable and TooManyRows."""
    if body[_start(body) : _start(body) + 1] == b"{" and (len(body) > PIECE_BYTES or body.count(b",") >= PIECE_ROWS):
        try:
            listed = memoryview(_wrapped.decode(body).events)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            listed = _by_opening(body)
        if bytes(listed[:1]) == b"[":
            yield from array_pieces(listed, 1, most_rows=most_rows)
            return
    yield from json_pieces(body, most_rows=most_rows)


def _by_opening(body: bytes) -> memoryview:
    """Returns the text from the array of events to the wrapper's end, where a row can't be decoded."""
    opening, text = _EVENTS.match(body), memoryview(body.rstrip())
    return text[opening.end() : -1] if opening and bytes(text[-1:]) == b"}" else text[:0]


def array_pieces(text: memoryview, start: int, *, most_rows: int) -> Pieces:
    """Cuts an array whose first element begins at `start`."""
    found: list[tuple[int, int, str]] = []
    rows = 0
    for part in slices(text, start):
        yield None
        if part is None:
            continue
        rows += part.elements
        if rows > most_rows:
            raise TooManyRows(most_rows)
        found.append((part.start, part.end, _fault_of(bytes(text[part.start : part.end]), part.elements, part.marks)))
    yield rows
    for first, end, fault in found:
        row = bytes(text[first:end])
        yield Piece(row.strip() if fault else b"[" + row + b"]", fault)


def _fault_of(elements: bytes, count: int, marks: int) -> str:
    """Returns why a single element is not decoded, or "". Raises Unreadable if these are not so many elements."""
    if marks > MAX_ROW_MARKS:
        return TOO_MANY_MARKS
    piece = b"[" + elements + b"]"
    try:
        decoded = len(_rows.decode(piece))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if len(piece) > MAX_LOOSE_BYTES and count == 1:
            return _NOT_DECODED
        decoded = len(split(piece))
    if decoded != count:
        raise Unreadable("The body is not JSON: an element of its array is missing.")
    return ""


def _object_piece(body: bytes, start: int) -> Pieces:
    """Yields a large object, unless it has too many members."""
    marks = 0
    for at in range(start, len(body), CHUNK_BYTES):
        chunk = body[at : at + CHUNK_BYTES]
        marks += chunk.count(b",") + chunk.count(b"[") + chunk.count(b"{")
        yield None
    yield _bounded(body) if marks > MAX_ROW_MARKS else Piece(body)


def _bounded(body: bytes) -> Piece:
    """Returns a piece of lines or of one object, which is not decoded if it has too many values."""
    marks = body.count(b",") + body.count(b"[") + body.count(b"{")
    if marks <= MAX_ROW_MARKS:
        return Piece(body)
    scanned = [part for part in slices(memoryview(body + b"]"), 0) if part is not None]
    return Piece(body, TOO_MANY_MARKS if max(part.marks for part in scanned) > MAX_ROW_MARKS else "")


def _start(body: bytes) -> int:
    return len(body) - len(body.lstrip()) if body[:1].isspace() else 0


def _is_one_piece(body: bytes) -> bool:
    """Returns True for an array with few rows and bytes, without a look at most of them."""
    if len(body) > PIECE_BYTES:
        return False
    if body.count(b",") < PIECE_ROWS:
        return True
    try:
        return len(_rows.decode(body)) <= PIECE_ROWS
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _moved(row: UnusableRow, base: int) -> UnusableRow:
    return msgspec.structs.replace(row, index=base + row.index)


def _unread(body: bytes, reason: str) -> Parsed:
    row = UnusableRow(index=0, reason=f"{reason} ({len(body):,} bytes)", kept=b"", key=digest([body]))
    return Parsed(rows=1, events=[], unusable=[row])
