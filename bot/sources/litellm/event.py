"""One logged call of LiteLLM, checked and normalised to a usage event.

The key of a call is its `litellm_call_id`, `id` and `status` together, because none alone is unique: a failed try and its
paid fallback share the call's id, upstreams repeat their ids, and a cached answer has its original's id with a suffix. The
key leaves out the suffix's time. A failed try is identified by its deployment, not by its times and tokens, because the
gateway's own log (`litellm_history.py`) has other times and tokens for the same call.
"""

import re
from typing import Any, Literal

import msgspec

from bot.periods import MICROS
from bot.refusals import SourceError
from bot.sources.call_kinds import Charge
from bot.sources.fields import count, moment_within, reported_or_note, storable
from bot.sources.fields import tier as known_tier
from bot.sources.labels import Notes, storable_text
from bot.sources.litellm.labels import labels_of, reservation_of
from bot.sources.litellm.payload import CachedDetails, LoggedCall, PromptDetails
from bot.sources.litellm.units import units_of_call
from bot.sources.reservations import with_reservation
from bot.units import Units
from bot.usage import COUNTERS, MAX_NAME_CHARACTERS, Note, Parts, UsageEvent, digest, parts_of

_CACHE_MARK = "_cache_hit"
_CACHE_HIT = re.compile(_CACHE_MARK + r"[\d.]*$")
"""The suffix, with the time of day, that the gateway appends to a cached answer's id."""
_NOTHING = digest(())
_BATCH_COST, _BACKGROUND_COST = "_batch_cost", "_background_cost"
"""The suffixes that LiteLLM's own log gives to the line of a finished batch, or of a response made in the background."""

_RESPONSE_READS = ("get_responses", "aget_responses")
Job = Literal["", "batch", "background"]
"""A job that its polls report: a finished batch, or a response made in the background."""


class _StoredResponse(msgspec.Struct, gc=False):
    background: Any = None


_NO_DETAILS = PromptDetails()
_stored = msgspec.json.Decoder(_StoredResponse)


def job_of(call: LoggedCall, charge: Charge) -> Job | None:
    """Returns the job whose result a call reports, "" for a call that is new usage by itself; None for no new usage."""
    has_cost = bool(call.response_cost or call.cost_breakdown.total_cost)
    has_result = has_cost or bool(call.prompt_tokens or call.completion_tokens)
    if charge == "if_costed":
        return "" if has_cost else None
    if charge == "once":
        return "batch" if has_result else None
    # A response made in the background has no usage in its own call: its reads are the first to have it.
    made_later = str(call.id).endswith(_BACKGROUND_COST) or (
        call.call_type in _RESPONSE_READS and has_result and _is_background(call.response)
    )
    return "background" if made_later and has_result else None


def _is_background(response: msgspec.Raw) -> bool:
    try:
        return _stored.decode(response).background is True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def usage_event(call: LoggedCall, *, latest: int, notes: Notes, job: Job = "") -> UsageEvent:
    """Checks and normalises a call, and notes what was left out of it. `latest` is the last accepted moment, in
    microseconds since 1970. The result of a `job` has one key, however often it is polled.

    Raises SourceError that names the member.
    """
    event_id, call_id = storable("id", call.id), storable("litellm_call_id", call.litellm_call_id)
    if not (event_id or call_id):
        raise SourceError("id and litellm_call_id are missing: nothing tells this call from others")
    if call.status not in ("success", "failure"):
        raise SourceError("status must be success or failure")
    occurred_at = _moment("endTime", call.endTime if call.endTime is not None else call.startTime, latest)
    failed = call.status == "failure"
    original = _CACHE_HIT.sub("", event_id) if _CACHE_MARK in event_id else event_id
    cached = call.cache_hit is True or call.cache_hit == "True" or original != event_id
    later_notes = Notes()  # of labels that are read after the cost
    labels = labels_of(call, notes, later_notes, kind=job or ("failure" if failed else ""))
    counters = _counters(call, notes)
    units = _units(call, notes, has_price=not (failed or cached))
    cost = _cost(call, cached=cached, notes=notes)
    uncached, read, write_5m, write_1h, output, reasoning = counters
    has_usage = bool(cost or uncached or output or units or any(counters))
    if not failed and not has_usage:
        _require_cost(notes)
    if later_notes:
        notes += later_notes
    if job and not failed:
        key = digest(("litellm", job, original.removesuffix(_BATCH_COST).removesuffix(_BACKGROUND_COST)))
        fingerprint = digest(counters)
    elif failed:
        deployment = storable_text((call.model_id or "")[:MAX_NAME_CHARACTERS]).strip()
        key, fingerprint = digest(("litellm", call_id, original, call.status, deployment)), _NOTHING
    else:
        key = digest(("litellm", call_id, original, call.status, cached))
        content = (labels.provider, labels.model, labels.credential, labels.gateway_team, counters, cost)
        fingerprint = digest(content)
    event = UsageEvent(  # in the order of its fields: naming them takes longer
        key,
        fingerprint,
        event_id if 0 < len(event_id) <= MAX_NAME_CHARACTERS else call_id[:MAX_NAME_CHARACTERS],
        occurred_at,
        labels,
        uncached,
        read,
        write_5m,
        write_1h,
        output,
        reasoning,
        cost if cost or cached else None,
        failed,
        cached and not failed,
        bool(call.metadata.used_client_oauth_token),
        not failed and not has_usage,
        _parts(call, counters),
        units,
        cost > 0 and not job and _is_unpriced_batch(call),
    )
    reserved = reservation_of(call)
    return with_reservation(event, reserved) if reserved else event


def _moment(field: str, seconds: float | int | str | None, latest: int) -> int:
    """Converts epoch seconds to microseconds, and checks them."""
    if seconds is None:
        raise SourceError(f"{field} is missing")
    try:
        value = float(seconds)
        at = round(value * MICROS)
    except (ValueError, OverflowError) as error:
        raise SourceError(f"{field} is not a time in seconds since 1970") from error
    return moment_within(field, at, latest)


def _counters(call: LoggedCall, notes: Notes) -> tuple[int, int, int, int, int, int]:
    """Returns the six disjoint counters.

    `prompt_tokens` includes the cached parts and `completion_tokens` the reasoning, for all providers: measured, see the
    payloads of both shapes in tests/fixtures/litellm. A prompt smaller than its cached parts was counted without them.
    """
    usage = call.metadata.usage_object
    prompt, output = count("prompt_tokens", call.prompt_tokens), count("completion_tokens", call.completion_tokens)
    details = usage.prompt or _NO_DETAILS
    read = count("cached tokens", usage.cache_read_input_tokens or details.cached_tokens)
    written = count(
        "cache writes",
        usage.cache_creation_input_tokens or details.cache_creation_tokens or details.cache_write_tokens,
    )
    writes = details.written
    write_1h = 0 if writes is None else count("ephemeral_1h_input_tokens", writes.ephemeral_1h_input_tokens)
    if write_1h > written:
        raise SourceError("ephemeral_1h_input_tokens is more than the cache writes, of which it is a part")
    uncached = prompt - read - written
    if uncached < 0:
        uncached = prompt
        notes.append(Note("prompt_tokens", "is less than its cached parts: it was read as the prompt without them"))
    completion = usage.completion
    reasoning = 0 if completion is None else count("reasoning_tokens", completion.reasoning_tokens)
    return uncached, read, written - write_1h, write_1h, output, min(reasoning, output)


def _parts(call: LoggedCall, counters: tuple[int, ...]) -> Parts:
    """Returns the tokens of other kinds than text. The prompt's kinds include their cached parts; what of a kind is more
    than the uncached input was cached.
    """
    usage = call.metadata.usage_object
    prompt, output = usage.prompt, usage.completion
    given: list[tuple[str, int]] = []
    if prompt is not None and (prompt.audio_tokens or prompt.image_tokens or prompt.video_tokens):
        cached = prompt.cached or CachedDetails()
        for kind, whole, told in (
            ("audio", prompt.audio_tokens, cached.audio_tokens),
            ("image", prompt.image_tokens, cached.image_tokens),
            ("video", prompt.video_tokens, cached.video_tokens),
        ):
            tokens = count(f"prompt_tokens_details.{kind}_tokens", whole)
            read = count(f"cached_tokens_details.{kind}_tokens", told) or max(0, tokens - counters[0])
            given += [(f"{kind}_input", max(0, tokens - read)), (f"{kind}_cache_read", read)]
    writes = None if prompt is None else prompt.written
    if writes is not None and (writes.ephemeral_30m_input_tokens or writes.ephemeral_12h_input_tokens):
        given.append(("cache_write_30m", count("ephemeral_30m_input_tokens", writes.ephemeral_30m_input_tokens)))
        given.append(("cache_write_12h", count("ephemeral_12h_input_tokens", writes.ephemeral_12h_input_tokens)))
    if output is not None and (output.audio_tokens or output.image_tokens or output.video_tokens):
        given.append(("audio_output", count("completion_tokens_details.audio_tokens", output.audio_tokens)))
        given.append(("image_output", count("completion_tokens_details.image_tokens", output.image_tokens)))
        given.append(("video_output", count("completion_tokens_details.video_tokens", output.video_tokens)))
    return parts_of(given, dict(zip(COUNTERS, counters, strict=True))) if given else ()


def _units(call: LoggedCall, notes: Notes, *, has_price: bool) -> Units:
    """Returns what a call has beside its tokens. A fault in it is noted where the call is free, because nothing needs it.

    Raises SourceError that names the member.
    """
    try:
        return units_of_call(call)
    except SourceError as error:
        if has_price:
            raise
        member, _, fault = str(error).partition(" ")
        notes.append(Note(member, f"{fault}: it was left out"))
        return ()


def _is_unpriced_batch(call: LoggedCall) -> bool:
    """Returns True for a call that its provider served as a batch and that LiteLLM priced like any other: Anthropic's batches
    cost half of that.
    """
    usage = call.metadata.usage
    return (
        usage is not None
        and known_tier(usage.service_tier) == "batch"
        and not known_tier(call.cost_breakdown.service_tier)
    )


def _cost(call: LoggedCall, *, cached: bool, notes: Notes) -> int:
    """Returns the larger of the two reported costs: streamed calls can have a cost of 0 and a real breakdown (litellm#40100).

    For a cached answer the breakdown is the cost it would have had, so it is left out.
    """
    given, costs = call.response_cost, call.costs
    charged = (reported_or_note("response_cost", given, notes) or 0) if given else 0
    if cached or costs is None or not costs.total_cost:
        return charged
    return max(charged, reported_or_note("cost_breakdown.total_cost", costs.total_cost, notes) or 0)


def _require_cost(notes: Notes) -> None:
    """Raises SourceError for a call without tokens whose reported cost was left out."""
    if cost := next((note for note in notes if note.is_cost), None):
        raise SourceError(f"{cost.field} {cost.fault}")
