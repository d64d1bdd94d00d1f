"""Spans in protobuf that are plain calls, read into columns: a body whose calls all have labels, tokens and a time alone.

Senders repeat most of a span. What follows from that (whether it is a call, and its labels) is decided once, by the
parser's own rules, and remembered by the bytes of the repeated attributes. Only counts, ids and times are read of every
span. Whatever else is in a body sends it to `parser.py`; both read the same.
"""

from datetime import datetime
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from bot.refusals import SourceError
from bot.sources.fields import event_name, latest_at, moment_within
from bot.sources.otlp.profiles import Meters
from bot.sources.otlp.quick.numbers import NotPlain, disjoint
from bot.sources.otlp.quick.records import FINE, span_record
from bot.sources.otlp.quick.schema import REQUESTS
from bot.sources.otlp.quick.senders import PlainSender, SharedCall, sender_of
from bot.sources.otlp.records import Origin
from bot.sources.otlp.unbooked import carries_usage
from bot.sources.otlp.wire import NotFields
from bot.sources.plain_calls import HintColumns, PlainCalls
from bot.sources.twin_hints import response_in
from bot.usage import Counters, digests

MAX_PLAIN_BYTES = 512 * 1024
"""Longer bodies are read in pieces."""
MAX_PLAIN_ROWS = 1_000
_NO_TRACE, _NO_SPAN, _PARENTS = bytes(16), bytes(8), (0, 8)
_GATEWAY = "ai_gateway"
"""The name of spans that are calls whatever else they have."""
_FAULTS = (NotPlain, NotFields, IndexError, DecodeError, UnicodeDecodeError, SourceError)


def plain_spans(body: bytes, *, meters: Meters, now: datetime) -> PlainCalls | None:
    """Reads a body of spans whose calls are all plain; None if it is none, has more than a few rows, or has no call."""
    if len(body) > MAX_PLAIN_BYTES or meters not in ("auto", "traces"):
        return None
    try:
        groups = REQUESTS["traces"].FromString(body).listed
        if len(groups) > MAX_PLAIN_ROWS:
            return None
        return _Reading(meters, now).columns(groups)
    except _FAULTS:
        return None


class _Reading:
    """The calls of one body so far, a list for each of their fields."""

    def __init__(self, meters: Meters, now: datetime) -> None:
        self._meters, self._latest = meters, latest_at(now)
        self._calls: list[SharedCall] = []
        self._counters: list[Counters] = []
        self._ids: list[str] = []
        self._keyed: list[tuple[object, ...]] = []
        self._places: list[bytes] = []
        self._responses: list[int] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._origins: list[Origin] = []
        self._rows: list[int] = []
        self._row = 0

    def columns(self, groups: Any) -> PlainCalls | None:
        """Returns the columns of all spans. Raises NotPlain and the decoder's errors."""
        for group in groups:
            resource = b"".join(group.resource)
            scopes = group.listed
            if len(scopes) > MAX_PLAIN_ROWS:
                return None
            for scope in scopes:
                spans = scope.listed
                if self._row + len(spans) > MAX_PLAIN_ROWS:
                    return None
                self._read(spans, sender_of(self._meters, resource, b"".join(scope.scope)))
        if not self._calls:
            return None
        return self._joined()

    def _read(self, spans: Any, sender: PlainSender) -> None:
        """Reads the spans of one sender. This runs for every span."""
        origin, meters, latest = sender.origin, self._meters, self._latest
        for span in spans:
            kind, counts, response = sender.read(span)
            shared = sender.shared(kind, span, meters, latest)
            row = self._row
            self._row = row + 1
            if span.status not in FINE:
                raise NotPlain
            if shared is None:
                if span.name == _GATEWAY or carries_usage(span_record(span, origin, sender.known)):
                    raise NotPlain
                continue
            self._identify(span, response)
            started, ended = span.started_at, span.ended_at
            self._starts.append((started or ended) // 1000)
            self._ends.append((ended or started) // 1000)
            self._counters.append(disjoint(counts, shared.counting))
            self._calls.append(shared)
            self._origins.append(origin)
            self._rows.append(row)

    def _identify(self, span: Any, response: bytes) -> None:
        """Reads what tells a call from others. Raises NotPlain for ids that are rare."""
        trace, span_id, parent = span.trace_id, span.span_id, span.parent_id
        if len(trace) != 16 or len(span_id) != 8 or len(parent) not in _PARENTS or trace == _NO_TRACE:
            raise NotPlain
        self._places.append(trace[8:] + span_id + (parent or _NO_SPAN))
        if response:
            text = response.decode()
            self._ids.append(event_name(text))
            self._keyed.append(("span", trace, "response", text))
            self._responses.append(response_in(response))
        elif span_id == _NO_SPAN:
            raise NotPlain
        else:
            self._ids.append(span_id.hex())
            self._keyed.append(("span", trace, "span", span_id))
            self._responses.append(0)

    def _joined(self) -> PlainCalls:
        moment_within("the time", min(self._ends), self._latest)
        moment_within("the time", max(self._ends), self._latest)
        contents = [
            (call.labels.model, counts, None, False) for call, counts in zip(self._calls, self._counters, strict=True)
        ]
        places = np.frombuffer(b"".join(self._places), ">i8").reshape(-1, 3)
        hints = HintColumns(
            [origin.scope_hash for origin in self._origins],
            [origin.process for origin in self._origins],
            places.astype(np.int64),
            self._responses,
            self._starts,
            self._ends,
        )
        return PlainCalls(
            digests(self._keyed),
            digests(contents),
            self._ids,
            self._ends,
            [call.labels for call in self._calls],
            self._counters,
            hints=hints,
            rows=self._rows if len(self._rows) != self._row else None,
            ignored=self._row - len(self._rows),
            producers=frozenset(call.producer for call in self._calls),
        )
