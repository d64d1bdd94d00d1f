"""Native usage events: CloudEvents 1.0, structured, in batches, or as plain JSON (`modes.py` makes binary ones structured).

Understood: type `ai.usage` (and `ai.usage.*`). Unknown: other types; their error names the event, and they go to quarantine.
Ignored on purpose: CloudEvents attributes and members of `data` that don't describe usage (trace ids).
"""

from datetime import datetime

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.event import Envelope, NativeUsage, usage_event
from bot.sources.fields import UNSTORABLE_FAULT, latest_at
from bot.sources.rows import (
    decode_loosely,
    describe_error,
    field_and_fault,
    not_finite_field,
    split,
    unstorable_field,
    unusable,
)
from bot.usage import Parsed, UsageEvent

_envelope = msgspec.json.Decoder(Envelope)
_envelopes = msgspec.json.Decoder(list[Envelope])
_KEPT = dict.fromkeys(("id", "source", "type", "specversion", "time"), True) | {
    "data": dict.fromkeys((field for field in NativeUsage.__struct_fields__ if field != "api_base"), True)
}


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of one event or an array of events. A bad row does not affect the others.

    Raises Unreadable if the body is not a JSON object or an array of objects.
    """
    latest = latest_at(now)
    try:
        envelopes = _envelopes.decode(body)  # at once: most bodies are valid
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _row_by_row(body, latest)
    parsed = Parsed(rows=len(envelopes), events=[], unusable=[])
    faults: list[tuple[int, str]] = []
    for index, envelope in enumerate(envelopes):
        try:
            parsed.events.append((index, usage_event(envelope, latest=latest)))
        except SourceError as error:
            faults.append((index, str(error)))
    if faults:
        raw_rows = split(body)
        parsed.unusable += [unusable(index, raw_rows[index], reason, _KEPT) for index, reason in faults]
    return parsed


def _row_by_row(body: bytes, latest: int) -> Parsed:
    raw_rows = split(body)
    parsed = Parsed(rows=len(raw_rows), events=[], unusable=[])
    for index, raw in enumerate(raw_rows):
        try:
            parsed.events.append((index, read_event(raw, latest=latest)))
        except SourceError as error:
            parsed.unusable.append(unusable(index, raw, str(error), _KEPT))
    return parsed


def read_event(raw: bytes | msgspec.Raw, *, latest: int) -> UsageEvent:
    """Reads one event from its bytes. `latest` is the last accepted moment, in microseconds since 1970.

    Raises SourceError that names the field and the fault.
    """
    try:
        envelope = _envelope.decode(raw)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(_undecodable(raw, error)) from error
    return usage_event(envelope, latest=latest)


def _undecodable(raw: bytes | msgspec.Raw, error: Exception) -> str:
    """Returns the fault of a row that is not JSON, with the field where a lenient decoder finds one."""
    loose = decode_loosely(raw)
    if field := unstorable_field(loose):
        return f"{field} {UNSTORABLE_FAULT}"
    if field := not_finite_field(loose):
        return f"{field} is not a finite number"
    return f"the row is not JSON: {describe_error(error)}"
