"""A JSON body taken apart row by row, so that one bad row never spoils its neighbours."""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.usage import Row, digest

MAX_KEPT_BYTES = 16_384
_MAX_NUMBER_CHARACTERS = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
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
        raise Unreadable(f"The body is not JSON: {plain(error)}.") from error
    listed = decoded if isinstance(decoded, list) else [decoded]
    return [json.dumps(row).encode() for row in listed]


def decode_loosely(raw: bytes | msgspec.Raw) -> Any:
    """A row as plain Python values, however odd its strings; raises SourceError if it is no JSON at all."""
    try:
        return json.loads(bytes(raw), parse_int=_bounded_int, parse_float=_bounded_float)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"the row is not JSON: {plain(error)}") from error


def unstorable_field(value: Any, path: str = "") -> str | None:
    """Where a decoded row holds a NUL character, half of a surrogate pair or bytes that were not UTF-8; None if nowhere."""
    if isinstance(value, str):
        return path if _UNSTORABLE.search(value) else None
    if isinstance(value, dict):
        for key, member in value.items():
            name = f"{path}.{key}" if path else str(key)
            if _UNSTORABLE.search(str(key)):
                return path or "a member's name"
            if found := unstorable_field(member, name):
                return found
    if isinstance(value, list):
        return next((f for i, v in enumerate(value) if (f := unstorable_field(v, f"{path}[{i}]"))), None)
    return None


def unusable(index: int, raw: bytes | msgspec.Raw, reason: str, keep: Mapping[str, Any]) -> Row:
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
    return Row(index=index, reason=reason, kept=kept if len(kept) <= MAX_KEPT_BYTES else b"", key=digest([whole]))


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


def plain(error: Exception) -> str:
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
