"""Cuts OTLP's JSON bodies: between resources, in a large resource between scopes, in a large scope between records."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from bot.sources.otlp.json_reader import MEMBERS
from bot.sources.otlp.records import Signal
from bot.sources.pieces.arrays import PIECE_ROWS, slices
from bot.sources.pieces.bodies import MAX_ROW_MARKS, PIECE_BYTES, TOO_MANY_MARKS, Piece, Pieces, TooManyRows
from bot.sources.rows import Unreadable

MAX_SHARED_BYTES = 64 * 1024
"""The longest resource or scope that is repeated with each piece of its records."""
_NULL = msgspec.Raw(b"null")
_SHARED = f"its resource or scope is over {MAX_SHARED_BYTES // 1024} KiB"
_one = msgspec.json.Decoder(msgspec.Raw)


class _Level(NamedTuple):
    """The groups of one level: the members that hold their shared part and their own list."""

    shared: str
    listed: str
    members: "msgspec.json.Decoder[Any]"


class _Cut(NamedTuple):
    """A part of a body: the text around it, and why it is not decoded, if it is not."""

    before: bytes
    text: memoryview
    after: bytes
    fault: str = ""


def otlp_json_pieces(body: bytes, signal: Signal, *, most_rows: int) -> Pieces:
    """Cuts a request of one signal. Raises Unreadable and TooManyRows."""
    if len(body) <= PIECE_BYTES and body.count(b",") < PIECE_ROWS:
        yield Piece(body)
        return
    if len(body) <= PIECE_BYTES and _count(body, _COUNTERS[signal][0]) <= PIECE_ROWS:
        yield Piece(body)
        return
    outer = MEMBERS[signal][0]
    groups = _array_of(body, outer)
    if bytes(groups[:1]) != b"[":
        if len(body) > PIECE_BYTES:
            raise Unreadable(f"The body is not an OTLP request of {signal}: an object with the array {outer}.")
        yield Piece(body)
        return
    cuts, rows = [], 0
    for found in _cut(_Cut(b'{"' + outer.encode() + b'":[', groups, b"]}"), 0, signal):
        yield None
        if found is None:
            continue
        count, cut = found
        rows += count
        if rows > most_rows:
            raise TooManyRows(most_rows)
        if cut is not None:
            cuts.append(cut)
    yield rows
    for before, text, after, fault in cuts:
        yield Piece(bytes(text) if fault else before + bytes(text) + after, fault)


def _cut(array: _Cut, depth: int, signal: Signal) -> Iterator[tuple[int, _Cut | None] | None]:
    """Yields the number of records of each slice of an array, with the slice itself or None if it is cut further."""
    levels, counters = _LEVELS[signal], _COUNTERS[signal][1:]
    for part in slices(array.text, 1):
        if part is None:
            yield None
            continue
        cut = _Cut(array.before, array.text[part.start : part.end], array.after)
        if part.marks > MAX_ROW_MARKS and depth == len(levels):
            yield 1, cut._replace(fault=TOO_MANY_MARKS)
            continue
        count = max(_count(b"[" + bytes(cut.text) + b"]", counters[depth]), part.elements)
        if depth == len(levels) or (count <= PIECE_ROWS and len(cut.text) <= PIECE_BYTES):
            yield count, cut
        else:
            yield from _opened(cut, part.elements, depth, signal)


def _opened(cut: _Cut, elements: int, depth: int, signal: Signal) -> Iterator[tuple[int, _Cut | None] | None]:
    """Cuts each group of a slice, between its own groups or records."""
    level = _LEVELS[signal][depth]
    for text in [cut.text] if elements == 1 else _elements(cut.text):
        try:
            group = level.members.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield 1, cut._replace(text=text, fault="it can't be decoded")
            continue
        shared, listed = getattr(group, level.shared), memoryview(getattr(group, level.listed))
        if len(memoryview(shared)) > MAX_SHARED_BYTES:
            yield 1, cut._replace(text=text, fault=_SHARED)
        elif bytes(listed[:1]) != b"[":
            yield 1, cut._replace(text=text)
        else:
            before = b'{"%s":%s,"%s":[' % (level.shared.encode(), bytes(shared), level.listed.encode())
            yield from _cut(_Cut(cut.before + before, listed, b"]}" + cut.after), depth + 1, signal)


def _count(text: bytes, counter: "msgspec.json.Decoder[Any]") -> int:
    """Returns the number of records in a slice or a request; more than a piece holds if they can't be counted."""
    try:
        found = counter.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return PIECE_ROWS + 1
    return _records(found)


def _records(found: Any) -> int:
    """Returns the number of records in decoded groups. An empty group counts as one, so that their number is bounded."""
    if isinstance(found, list):
        return sum(map(_records, found))
    if isinstance(found, msgspec.Struct):
        return max(1, _records(getattr(found, "listed")))  # noqa: B009  # the shapes are made at run time
    return found is not None


def _elements(text: memoryview) -> list[memoryview]:
    """Returns the elements of a slice one by one."""
    whole = memoryview(bytes(text) + b"]")
    return [whole[part.start : part.end] for part in slices(whole, 0, most=1) if part is not None]


def _array_of(body: bytes, member: str) -> memoryview:
    """Returns the text of the request's list; without a decoder where a record in it can't be decoded."""
    shape = msgspec.defstruct("Request", [(member, msgspec.Raw, _NULL)])
    try:
        return memoryview(getattr(msgspec.json.decode(body, type=shape), member))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        opening = re.match(rb'\s*\{\s*"%s"\s*:\s*' % member.encode(), body)
        text = memoryview(body.rstrip())
        return text[opening.end() : -1] if opening and bytes(text[-1:]) == b"}" else text[:0]


def _levels(scopes: str, leaves: str) -> tuple[_Level, _Level]:
    group = msgspec.defstruct("Group", [("resource", msgspec.Raw, _NULL), (scopes, msgspec.Raw, _NULL)])
    scope = msgspec.defstruct("ScopeGroup", [("scope", msgspec.Raw, _NULL), (leaves, msgspec.Raw, _NULL)])
    decoder = msgspec.json.Decoder
    return _Level("resource", scopes, decoder(group)), _Level("scope", leaves, decoder(scope))


def _listing(name: str, listed: Any) -> Any:
    """Returns a shape with one member alone."""
    return msgspec.defstruct("Counted", [("listed", listed | None, None)], rename={"listed": name})


def _list_of(shape: Any) -> Any:
    return list[shape]


def _counters(signal: Signal) -> "tuple[msgspec.json.Decoder[Any], ...]":
    """Returns what counts the records of a request, of its groups, of their scopes and of a list of records. A metric
    counts as its points.
    """
    outer, scopes, leaves = MEMBERS[signal]
    points = _listing("sum", _listing("dataPoints", _list_of(msgspec.Raw)))
    records = _list_of(points if signal == "metrics" else msgspec.Raw)
    scope_groups = _list_of(_listing(leaves, records))
    groups = _list_of(_listing(scopes, scope_groups))
    whole = _listing(outer, groups)
    return tuple(msgspec.json.Decoder(shape) for shape in (whole, groups, scope_groups, records))


_LEVELS: dict[Signal, tuple[_Level, _Level]] = {signal: _levels(*names[1:]) for signal, names in MEMBERS.items()}
_COUNTERS = {signal: _counters(signal) for signal in MEMBERS}
