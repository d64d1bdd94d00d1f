"""JSON bodies split into rows, so that a bad row does not affect the others."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bot.money import MAX_DECIMAL_CHARACTERS
from bot.refusals import SourceError
from bot.sources.labels import Notes
from bot.usage import Parsed, UnusableRow, digest

Raw = bytes | msgspec.Raw
MAX_KEPT_BYTES = 16_384
MAX_LOOSE_BYTES = 4 * 1024 * 1024
"""The longest text that is decoded to plain Python values, which take many times its memory."""
TAGS = "tags"
"""What quarantine keeps of a member that is an object: its texts and numbers."""
NOT_KEPT = False
_MAX_NUMBER_CHARACTERS = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[][{},]', re.DOTALL)
"""A string, or a structural character of JSON. Possessive, so that it takes linear time on any input."""
_rows = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(msgspec.Raw)


class Unreadable(Exception):
    """Nothing in the body can be read. The text gives the reason."""


def split(body: bytes) -> list[bytes | msgspec.Raw]:
    """Returns the rows of a body, undecoded: an array's elements, or the single object. Raises Unreadable for anything
    else.
    """
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
    """Splits by the standard library, which accepts lone surrogates, invalid UTF-8 and NaN: those are faults of a row,
    not of the body.
    """
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
    """Returns an array's elements by counting brackets, where one is nested too deeply for a decoder; none if brackets
    don't match.
    """
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
    """Decodes a row to plain Python values, with any strings. Raises SourceError if it is not JSON, or too long."""
    if len(memoryview(raw)) > MAX_LOOSE_BYTES:
        raise SourceError(f"the row is over {MAX_LOOSE_BYTES // (1024 * 1024)} MiB and can't be read")
    try:
        text = bytes(raw).decode("utf-8", "surrogateescape")
        return json.loads(text, parse_int=_bounded_int, parse_float=_bounded_float)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"the row is not JSON: {describe_error(error)}") from error


def unstorable_field(value: Any) -> str | None:
    """Returns the path of a NUL character, half of a surrogate pair or invalid UTF-8 in a decoded row; None if there is
    none.
    """
    return _field_where(value, lambda leaf: isinstance(leaf, str) and _UNSTORABLE.search(leaf) is not None)


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


def unusable(index: int, raw: bytes | msgspec.Raw, reason: str, /, keep: Mapping[str, Any]) -> UnusableRow:
    """Returns a row for quarantine. It keeps only the members that `keep` names, up to a cap, and never prompts,
    headers or addresses; of an undecodable row only its hash.

    `keep` maps a member's name to True for a text, a number or a list of these, to TAGS, or to a mapping for
    the members of a nested object.
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


def leave_ignored(parsed: Parsed, index: int, notes: Notes, raw: Callable[[], Raw], keep: Mapping[str, Any]) -> None:
    """Counts a row that is no new usage, and one with usage as unread or as a repeat. `raw` returns its bytes."""
    if notes.unread is None:
        parsed.ignored += 1
        return
    parsed.leave_unread(index, *notes.unread, lambda at, reason: unusable(at, raw(), reason, keep))
    notes.unread = None


def unreadable_body(body: bytes, reason: str) -> UnusableRow:
    """Returns a row for a whole unreadable body of a sender that does not retry: only its hash and size are kept."""
    return UnusableRow(index=0, reason=f"{reason} ({len(body):,} bytes)", kept=b"", key=digest([body]))


def _known(decoded: dict[str, Any], keep: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, members in keep.items():
        if name not in decoded:
            continue
        value = decoded[name]
        if members is True:
            found[name] = _plain(value)
        elif members == TAGS:
            found[name] = {key: _plain(tag) for key, tag in value.items()} if isinstance(value, dict) else _plain(value)
        elif not isinstance(value, dict):
            found[name] = None if value is None else NOT_KEPT
        else:
            found[name] = _known(value, members)
    return found


def _plain(value: Any) -> Any:
    """Returns a text, a number or a list of these. Anything else may hold somebody's words: `false` stands for it, which
    fits no member that is read, so that a retry finds the same fault.
    """
    if isinstance(value, list):
        return [member if isinstance(member, str | int | float) else NOT_KEPT for member in value]
    return value if value is None or isinstance(value, str | int | float) else NOT_KEPT


def field_and_fault(error: msgspec.ValidationError) -> str:
    """Rewrites msgspec's ``Expected `int`, got `str` - at `$.data.model` `` as ``data.model: expected int, got str``."""
    text, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").removeprefix(".") or "the row"
    return f"{field}: {text[:1].lower()}{text[1:].replace('`', '')}"


def describe_error(error: Exception) -> str:
    """Returns a decoder's complaint in words for a sender."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).replace("`", "")


def _bounded_int(text: str) -> int | str:
    """Decodes an integer. Python needs quadratic time for long ones, so a too long one becomes text, and fails as its
    field's type.
    """
    return int(text) if len(text) <= _MAX_NUMBER_CHARACTERS else _long_number(text)


def _bounded_float(text: str) -> float | str:
    return float(text) if len(text) <= _MAX_NUMBER_CHARACTERS else _long_number(text)


def _long_number(text: str) -> str:
    """Returns a long number as text: all its digits, so that an amount stays exact, or its beginning if no amount has
    as many.
    """
    return text if len(text) <= MAX_DECIMAL_CHARACTERS else f"{text[:_MAX_NUMBER_CHARACTERS]}…"
