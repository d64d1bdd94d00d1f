"""Native usage events: CloudEvents 1.0, structured, in batches, or as plain JSON.

Understood: type `ai.usage` (and `ai.usage.*`). Unknown types are errors that name the event and are kept.
Ignored on purpose: CloudEvents attributes and members of `data` that say nothing about use (trace ids, service tiers).
The key of an event is its (source, id), as the CloudEvents specification has it.
"""

import re
from datetime import datetime, timedelta

import msgspec

from bot.money import nanos_from_decimal
from bot.periods import MICROS, micros
from bot.refusals import SourceError
from bot.sources.rows import decode_loosely, field_and_fault, plain, split, unstorable_field, unusable
from bot.usage import MAX_COST_NANOS, MAX_NAME_CHARACTERS, MAX_TAGS, MAX_TOKENS, Parsed, UsageEvent, digest

_EARLIEST = 1_577_836_800 * MICROS  # 2020-01-01
_MAX_AHEAD = timedelta(hours=24) // timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNSTORABLE_FAULT = "holds a NUL character, half of a surrogate pair or invalid UTF-8, which can't be stored"


class _Usage(msgspec.Struct, gc=False):
    """`data` of a native event. The second group are spellings that other native senders use for the same."""

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

    input_tokens: int | None = None
    cache_write_tokens: int | None = None
    api_key_id: str | None = None


class _Envelope(msgspec.Struct, gc=False):
    id: str | None = None
    source: str | None = None
    type: str | None = None
    specversion: str | None = None
    time: str | None = None
    data: _Usage | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_KEPT = dict.fromkeys(("id", "source", "type", "specversion", "time"), True) | {
    "data": dict.fromkeys(_Usage.__struct_fields__, True)
}


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of one event or an array of them. A row's fault is that row's alone.

    Raises Unreadable when the body is no JSON object or array of such.
    """
    raw_rows = split(body)
    latest = micros(now) + _MAX_AHEAD
    parsed = Parsed(rows=len(raw_rows), events=[], unusable=[])
    for index, raw in enumerate(raw_rows):
        try:
            parsed.events.append((index, read_event(raw, latest=latest)))
        except SourceError as error:
            parsed.unusable.append(unusable(index, raw, str(error), _KEPT))
    return parsed


def read_event(raw: bytes | msgspec.Raw, *, latest: int) -> UsageEvent:
    """One event from its bytes. Raises SourceError that names the field and what is wrong with it.

    `latest` is the last moment, in microseconds since 1970, that is not too far ahead.
    """
    try:
        envelope = _envelope.decode(raw)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        field = unstorable_field(decode_loosely(raw))
        raise SourceError(
            f"{field} {_UNSTORABLE_FAULT}" if field else f"the row is not JSON: {plain(error)}"
        ) from error
    if not envelope.id:
        raise SourceError("id is missing: it tells one event from another, so there is no default")
    if envelope.specversion is not None and envelope.specversion != "1.0":
        raise SourceError("specversion must be 1.0")
    kind = envelope.type
    if kind is not None and kind != "ai.usage" and not kind.startswith("ai.usage."):
        raise SourceError("type is not ai.usage; events of other types are kept, not booked")
    if envelope.data is None:
        raise SourceError("data is missing")
    return usage_event(envelope, envelope.data, latest=latest)


def usage_event(envelope: _Envelope, data: _Usage, *, latest: int) -> UsageEvent:
    """Checks and normalises a decoded event."""
    occurred_at = _occurred_at(envelope.time, latest)
    model = _name("data.model", data.model)
    if not model:
        raise SourceError("data.model is missing")
    reported = _reported(data.cost_usd)
    cache_read = _tokens("cache_read_tokens", data.cache_read_tokens)
    write_5m = _tokens("cache_write_5m_tokens", data.cache_write_5m_tokens) + _tokens(
        "cache_write_tokens", data.cache_write_tokens
    )
    write_1h = _tokens("cache_write_1h_tokens", data.cache_write_1h_tokens)
    output = _tokens("output_tokens", data.output_tokens)
    reasoning = _tokens("reasoning_tokens", data.reasoning_tokens)
    uncached = _uncached(data, cache_read + write_5m + write_1h)
    if reasoning > output:
        raise SourceError("data.reasoning_tokens is more than data.output_tokens, of which it is a part")
    if reported is None and not _says_tokens(data):
        raise SourceError("data has neither tokens nor cost_usd: send one of them")
    event_id = _name("id", envelope.id)
    sender = _name("source", envelope.source)
    fields = {
        "provider": _name("data.provider", data.provider),
        "model": model,
        "tool": _name("data.tool", data.tool),
        "workflow": _name("data.workflow", data.workflow),
        "user": _name("data.user", data.user),
        "credential": _name("data.credential", data.credential or data.api_key_id),
        "declared_team": _name("data.team", data.team),
        "user_agent": _name("data.user_agent", data.user_agent),
    }
    tags = _tags(data.tags)
    counters = (uncached, cache_read, write_5m, write_1h, output, reasoning)
    return UsageEvent(
        key=digest((sender, event_id)),
        fingerprint=digest((occurred_at, *fields.values(), *tags, *counters, reported)),
        event_id=event_id,
        occurred_at=occurred_at,
        gateway_team="",
        tags=tags,
        uncached_input=uncached,
        cache_read=cache_read,
        cache_write_5m=write_5m,
        cache_write_1h=write_1h,
        output=output,
        reasoning=reasoning,
        reported_nanos=reported,
        failed=False,
        gateway_cache=False,
        notional=False,
        **fields,
    )


def _occurred_at(text: str | None, latest: int) -> int:
    if not text:
        raise SourceError("time is missing")
    if len(text) > 40:
        raise SourceError("time is not RFC 3339, like 2026-11-23T10:00:00Z")
    try:
        occurred_at = micros(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise SourceError("time is not RFC 3339 with its zone, like 2026-11-23T10:00:00Z") from error
    if occurred_at < _EARLIEST:
        raise SourceError("time is before 2020")
    if occurred_at > latest:
        raise SourceError("time is more than 24 hours ahead")
    return occurred_at


def _name(field: str, value: str | None) -> str:
    if not value:
        return ""
    if len(value) > MAX_NAME_CHARACTERS:
        raise SourceError(f"{field} is longer than {MAX_NAME_CHARACTERS} characters")
    if _UNSTORABLE.search(value):
        raise SourceError(f"{field} {_UNSTORABLE_FAULT}")
    return value.strip()


def _tags(tags: list[str] | dict[str, str] | None) -> tuple[str, ...]:
    if not tags:
        return ()
    listed = [f"{k}:{v}" for k, v in tags.items()] if isinstance(tags, dict) else tags
    if len(listed) > MAX_TAGS:
        raise SourceError(f"data.tags has more than {MAX_TAGS} tags")
    return tuple(tag for tag in (_name("data.tags", t) for t in listed) if tag)


def _tokens(name: str, count: int | None) -> int:
    if count is None:
        return 0
    if count < 0:
        raise SourceError(f"data.{name} is negative")
    if count > MAX_TOKENS:
        raise SourceError(f"data.{name} is over a hundred billion, more than one call can have")
    return count


def _uncached(data: _Usage, cached: int) -> int:
    """The uncached input; of senders that give the whole input, what remains after the cached parts."""
    if data.uncached_input_tokens is not None or data.input_tokens is None:
        return _tokens("uncached_input_tokens", data.uncached_input_tokens)
    remainder = _tokens("input_tokens", data.input_tokens) - cached
    if remainder < 0:
        raise SourceError("data.input_tokens is less than its cached parts")
    return remainder


def _says_tokens(data: _Usage) -> bool:
    return any(
        count is not None
        for count in (
            data.uncached_input_tokens,
            data.input_tokens,
            data.cache_read_tokens,
            data.cache_write_5m_tokens,
            data.cache_write_1h_tokens,
            data.output_tokens,
        )
    )


def _reported(cost: str | int | float | None) -> int | None:
    if cost is None:
        return None
    try:
        nanos = nanos_from_decimal(cost.strip() if isinstance(cost, str) else repr(cost))
    except ValueError as error:
        raise SourceError(f"data.cost_usd {error}") from error
    if nanos < 0:
        raise SourceError("data.cost_usd is negative")
    if nanos > MAX_COST_NANOS:
        raise SourceError("data.cost_usd is over ten million dollars, more than one call can cost")
    return nanos
