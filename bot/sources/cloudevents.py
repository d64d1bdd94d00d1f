"""Native usage events: CloudEvents 1.0, structured, in batches, or as plain JSON (`modes.py` makes binary ones structured).

Understood: type `ai.usage` (and `ai.usage.*`). Unknown types are errors that name the event and are kept.
Ignored on purpose: CloudEvents attributes and members of `data` that say nothing about use (trace ids).
The key of an event is its (source, id), as the CloudEvents specification has it.
"""

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.fields import UNSTORABLE_FAULT, address, latest_at, moment_within, tier
from bot.sources.fields import name as _name
from bot.sources.fields import reported as _reported
from bot.sources.rows import (
    decode_loosely,
    describe_error,
    field_and_fault,
    not_finite_field,
    split,
    unstorable_field,
    unusable,
)
from bot.usage import MAX_TAGS, MAX_TOKENS, Labels, Parsed, UsageEvent, digest


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
    service_tier: Any = None
    api_base: Any = None

    input_tokens: int | None = None
    cache_write_tokens: int | None = None
    api_key_id: str | None = None
    tier: Any = None


class _Envelope(msgspec.Struct, gc=False):
    id: str | None = None
    source: str | None = None
    type: str | None = None
    specversion: str | None = None
    time: str | None = None
    data: _Usage | None = None
    data_base64: str | None = None


_COUNTS = tuple(name for name in _Usage.__struct_fields__ if name.endswith("_tokens"))
_usage = msgspec.json.Decoder(_Usage)
_envelope = msgspec.json.Decoder(_Envelope)
_envelopes = msgspec.json.Decoder(list[_Envelope])
_KEPT = dict.fromkeys(("id", "source", "type", "specversion", "time"), True) | {
    "data": dict.fromkeys((field for field in _Usage.__struct_fields__ if field != "api_base"), True)
}


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of one event or an array of them. A row's fault is that row's alone.

    Raises Unreadable when the body is no JSON object or array of such.
    """
    latest = latest_at(now)
    try:
        envelopes = _envelopes.decode(body)  # as one, which most bodies allow
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
    """One event from its bytes. Raises SourceError that names the field and what is wrong with it.

    `latest` is the last moment, in microseconds since 1970, that is not too far ahead.
    """
    try:
        envelope = _envelope.decode(raw)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(_undecodable(raw, error)) from error
    return usage_event(envelope, latest=latest)


def _undecodable(raw: bytes | msgspec.Raw, error: Exception) -> str:
    """What is wrong with a row that is no JSON: by the field, where a laxer reader finds it."""
    loose = decode_loosely(raw)
    if field := unstorable_field(loose):
        return f"{field} {UNSTORABLE_FAULT}"
    if field := not_finite_field(loose):
        return f"{field} is not a finite number"
    return f"the row is not JSON: {describe_error(error)}"


def usage_event(envelope: _Envelope, *, latest: int) -> UsageEvent:
    """Checks and normalises a decoded event."""
    data = envelope.data
    event_id = _name("id", envelope.id)
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
    said = (
        *(data.provider, data.model, data.tool, data.workflow, data.user, data.credential or data.api_key_id),
        *(data.team, data.user_agent),
        *(tags if type(tags) is list else _listed(tags)),
    )
    words = _label_cache.get(said) or _label_cache.checked(said)
    labels = words.labels
    reported = None if data.cost_usd is None else _reported("data.cost_usd", data.cost_usd)
    counters = _counters(data)
    if reported is None and not any(counters) and not _has_tokens(data):
        raise SourceError("data has neither tokens nor cost_usd: send one of them")
    sender = _name("source", envelope.source)
    uncached, cache_read, write_5m, write_1h, output, reasoning = counters
    content: tuple[object, ...] = (occurred_at, words.names, words.tags, counters, reported)
    if data.service_tier or data.tier or data.api_base:
        how = _tier_and_address(data)
        if how != _STANDARD_CALL:
            content = (*content, how)
            labels = msgspec.structs.replace(labels, tier=how[0], api_base=how[1])
    return UsageEvent(  # in the order of its fields: naming them takes longer than all the rest of this
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


def _from_base64(text: str | None) -> _Usage:
    """The data of senders that hold it as bytes."""
    if not text:
        raise SourceError("data is missing")
    try:
        return _usage.decode(b64decode(text, validate=True))
    except msgspec.ValidationError as error:
        raise SourceError(f"data.{field_and_fault(error)}".replace("data.the row", "data")) from error
    except (binascii.Error, ValueError, RecursionError) as error:
        raise SourceError("data_base64 is not JSON in Base64") from error


_STANDARD_CALL = ("", "")


def _tier_and_address(data: _Usage) -> tuple[str, str]:
    """(tier, address called). What is no text, or no tier that changes a price, is the usual way."""
    said, called = data.service_tier or data.tier, data.api_base
    return tier(said) if isinstance(said, str) else "", address(called) if isinstance(called, str) else ""


class _PackedLabels(NamedTuple):
    """What an event says in words: its labels, and the names and tags of its fingerprint, as MessagePack has them."""

    labels: Labels
    names: msgspec.Raw
    tags: msgspec.Raw


class _LabelCache(dict[tuple[str | None, ...], _PackedLabels]):
    """The names of an event, and its tags after them, as sent → checked and stripped. Senders repeat themselves, so what passed
    is remembered: as long as it takes 60 MB at most, whatever they think of."""

    _FIELDS = ("provider", "model", "tool", "workflow", "user", "credential", "team", "user_agent")
    _CACHE_SIZE, _CHARACTERS, _LONGEST = 20_000, 3_500_000, 1_500
    _PER_WORD = 12
    """What a word takes beside its characters, as if it were such."""

    def __init__(self) -> None:
        super().__init__()
        self._characters = 0

    def checked(self, said: tuple[str | None, ...]) -> _PackedLabels:
        count = len(self._FIELDS)
        names = tuple(_name(f"data.{field}", value) for field, value in zip(self._FIELDS, said[:count], strict=True))
        provider, model, tool, workflow, user, credential, team, user_agent = names
        if not model:
            raise SourceError("data.model is missing")
        if len(said) - count > MAX_TAGS:
            raise SourceError(f"data.tags has more than {MAX_TAGS} tags")
        tags = tuple([tag for value in said[count:] if (tag := _name("data.tags", value))])
        tagged = next((tag.removeprefix(_TEAM_TAG).strip() for tag in tags if tag.startswith(_TEAM_TAG)), "")
        labels = Labels(
            provider=provider,
            model=model,
            tool=tool,
            workflow=workflow,
            user=user,
            credential=credential,
            declared_team=team or tagged,
            user_agent=user_agent,
            tags=tags,
        )
        found = _PackedLabels(labels, msgspec.Raw(_packed(names)), msgspec.Raw(_packed(tags)))
        characters = sum(len(value) + self._PER_WORD for value in said if value)
        if characters <= self._LONGEST:
            self._characters += characters
            if len(self) >= self._CACHE_SIZE or self._characters > self._CHARACTERS:
                self.clear()
                self._characters = characters
            self[said] = found
        return found


_label_cache = _LabelCache()
_packed = msgspec.msgpack.Encoder().encode
_TEAM_TAG = "team:"


def _listed(tags: list[str] | dict[str, str] | None) -> list[str]:
    """Tags that are given as a mapping, as `key:value`."""
    return [f"{key}:{value}" for key, value in tags.items()] if isinstance(tags, dict) else tags or []


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


def _counters(data: _Usage) -> tuple[int, int, int, int, int, int]:
    """The six counters, disjoint. Of senders that give the whole input, uncached is what remains after the cached parts."""
    cache_read, output = data.cache_read_tokens or 0, data.output_tokens or 0
    written, write_1h = data.cache_write_tokens or 0, data.cache_write_1h_tokens or 0
    write_5m, reasoning = data.cache_write_5m_tokens or 0, data.reasoning_tokens or 0
    uncached, whole = data.uncached_input_tokens or 0, data.input_tokens or 0
    # Of all bits together: negative if one is, and small only if all are. A sum of bits over the bound may be of bounded parts.
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


def _count_fault(data: _Usage) -> SourceError | None:
    """What is wrong with the first count that no call can have, if one is."""
    for name in _COUNTS:
        count = getattr(data, name) or 0
        if count < 0:
            return SourceError(f"data.{name} is negative")
        if count > MAX_TOKENS:
            return SourceError(f"data.{name} is over a hundred billion, more than one call can have")
    return None


def _has_tokens(data: _Usage) -> bool:
    return any(getattr(data, name) is not None for name in _COUNTS if name != "reasoning_tokens")
