"""A JSON body taken apart row by row, so that one bad row never spoils its neighbours."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.usage import UnusableRow, digest

MAX_KEPT_BYTES = 16_384
_MAX_NUMBER_CHARACTERS = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[][{},]', re.DOTALL)
"""A string, or a character that shapes JSON; possessive, so that it is linear in whatever a sender writes."""
_rows = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(msgspec.Raw)


class Unreadable(Exception):
    """Nothing in the body can be read. The text says why."""


def split(body: bytes) -> list[bytes | msgspec.Raw]:
    """The rows of a body, undecoded: an array's elements, or the one object. Raises Unreadable for anything else."""
    start = body.lstrip()[:1]
    if start not in (b"[", b"{"):
        raise Unreadable("The body is not JSON: send one usage event as an object, or several as an array.")
    try:
        if start == b"[":
            return list(_rows.decode(body))
        _one.decode(body)
        return [body]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _split_leniently(body)


def _split_leniently(body: bytes) -> list[bytes | msgspec.Raw]:
    """The same by the standard library, which also takes lone surrogates, invalid UTF-8 and NaN: row faults, not a body's."""
    try:
        decoded = json.loads(
            body.decode("utf-8", "surrogateescape"), parse_int=_bounded_int, parse_float=_bounded_float
        )
    except (ValueError, RecursionError) as error:
        rows = _split_by_brackets(body) if isinstance(error, RecursionError) else []
        if not rows:
            raise Unreadable(f"The body is not JSON: {describe_error(error)}.") from error
        return rows
    listed = decoded if isinstance(decoded, list) else [decoded]
    return [json.dumps(row).encode() for row in listed]


def _split_by_brackets(body: bytes) -> list[bytes | msgspec.Raw]:
    """An array's elements by counting brackets, for one of them is nested deeper than any decoder goes; none if they do
    not close."""
    depth, start = 0, 0
    rows: list[bytes | msgspec.Raw] = []
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if mark in b"]}" or (mark == b"," and depth == 1):
            if depth == 1 and start:
                rows.append(body[start : token.start()].strip())
                start = token.end()
            depth -= mark != b","
        elif mark in b"[{":
            depth += 1
            start = start or token.end()
    return rows if depth == 0 and body.lstrip()[:1] == b"[" else []


def decode_loosely(raw: bytes | msgspec.Raw) -> Any:
    """A row as plain Python values, however odd its strings; raises SourceError if it is no JSON at all."""
    try:
        text = bytes(raw).decode("utf-8", "surrogateescape")
        return json.loads(text, parse_int=_bounded_int, parse_float=_bounded_float)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"the row is not JSON: {describe_error(error)}") from error


def unstorable_field(value: Any) -> str | None:
    """Where a decoded row holds a NUL character, half of a surrogate pair or bytes that were not UTF-8; None if nowhere."""
    return _field_where(value, lambda leaf: isinstance(leaf, str) and _UNSTORABLE.search(leaf) is not None)


def not_finite_field(value: Any) -> str | None:
    """Where a decoded row holds NaN or an infinity, which Python's JSON writes and JSON does not know; None if nowhere."""
    return _field_where(value, lambda leaf: isinstance(leaf, float) and not math.isfinite(leaf))


def _field_where(value: Any, is_bad: Callable[[Any], bool], path: str = "") -> str | None:
    if isinstance(value, dict):
        for key, member in value.items():
            if is_bad(key):
                return path or "a member's name"
            if found := _field_where(member, is_bad, f"{path}.{key}" if path else str(key)):
                return found
        return None
    if isinstance(value, list):
        return next((f for i, v in enumerate(value) if (f := _field_where(v, is_bad, f"{path}[{i}]"))), None)
    return path if is_bad(value) else None


def unusable(index: int, raw: bytes | msgspec.Raw, reason: str, keep: Mapping[str, Any]) -> UnusableRow:
    """A row for the quarantine. Of its members only those that `keep` names are kept (prompts, headers and addresses
    never are), up to a cap; of what can't be parsed at all, nothing but its hash.

    `keep` maps a member's name to True, or to a mapping for the members of an object within.
    """
    whole = bytes(raw)
    try:
        decoded = decode_loosely(whole)
        kept = json.dumps(_known(decoded, keep)).encode() if isinstance(decoded, dict) else b""
    except SourceError:
        kept = b""
    return UnusableRow(
        index=index, reason=reason, kept=kept if len(kept) <= MAX_KEPT_BYTES else b"", key=digest([whole])
    )


def unreadable_body(body: bytes, reason: str) -> UnusableRow:
    """A whole body in which nothing could be read, of a sender that never comes again: its hash and size alone are kept."""
    return UnusableRow(index=0, reason=f"{reason} ({len(body):,} bytes)", kept=b"", key=digest([body]))


def _known(decoded: dict[str, Any], keep: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, members in keep.items():
        if name not in decoded:
            continue
        value = decoded[name]
        if members is True:
            found[name] = value
        elif isinstance(value, dict):
            found[name] = _known(value, members)
    return found


def field_and_fault(error: msgspec.ValidationError) -> str:
    """msgspec's ``Expected `int`, got `str` - at `$.data.model` `` as ``data.model: expected int, got str``."""
    text, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").removeprefix(".") or "the row"
    return f"{field}: {text[:1].lower()}{text[1:].replace('`', '')}"


def describe_error(error: Exception) -> str:
    """A decoder's complaint in words that can be shown to a sender."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).replace("`", "")


def _bounded_int(text: str) -> int | str:
    """Python takes quadratic time over long numbers; one too long stays text, and fails as its field's type."""
    return int(text) if len(text) <= _MAX_NUMBER_CHARACTERS else text[:_MAX_NUMBER_CHARACTERS]


def _bounded_float(text: str) -> float | str:
    return float(text) if len(text) <= _MAX_NUMBER_CHARACTERS else text[:_MAX_NUMBER_CHARACTERS]
