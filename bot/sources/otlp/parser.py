"""OTLP/HTTP: spans, log records and metrics of programs that OpenTelemetry instruments, in protobuf or JSON.

Understood: calls to models, once each, by the signal that reports most: leaf spans of the GenAI conventions old and
new, of OpenInference, OpenLLMetry, Vercel's AI SDK and gateways; the log records `api_request` of Claude Code,
`response.completed` of Codex and `api_response` of Gemini CLI. With the source's option `signal` one signal alone,
metrics too.
Ignored on purpose: anything but calls to models; spans of agents, workflows and tools, which repeat the usage of calls
below them; log records that repeat their span; histograms. Those with usage are counted as repeats.
Unknown: a client's span with usage and an unknown operation; its error names it, and it goes to quarantine. Any other
record with usage that no rule books is unread usage: counted by producer and reason, and quarantined (`unbooked.py`).

The identity of a call is in `event.py`, the senders' ways of counting in `profiles.py`, the names in `names.py`.
"""

from datetime import datetime
from functools import partial
from typing import Literal, get_args

import msgspec

from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.fields import latest_at
from bot.sources.labels import Notes
from bot.sources.otlp import json_reader, protobuf
from bot.sources.otlp.event import usage_event
from bot.sources.otlp.json_shapes import Envelope
from bot.sources.otlp.metrics import metered_point
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.profiles import Meters, producer_of, profile_of
from bot.sources.otlp.quarantine import quarantined
from bot.sources.otlp.records import Origin, Record, Records, Signal, UndecodableRecord
from bot.sources.otlp.unbooked import SUMMARY, carries_usage, producer_named, why_unbooked
from bot.sources.rows import Unreadable
from bot.usage import Parsed, RunningSum, UnusableRow, UsageEvent

Form = Literal["protobuf", "json"]
_envelope = msgspec.json.Decoder(Envelope)


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a JSON body of any signal, chosen by its members, so that quarantined rows can be read again with their
    source's `meters`. Raises Unreadable.
    """
    try:
        envelope = _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        envelope = Envelope()
    meters: Meters = next((known for known in get_args(Meters) if known == envelope.meters), "auto")
    for signal, (member, _, _) in json_reader.MEMBERS.items():
        if b'"' + member.encode() + b'"' in body:
            return read(body, signal, "json", meters=meters, now=now)
    raise Unreadable("The body is not OTLP in JSON: an object with resourceSpans, resourceLogs or resourceMetrics.")


def read(body: bytes, signal: Signal, form: Form, *, meters: Meters, now: datetime) -> Parsed:
    """Reads a body of one signal. A bad record does not affect the others. Raises Unreadable."""
    records: Records = (protobuf if form == "protobuf" else json_reader).read(body, signal)
    now_micros, latest = micros(now), latest_at(now)
    parsed = Parsed(rows=0, events=[], unusable=[])
    left: list[tuple[int, Record]] = []
    callers: set[tuple[bytes, bytes]] = set()
    last: tuple[Origin | None, Profile | None] = (None, None)
    for index, record in enumerate(records):
        if isinstance(record, UndecodableRecord):
            parsed.unusable.append(quarantined(index, record, record.reason, meters=meters))
            continue
        notes = Notes()
        try:
            found = _event(record, meters, now=now_micros, latest=latest, notes=notes)
        except SourceError as error:
            parsed.unusable.append(quarantined(index, record, str(error), meters=meters))
            continue
        if found is None:
            left.append((index, record))
            continue
        event, profile = found
        if record.origin is not last[0] or profile is not last[1]:
            last = record.origin, profile
            parsed.producers.add(producer_named(record.origin, profile))
        if record.parent_id:
            callers.add((record.trace_id, record.parent_id))
        if isinstance(event, RunningSum):
            parsed.sums.append((index, event))
            parsed.notes += [(index, note) for note in notes]
        elif notes:
            parsed.book_with_notes(index, event, notes, partial(quarantined, index, record, meters=meters))
        else:
            parsed.events.append((index, event))
    parsed.rows = len(parsed.events) + len(parsed.unusable)
    _leave(parsed, left, callers, meters)
    return parsed


def _event(
    record: Record, meters: Meters, *, now: int, latest: int, notes: Notes
) -> tuple[UsageEvent | RunningSum, Profile] | None:
    if record.signal == "metrics":
        event = metered_point(record, meters, now=now, latest=latest, notes=notes)
        return None if event is None else (event, producer_of(record))
    profile = profile_of(record, meters)
    return None if profile is None else (usage_event(record, profile, now=now, latest=latest, notes=notes), profile)


def _leave(parsed: Parsed, left: list[tuple[int, Record]], callers: set[tuple[bytes, bytes]], meters: Meters) -> None:
    """Counts the records that are not booked, those with usage by their producer. `callers` are the spans, by trace,
    that called a booked one: these only wrap it.
    """
    for index, record in left:
        if not carries_usage(record):
            parsed.ignored += 1
            continue
        why = SUMMARY if (record.trace_id, record.span_id) in callers else why_unbooked(record, meters)
        who = producer_named(record.origin, producer_of(record))
        parsed.leave_unread(index, who, why.kind, why.reason, partial(_quarantined, record, meters))


def _quarantined(record: Record, meters: Meters, index: int, reason: str) -> UnusableRow:
    return quarantined(index, record, reason, meters=meters)
