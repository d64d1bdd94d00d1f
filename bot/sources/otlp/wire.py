"""A protobuf decoder for the shape that OTLP's three requests share: resources, scopes, records."""

from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class Group(NamedTuple):
    """The undecoded records of one scope, with their undecoded resource and scope."""

    resource: bytes
    scope: bytes
    leaves: list[bytes]


class NotFields(Exception):
    """The bytes end within a field, or are not fields."""


def groups_of(body: bytes) -> list[Group]:
    """Returns the groups of a request; none if it does not have the shape of a request."""
    try:
        return [
            Group(_first(resource, 1), _first(scope, 1), _members(scope, 2))
            for resource in _members(body, 1)
            for scope in _members(resource, 2)
        ]
    except NotFields:
        return []


def status_of(message: str) -> bytes:
    """Returns a google.rpc.Status with a message alone: field 2, text."""
    return field(2, message.encode())


def _members(message: bytes, number: int) -> list[bytes]:
    return [value for found, value in _fields(message) if found == number]


def _first(message: bytes, number: int) -> bytes:
    return next(iter(_members(message, number)), b"")


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the fields of a message that hold bytes, by number; skips those that hold numbers."""
    for number, _, start, end in fields_within(message, 0, len(message)):
        if start is not None:
            yield number, message[start:end]


def fields_within(message: bytes, at: int, stop: int) -> Iterator[tuple[int, int, int | None, int]]:
    """Yields (number, start, start of its bytes or None for a number, end) of each field of a message inside another.

    Raises NotFields if the bytes end within a field, or are not fields.
    """
    while at < stop:
        first = at
        if (tag := message[at]) < 0x80:  # most are: a call a field would take as long as the rest
            at += 1
        else:
            tag, at = varint(message, at)
        kind, start = tag & 7, None
        if kind == _VARINT:
            _, at = varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        elif kind == _BYTES:
            length, start = varint(message, at)
            at = start + length
        else:
            raise NotFields
        if at > stop:
            raise NotFields
        yield tag >> 3, first, start, at


def count_fields(message: bytes, at: int, stop: int, number: int, *, most: int) -> int:
    """Returns how many fields with bytes have a number, below 16; any number above `most` if there are more.

    Raises NotFields like `fields_within`.
    """
    wanted, count = number << 3 | _BYTES, 0
    while at < stop and count <= most:
        if message[at] != wanted:
            _, _, _, at = next(fields_within(message, at, stop))
            continue
        length, at = varint(message, at + 1)
        at, count = at + length, count + 1
    if at > stop:
        raise NotFields
    return count


def field(number: int, value: bytes) -> bytes:
    """Returns a field that holds bytes. `number` is below 16."""
    length, head = len(value), bytearray([number << 3 | _BYTES])
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(head) + bytes([length]) + value


def varint(message: bytes, at: int) -> tuple[int, int]:
    """Returns a number, and the place after it. Raises NotFields if there is none."""
    value = shift = 0
    for place in range(at, min(at + _LONGEST_VARINT, len(message))):
        byte = message[place]
        if byte < 0x80:
            return value | byte << shift, place + 1
        value |= (byte & 0x7F) << shift
        shift += 7
    raise NotFields
