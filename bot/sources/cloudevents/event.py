"""One native event: the members of its envelope and data, checked and normalised to a usage event.

The key of an event is its (source, id), as the CloudEvents specification defines it.
"""

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Any

import msgspec

from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.cloudevents.labels import label_cache, list_tags
from bot.sources.fields import address, moment_within, name, tier
from bot.sources.fields import reported as reported_nanos
from bot.sources.rows import field_and_fault
from bot.usage import MAX_TOKENS, UsageEvent, digest


class NativeUsage(msgspec.Struct, gc=False):
    """`data` of a native event. The second group has the spellings of other native senders."""

    model: str | None = None
    provider: str | None = None
    tool: str | None = None
    workflow: str | None = None
    user: str | None = None
    team: str | None = None
    credential: str | None = None
    user_agent: str | None = None
    tags: list[str] | dict[str, str] | None = None
    uncached_input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: str | int | float | None = None
    service_tier: Any = None
    api_base: Any = None

    input_tokens: int | None = None
    cache_write_tokens: int | None = None
    api_key_id: str | None = None
    tier: Any = None


class Envelope(msgspec.Struct, gc=False):
    id: str | None = None
    source: str | None = None
    type: str | None = None
    specversion: str | None = None
    time: str | None = None
    data: NativeUsage | None = None
    data_base64: str | None = None


_COUNTS = tuple(name for name in NativeUsage.__struct_fields__ if name.endswith("_tokens"))
_usage = msgspec.json.Decoder(NativeUsage)


def usage_event(envelope: Envelope, *, latest: int) -> UsageEvent:
    """Checks and normalises a decoded event. Raises SourceError that names the field."""
    data = envelope.data
    event_id = name("id", envelope.id)
    if not event_id:
        raise SourceError("id is missing: it tells one event from another, so there is no default")
    if envelope.specversion is not None and envelope.specversion != "1.0":
        raise SourceError("specversion must be 1.0")
    kind = envelope.type
    if kind is not None and kind != "ai.usage" and not kind.startswith("ai.usage."):
        raise SourceError("type is not ai.usage; events of other types are kept, not booked")
    if data is None:
        data = _from_base64(envelope.data_base64)
    occurred_at = _occurred_at(envelope.time, latest)
    tags = data.tags
    words = (
        *(data.provider, data.model, data.tool, data.workflow, data.user, data.credential or data.api_key_id),
        *(data.team, data.user_agent),
        *(tags if type(tags) is list else list_tags(tags)),
    )
    packed = label_cache.get(words) or label_cache.checked(words)
    labels = packed.labels
    reported = None if data.cost_usd is None else reported_nanos("data.cost_usd", data.cost_usd)
    counters = _counters(data)
    if reported is None and not any(counters) and not _has_tokens(data):
        raise SourceError("data has neither tokens nor cost_usd: send one of them")
    sender = name("source", envelope.source)
    uncached, cache_read, write_5m, write_1h, output, reasoning = counters
    content: tuple[object, ...] = (occurred_at, packed.names, packed.tags, counters, reported)
    if data.service_tier or data.tier or data.api_base:
        tier_and_address = _tier_and_address(data)
        if tier_and_address != _STANDARD_CALL:
            content = (*content, tier_and_address)
            labels = msgspec.structs.replace(labels, tier=tier_and_address[0], api_base=tier_and_address[1])
    return UsageEvent(  # in the order of its fields: naming them takes longer than the rest of this function
        digest((sender, event_id)),
        digest(content),
        event_id,
        occurred_at,
        labels,
        uncached,
        cache_read,
        write_5m,
        write_1h,
        output,
        reasoning,
        reported,
        False,
        False,
        False,
    )


def _from_base64(text: str | None) -> NativeUsage:
    """Decodes the data of senders that send it as bytes."""
    if not text:
        raise SourceError("data is missing")
    try:
        return _usage.decode(b64decode(text, validate=True))
    except msgspec.ValidationError as error:
        raise SourceError(f"data.{field_and_fault(error)}".replace("data.the row", "data")) from error
    except (binascii.Error, ValueError, RecursionError) as error:
        raise SourceError("data_base64 is not JSON in Base64") from error


_STANDARD_CALL = ("", "")


def _tier_and_address(data: NativeUsage) -> tuple[str, str]:
    """Returns (tier, called address); "" for a value that is not text, and for a tier that does not change the price."""
    named, called = data.service_tier or data.tier, data.api_base
    return tier(named) if isinstance(named, str) else "", address(called) if isinstance(called, str) else ""


def _occurred_at(text: str | None, latest: int) -> int:
    if not text:
        raise SourceError("time is missing")
    if len(text) > 40:
        raise SourceError("time is not RFC 3339, like 2026-11-23T10:00:00Z")
    try:
        occurred_at = micros(datetime.fromisoformat(text if text[-1] != "z" and text[10:11] != "t" else text.upper()))
    except (ValueError, OverflowError) as error:
        raise SourceError("time is not RFC 3339 with its zone, like 2026-11-23T10:00:00Z") from error
    return moment_within("time", occurred_at, latest)


def _counters(data: NativeUsage) -> tuple[int, int, int, int, int, int]:
    """Returns the six disjoint counters. Where a sender gives the whole input, uncached is the rest after the cached parts."""
    cache_read, output = data.cache_read_tokens or 0, data.output_tokens or 0
    written, write_1h = data.cache_write_tokens or 0, data.cache_write_1h_tokens or 0
    write_5m, reasoning = data.cache_write_5m_tokens or 0, data.reasoning_tokens or 0
    uncached, whole = data.uncached_input_tokens or 0, data.input_tokens or 0
    # All bits together are negative if one count is, and small only if all are. They may exceed the bound though no count does.
    bits = cache_read | output | written | write_5m | write_1h | reasoning | uncached | whole
    if not 0 <= bits <= MAX_TOKENS and (fault := _count_fault(data)):
        raise fault
    write_5m += written
    if reasoning > output:
        raise SourceError("data.reasoning_tokens is more than data.output_tokens, of which it is a part")
    if data.uncached_input_tokens is None and data.input_tokens is not None:
        uncached = whole - cache_read - write_5m - write_1h
        if uncached < 0:
            raise SourceError("data.input_tokens is less than its cached parts")
    return uncached, cache_read, write_5m, write_1h, output, reasoning


def _count_fault(data: NativeUsage) -> SourceError | None:
    """Returns the fault of the first impossible count, if there is one."""
    for field in _COUNTS:
        count = getattr(data, field) or 0
        if count < 0:
            return SourceError(f"data.{field} is negative")
        if count > MAX_TOKENS:
            return SourceError(f"data.{field} is over a hundred billion, more than one call can have")
    return None


def _has_tokens(data: NativeUsage) -> bool:
    return any(getattr(data, name) is not None for name in _COUNTS if name != "reasoning_tokens")
