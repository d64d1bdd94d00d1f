"""OTLP/HTTP: spans, log records and metrics of programs that OpenTelemetry instruments, in protobuf or JSON.

Understood: calls to models, once each, by the signal that reports most: leaf spans of the GenAI conventions old and
new, of OpenInference, OpenLLMetry, Vercel's AI SDK and gateways; the log records `api_request` of Claude Code,
`response.completed` of Codex and `api_response` of Gemini CLI. With the source's option `signal` one signal alone,
metrics too.
Ignored on purpose: anything but calls to models; spans of agents, workflows and tools, which repeat the usage of calls
below them; log records that repeat their span; histograms.
Unknown: a client's span with usage and an unknown operation; its error names it, and it goes to quarantine.

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
from bot.sources.otlp.profiles import Meters, profile_of
from bot.sources.otlp.quarantine import quarantined
from bot.sources.otlp.records import Record, Records, Signal, UndecodableRecord
from bot.sources.rows import Unreadable
from bot.usage import Parsed, UsageEvent

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
    for index, record in enumerate(records):
        notes = Notes()
        try:
            event = _event(record, meters, now=now_micros, latest=latest, notes=notes)
        except SourceError as error:
            parsed.unusable.append(quarantined(index, record, str(error), meters=meters))
            continue
        if event is None:
            parsed.ignored += 1
        elif notes:
            parsed.book_with_notes(index, event, notes, partial(quarantined, index, record, meters=meters))
        else:
            parsed.events.append((index, event))
    parsed.rows = len(parsed.events) + len(parsed.unusable)
    return parsed


def _event(
    record: Record | UndecodableRecord, meters: Meters, *, now: int, latest: int, notes: Notes
) -> UsageEvent | None:
    if isinstance(record, UndecodableRecord):
        raise SourceError(record.reason)
    if record.signal == "metrics":
        return metered_point(record, meters, now=now, latest=latest, notes=notes)
    profile = profile_of(record, meters)
    return None if profile is None else usage_event(record, profile, now=now, latest=latest, notes=notes)
