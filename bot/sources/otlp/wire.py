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


class _Cut(Exception):
    """The bytes end within a field, or are not fields."""


def groups_of(body: bytes) -> list[Group]:
    """Returns the groups of a request; none if it does not have the shape of a request."""
    try:
        return [
            Group(_first(resource, 1), _first(scope, 1), _members(scope, 2))
            for resource in _members(body, 1)
            for scope in _members(resource, 2)
        ]
    except _Cut:
        return []


def status_of(message: str) -> bytes:
    """Returns a google.rpc.Status with a message alone: field 2, text."""
    text = message.encode()
    length, head = len(text), bytearray(b"\x12")
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(head) + bytes([length]) + text


def _members(message: bytes, number: int) -> list[bytes]:
    return [value for found, value in _fields(message) if found == number]


def _first(message: bytes, number: int) -> bytes:
    return next(iter(_members(message, number)), b"")


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the fields of a message that hold bytes, by number; skips those that hold numbers."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            _, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        elif kind == _BYTES:
            length, start = _varint(message, at)
            at = start + length
            if at <= len(message):
                yield tag >> 3, message[start:at]
        else:
            raise _Cut
        if at > len(message):
            raise _Cut


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(_LONGEST_VARINT):
        if at + step >= len(message):
            raise _Cut
        value |= (message[at + step] & 0x7F) << (7 * step)
        if message[at + step] < 0x80:
            return value, at + step + 1
    raise _Cut
