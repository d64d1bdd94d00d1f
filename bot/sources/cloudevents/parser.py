"""Native usage events: CloudEvents 1.0, structured, in batches, or as plain JSON (`modes.py` makes binary ones structured).

Understood: type `ai.usage` (and `ai.usage.*`). Unknown: other types; their error names the event, and they go to quarantine.
Ignored on purpose: CloudEvents attributes and members of `data` that don't describe usage (trace ids); calls whose
`operation` only reads, lists or deletes what another call made. Labels and a cost that do not fit are left out, and noted.
"""

from datetime import datetime
from functools import partial

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.event import Envelope, NativeUsage, fitted_usage, usage_event
from bot.sources.fields import latest_at
from bot.sources.labels import Notes
from bot.sources.rows import decode_loosely, field_and_fault, split, unusable
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
    noted: list[tuple[int, UsageEvent, Notes]] = []
    notes, book = Notes(), parsed.events.append
    for index, envelope in enumerate(envelopes):
        try:
            event = usage_event(envelope, latest=latest, notes=notes)
        except SourceError as error:
            faults.append((index, str(error)))
            notes.clear()
            continue
        if event is None:
            parsed.ignored += 1
        elif notes:
            noted.append((index, event, notes))
            notes = Notes()
        else:
            book((index, event))
    if faults or noted:
        raw_rows = split(body)
        parsed.unusable += [unusable(index, raw_rows[index], reason, _KEPT) for index, reason in faults]
        for index, event, left_out in noted:
            parsed.book_with_notes(index, event, left_out, partial(unusable, index, raw_rows[index], keep=_KEPT))
    parsed.rows -= parsed.ignored
    return parsed


def _row_by_row(body: bytes, latest: int) -> Parsed:
    raw_rows = split(body)
    parsed = Parsed(rows=len(raw_rows), events=[], unusable=[])
    for index, raw in enumerate(raw_rows):
        notes = Notes()
        try:
            event = read_event(raw, latest=latest, notes=notes)
        except SourceError as error:
            parsed.unusable.append(unusable(index, raw, str(error), _KEPT))
            continue
        if event is None:
            parsed.ignored += 1
        else:
            parsed.book_with_notes(index, event, notes, partial(unusable, index, raw, keep=_KEPT))
    parsed.rows -= parsed.ignored
    return parsed


def read_event(raw: bytes | msgspec.Raw, *, latest: int, notes: Notes) -> UsageEvent | None:
    """Reads one event from its bytes, and notes what was left out of it; None for a call that is no new usage. `latest`
    is the last accepted moment, in microseconds since 1970.

    Raises SourceError that names the field and the fault.
    """
    try:
        envelope = _envelope.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        envelope = _fitted(raw, error, notes)
    return usage_event(envelope, latest=latest, notes=notes)


def _fitted(raw: bytes | msgspec.Raw, fault: Exception, notes: Notes) -> Envelope:
    """Decodes a row of which a label or the cost does not fit. Raises SourceError if another field is at fault."""
    try:
        loose = decode_loosely(raw)
    except SourceError:
        if isinstance(fault, msgspec.ValidationError):  # it names the field
            raise SourceError(field_and_fault(fault)) from fault
        raise
    if not isinstance(loose, dict):
        raise SourceError("the row: expected object")
    data = loose.pop("data", None)
    try:
        envelope = msgspec.convert(loose, Envelope)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    envelope.data = None if data is None else fitted_usage(data, notes)
    return envelope
