"""Members of OTLP's JSON that a lenient decoder read, made fit for the strict one: what a call does not need is left out."""

import json
from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.sources.fields import UNSTORABLE_FAULT, is_not_finite
from bot.sources.labels import CLEANED, Notes, storable_text
from bot.sources.otlp.json_shapes import Scope, Span
from bot.sources.otlp.producers.registry import PRODUCERS
from bot.sources.otlp.records import left_out
from bot.sources.rows import describe_error, field_and_fault, unstorable_field


def only_read_members(value: Any, shape: Any, notes: Notes) -> Any:
    """Returns a decoded object's read members only, so that half a character in a prompt is no fault of its row, and
    notes what was left out of those.
    """
    if not isinstance(value, dict):
        return value
    lean = {member: value[member] for member in shape.__struct_encode_fields__ if member in value}
    for member in ("name", "version") if shape in (Span, Scope) else ():
        if not isinstance(lean.get(member), str) or unstorable_field(lean[member]) is not None:
            lean.pop(member, None)
    if isinstance(listed := lean.get("attributes"), list):
        read = [a for a in listed if not isinstance(a, dict) or a.get("key") in PRODUCERS.all_reads]
        lean["attributes"] = [fitted for pair in read if (fitted := _storable_pair(pair, notes)) is not None]
    return lean


def _storable_pair(pair: Any, notes: Notes) -> Any:
    """Returns an attribute without characters that can't be stored; None, with a note, if it is left out.

    NaN and infinities become text, as OTLP writes them in JSON, which has no such numbers.
    """
    if not_finite := _not_finite(pair):
        return {"key": pair["key"], "value": {"doubleValue": not_finite}}
    if not unstorable_field(pair):
        return pair
    value = pair.get("value")
    text = value.get("stringValue") if isinstance(value, dict) else None
    fact = PRODUCERS.all_reads[pair["key"]].fact
    if (note := left_out(pair["key"], fact, CLEANED if isinstance(text, str) else UNSTORABLE_FAULT)) is None:
        raise SourceError(f"{pair['key']} {UNSTORABLE_FAULT}")
    notes.append(note)
    return {"key": pair["key"], "value": {"stringValue": storable_text(text)}} if isinstance(text, str) else None


def _not_finite(pair: Any) -> str:
    value = pair.get("value") if isinstance(pair, dict) else None
    number = value.get("doubleValue") if isinstance(value, dict) else None
    return str(number) if isinstance(number, float) and is_not_finite(number) else ""


def decoded(decoder: "msgspec.json.Decoder[Any]", value: Any) -> Any:
    try:
        return decoder.decode(dump(value))
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if field := unstorable_field(value):
            raise SourceError(f"{field} {UNSTORABLE_FAULT}") from error
        raise SourceError(f"it is not JSON: {describe_error(error)}") from error


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()
