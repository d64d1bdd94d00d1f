"""Plain native events, read into columns: a body whose rows all fit, and say nothing but labels, tokens and a moment.

Its struct has the checks of `event.py` as types, so that the decoder makes them. Whatever does not fit, a rare member
among it, sends the whole body to `parser.py`, which reads row by row and says what is wrong. Both read the same.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.event import sender_name
from bot.sources.cloudevents.labels import label_cache
from bot.sources.fields import latest_at, moment_within
from bot.sources.plain_calls import PlainCalls
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, MAX_TOKENS, digests

MAX_PLAIN_BYTES = 512 * 1024
"""Longer bodies are read in pieces."""
MAX_PLAIN_ROWS = 1_000

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_TOKENS)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
_Time = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_Tags = Annotated[list[str], msgspec.Meta(max_length=MAX_TAGS)]


class _PlainUsage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """`data` of a plain event, in the order in which most senders write it: the decoder looks at the next member first."""

    provider: str | None = None
    model: str | None = None
    tool: str | None = None
    user: str | None = None
    team: str | None = None
    credential: str | None = None
    tags: _Tags = []
    uncached_input_tokens: _Count = 0
    cache_read_tokens: _Count = 0
    output_tokens: _Count = 0
    workflow: str | None = None
    user_agent: str | None = None
    cache_write_5m_tokens: _Count = 0
    cache_write_1h_tokens: _Count = 0
    reasoning_tokens: _Count = 0


class _PlainEnvelope(msgspec.Struct, gc=False):
    id: _Id
    time: _Time
    data: _PlainUsage
    source: str | None = None
    specversion: Literal["1.0"] | None = None
    type: Literal["ai.usage"] | None = None
    data_base64: None = None


_envelopes = msgspec.json.Decoder(list[_PlainEnvelope])
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SourceError, ValueError, OverflowError, TypeError)


def plain_calls(body: bytes, *, now: datetime) -> PlainCalls | None:
    """Reads a body of plain events; None if it is none, or has more than a few rows."""
    if len(body) > MAX_PLAIN_BYTES:
        return None
    try:
        envelopes = _envelopes.decode(body)
        if not 0 < len(envelopes) <= MAX_PLAIN_ROWS:
            return None
        return _columns(envelopes, latest_at(now))
    except _FAULTS:
        return None


def _columns(envelopes: list[_PlainEnvelope], latest: int) -> PlainCalls | None:
    """Returns the calls, or None if a row needs a note or has a fault. The checks are those of `event.py`."""
    ids = [envelope.id for envelope in envelopes]
    together = "".join(ids)
    if " " in together or not together.isascii() or not together.isprintable():
        return None
    read = datetime.fromisoformat
    moments = [(read(envelope.time) - _EPOCH) // _MICROSECOND for envelope in envelopes]
    moment_within("time", min(moments), latest)
    moment_within("time", max(moments), latest)
    known, checked = label_cache.get, label_cache.checked
    calls = [envelope.data for envelope in envelopes]
    words = [
        (c.provider, c.model, c.tool, c.workflow, c.user, c.credential, c.team, c.user_agent, *c.tags) for c in calls
    ]
    packed = [known(one) or checked(one) for one in words]
    counters = [
        (
            c.uncached_input_tokens,
            c.cache_read_tokens,
            c.cache_write_5m_tokens,
            c.cache_write_1h_tokens,
            c.output_tokens,
            c.reasoning_tokens,
        )
        for c in calls
    ]
    for counted, of_labels in zip(counters, packed, strict=True):
        if of_labels.notes or not any(counted) or counted[5] > counted[4]:
            return None
    contents = [(at, p.names, p.tags, c, None) for at, p, c in zip(moments, packed, counters, strict=True)]
    keys = digests([(sender_name(envelope.source), envelope.id) for envelope in envelopes])
    return PlainCalls(keys, digests(contents), ids, moments, [of_labels.labels for of_labels in packed], counters)
