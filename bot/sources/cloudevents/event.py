"""One native event: the members of its envelope and data, checked and normalised to a usage event.

The key of an event is its (source, id), as the CloudEvents specification defines it.
"""

from collections.abc import Collection
from functools import lru_cache, partial
from itertools import islice
from typing import Any, cast

import msgspec

from bot.refusals import SourceError
from bot.sources.call_kinds import charge_of, why_ignored
from bot.sources.cloudevents.details import NO_DETAILS, details_of, more_written
from bot.sources.cloudevents.labels import label_cache
from bot.sources.cloudevents.members import COUNTS, MEMBERS, Envelope, FullUsage, LooseUsage, NativeUsage, base64_bytes
from bot.sources.fields import is_not_finite, moment_of, name, reported_or_note, tier
from bot.sources.labels import Notes, label, tag_list
from bot.sources.reservations import with_reservation
from bot.sources.rows import decode_loosely, field_and_fault
from bot.units import UNITS
from bot.unread import Unread, producer
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, MAX_TOKENS, PARTS, UsageEvent, digest

_WHOLE_COUNTS = tuple(name for name in COUNTS if name.removesuffix("_tokens") not in (*PARTS, "reasoning"))
_usage = msgspec.json.Decoder(LooseUsage)
sender_name = lru_cache(maxsize=1_000)(partial(name, "source"))


def usage_event(envelope: Envelope, *, latest: int, notes: Notes) -> UsageEvent | None:
    """Checks and normalises a decoded event, and notes what was left out of it; None for a call that is no new usage.

    Raises SourceError that names the field.
    """
    data, event_id = envelope.data, envelope.id or ""
    if (
        len(event_id) > MAX_NAME_CHARACTERS or not event_id.isascii() or "\x00" in event_id
    ):  # else `name` finds no fault
        event_id = name("id", event_id)
    event_id = event_id.strip()
    if not event_id:
        raise SourceError("id is missing: it tells one event from another, so there is no default")
    if envelope.specversion is not None and envelope.specversion != "1.0":
        raise SourceError("specversion must be 1.0")
    kind = envelope.type
    if kind is not None and kind != "ai.usage" and not kind.startswith("ai.usage."):
        raise SourceError("type is not ai.usage; events of other types are kept, not booked")
    if data is None:
        data = _from_base64(envelope.data_base64, notes)
        notes.was_base64 = True
    full = None if type(data) is NativeUsage else cast(FullUsage, data)
    if full is not None and (full.operation or full.call_type) and _is_no_usage(full):
        notes.unread = _unread(full, envelope.source)
        return None
    occurred_at = moment_of("time", envelope.time, latest)
    tags = data.tags or ()
    if len(tags) > MAX_TAGS or type(tags) is dict:
        tags = _tag_words(tags)
    words = (
        data.provider,
        data.model,
        data.tool,
        data.workflow,
        data.user,
        data.credential or (full and full.api_key_id),
        data.team,
        data.user_agent,
        *tags,
    )
    packed = label_cache.get(words) or label_cache.checked(words)
    labels = packed.labels
    if packed.notes:
        notes += packed.notes
    reported = None if data.cost_usd is None else reported_or_note("data.cost_usd", data.cost_usd, notes)
    counters = _counters(data, more_written(full) if full is not None else 0)
    uncached, cache_read, write_5m, write_1h, output, reasoning = counters
    details = details_of(full, counters) if full is not None else NO_DETAILS
    if reported is None and not (uncached or output) and not any(counters) and not details.units:
        _require_usage(data, notes)
    sender = sender_name(envelope.source)
    content: tuple[object, ...] = (occurred_at, packed.names, packed.tags, counters, reported)
    older = b""
    if details is not NO_DETAILS:
        older = digest((*content, *details.older_content)) if details.is_new else b""
        content = (*content, *details.content)
        labels = details.labelled(labels)
    elif data.service_tier and (processing := tier(data.service_tier)):
        content = (*content, (processing, ""))
        labels = msgspec.structs.replace(labels, tier=processing)
    event = UsageEvent(  # in the order of its fields: naming them takes longer than the rest of this function
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
        False,
        details.parts,
        details.units,
        older_fingerprint=older,
    )
    return with_reservation(event, full.reservation) if full is not None and full.reservation else event


def _is_no_usage(data: FullUsage) -> bool:
    charge = charge_of(data.operation or data.call_type)
    return charge == "never" or (charge == "if_costed" and not data.cost_usd)


def _unread(data: FullUsage, sender: str | None) -> Unread | None:
    """Returns why a call is ignored that reports usage; None for one that reports none."""
    if not any(getattr(data, field, None) for field in (*_WHOLE_COUNTS, *UNITS, "cost_usd")):
        return None
    return Unread(producer(sender or "native events"), *why_ignored(data.operation or data.call_type))


def _require_usage(data: NativeUsage, notes: Notes) -> None:
    """Raises SourceError for a call without usage whose reported cost is missing or unusable."""
    if cost := next((note for note in notes if note.is_cost), None):
        raise SourceError(f"{cost.field} {cost.fault}")
    if not any(getattr(data, field, None) is not None for field in (*_WHOLE_COUNTS, *UNITS)):
        raise SourceError("data has neither tokens nor cost_usd: send one of them")


def _tag_words(tags: Collection[str]) -> list[str]:
    """Returns tags as they are checked: one too many is left, so that a note says so."""
    few = islice(tags.items() if isinstance(tags, dict) else tags, MAX_TAGS + 1)
    return [tag if isinstance(tag, str) else f"{tag[0]}:{tag[1]}" for tag in few]


def _from_base64(text: str | None, notes: Notes) -> FullUsage:
    """Decodes the data of senders that send it as bytes."""
    if not text:
        raise SourceError("data is missing")
    raw = base64_bytes(text)
    try:
        return _usage.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            loose = decode_loosely(raw)
        except SourceError as error:
            raise SourceError("data_base64 is not JSON in Base64") from error
        return fitted_usage(loose, notes)


def fitted_usage(loose: Any, notes: Notes) -> LooseUsage:
    """Decodes data of which a label or the cost does not fit. Raises SourceError if another field is at fault."""
    if isinstance(loose, dict):
        loose = {member: _fitted(member, value, notes) for member, value in loose.items() if member in _MEMBERS}
    try:
        return msgspec.convert(loose, LooseUsage)
    except msgspec.ValidationError as error:
        members = loose.items() if isinstance(loose, dict) else ()
        if field := next((name for name, value in members if isinstance(value, float) and is_not_finite(value)), None):
            raise SourceError(f"data.{field} is not a finite number") from error
        raise SourceError(f"data.{field_and_fault(error)}".replace("data.the row", "data")) from error


def _fitted(member: str, value: Any, notes: Notes) -> Any:
    if member in _LABELS and value is not None and not isinstance(value, str):
        return label(f"data.{member}", value, notes)
    if member == "tags":
        return tag_list("data.tags", value, notes)
    if member == "cost_usd" and value is not None and (isinstance(value, bool) or not isinstance(value, _COSTS)):
        return reported_or_note("data.cost_usd", value, notes)
    return value


_MEMBERS = frozenset(MEMBERS)
_LABELS = frozenset({"provider", "tool", "workflow", "user", "team", "credential", "user_agent", "api_key_id"})
_COSTS = (str, int, float)


def _counters(data: NativeUsage, written: int) -> tuple[int, int, int, int, int, int]:
    """Returns the six disjoint counters, `written` being cache writes by other names. Where a sender gives the whole input,
    uncached is the rest after the cached parts.
    """
    cache_read, output = data.cache_read_tokens or 0, data.output_tokens or 0
    write_5m, write_1h = data.cache_write_5m_tokens or 0, data.cache_write_1h_tokens or 0
    uncached, whole, reasoning = data.uncached_input_tokens or 0, data.input_tokens or 0, data.reasoning_tokens or 0
    # All bits together are negative if one count is, and small only if all are. They may exceed the bound though no count does.
    bits = cache_read | output | write_5m | write_1h | reasoning | uncached | whole
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
    for field in COUNTS:
        given = getattr(data, field, 0) or 0
        if given < 0:
            return SourceError(f"data.{field} is negative")
        if given > MAX_TOKENS:
            return SourceError(f"data.{field} is over a hundred billion, more than one call can have")
    return None
