"""Native usage events: CloudEvents 1.0, structured, in batches, or as plain JSON (`modes.py` makes binary ones structured).

Understood: type `ai.usage` (and `ai.usage.*`), and `ai.outcome` (`outcomes.py`).
Unknown: other types; their error names the event, and they go to quarantine.
Ignored on purpose: CloudEvents attributes that don't describe usage; calls whose `operation` only reads, lists or deletes
what another call made. Labels and a cost that do not fit are left out, and noted. Unknown members of `data` are warned of.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache, partial

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.event import fitted_usage, usage_event
from bot.sources.cloudevents.members import DECODERS, MEMBERS, Envelope, LooseEnvelope, base64_bytes
from bot.sources.cloudevents.outcomes import add_outcome, is_outcome, is_outcome_row
from bot.sources.cloudevents.unknown import UnknownMembers
from bot.sources.fields import latest_at
from bot.sources.labels import Notes
from bot.sources.rows import TAGS, Raw, decode_loosely, field_and_fault, leave_ignored, split, unusable
from bot.usage import Parsed, UsageEvent

_common, _full, _loose = DECODERS
_one = msgspec.json.Decoder(LooseEnvelope)
_KEPT = dict.fromkeys(("id", "source", "type", "specversion", "time"), True) | {
    "data": dict.fromkeys((field for field in MEMBERS if field != "api_base"), True) | {"tags": TAGS}
}


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of one event or an array of events. A bad row does not affect the others.

    Raises Unreadable if the body is not a JSON object or an array of objects.
    """
    latest = latest_at(now)
    unknown = UnknownMembers()
    try:
        envelopes = _decoded(body, unknown)  # at once: most bodies are valid
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _row_by_row(body, latest)
    parsed = Parsed(rows=len(envelopes), events=[], unusable=[])
    faults: list[tuple[int, str]] = []
    noted: list[tuple[int, UsageEvent, Notes]] = []
    notes, book = Notes(), parsed.events.append
    raw_rows = lru_cache(maxsize=1)(partial(split, body))
    for index, envelope in enumerate(envelopes):
        try:
            event = usage_event(envelope, latest=latest, notes=notes)
        except SourceError as error:
            if is_outcome(envelope.type):
                notes.clear()
                add_outcome(parsed, index, raw_rows()[index], latest)
                continue
            faults.append((index, str(error)))
            notes.clear()
            continue
        if event is None:
            leave_ignored(parsed, index, notes, partial(_row_at, raw_rows, index), _KEPT)
        elif notes:
            noted.append((index, event, notes))
            notes = Notes()
        else:
            book((index, event))
    encoded = notes.was_base64 or any(left_out.was_base64 for _, _, left_out in noted)
    if encoded:
        _add_base64(unknown, envelopes)
    parsed.warnings += unknown.warnings
    if faults or noted:
        parsed.unusable += [unusable(index, raw_rows()[index], reason, _KEPT) for index, reason in faults]
        for index, event, left_out in noted:
            parsed.book_with_notes(index, event, left_out, partial(unusable, index, raw_rows()[index], keep=_KEPT))
    parsed.rows -= parsed.ignored
    return parsed


def _row_at(raw_rows: Callable[[], list[Raw]], index: int) -> Raw:
    return raw_rows()[index]


def _decoded(body: bytes, unknown: UnknownMembers) -> list[Envelope]:
    """Decodes a body as narrowly as its members allow, which is the fastest, and collects unknown members."""
    with suppress(msgspec.ValidationError):  # another member, or a value that does not fit: the last decoder tells
        return _common.decode(body)
    with suppress(msgspec.ValidationError):
        return [*_full.decode(body)]
    found: list[Envelope] = [*_loose.decode(body)]
    unknown.add_rows(body)
    return found


def _add_base64(unknown: UnknownMembers, envelopes: Sequence[Envelope]) -> None:
    for index, envelope in enumerate(envelopes):
        if envelope.data is None and envelope.data_base64:
            with suppress(SourceError):  # the row is quarantined, with this as its reason
                unknown.add_data(index, base64_bytes(envelope.data_base64))


def _row_by_row(body: bytes, latest: int) -> Parsed:
    raw_rows = split(body)
    parsed = Parsed(rows=len(raw_rows), events=[], unusable=[])
    unknown = UnknownMembers()
    for index, raw in enumerate(raw_rows):
        notes = Notes()
        if is_outcome_row(raw):
            add_outcome(parsed, index, raw, latest)
            continue
        unknown.add_row(index, raw)
        try:
            event = read_event(raw, latest=latest, notes=notes)
        except SourceError as error:
            parsed.unusable.append(unusable(index, raw, str(error), _KEPT))
            continue
        if event is None:
            leave_ignored(parsed, index, notes, partial(bytes, raw), _KEPT)
        else:
            parsed.book_with_notes(index, event, notes, partial(unusable, index, raw, keep=_KEPT))
    parsed.rows -= parsed.ignored
    parsed.warnings += unknown.warnings
    return parsed


def read_event(raw: bytes | msgspec.Raw, *, latest: int, notes: Notes) -> UsageEvent | None:
    """Reads one event from its bytes, and notes what was left out of it; None for a call that is no new usage. `latest`
    is the last accepted moment, in microseconds since 1970.

    Raises SourceError that names the field and the fault.
    """
    try:
        envelope: Envelope = _one.decode(raw)
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
        envelope = msgspec.convert(loose, LooseEnvelope)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    envelope.data = None if data is None else fitted_usage(data, notes)
    return envelope
