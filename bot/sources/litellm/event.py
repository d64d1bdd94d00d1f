"""One logged call of LiteLLM, checked and normalised to a usage event.

The key of a call is its `litellm_call_id`, `id` and `status` together, because none alone is unique: a failed try and its
paid fallback share the call's id, upstreams repeat their ids, and a cached answer has its original's id with a suffix. The
key leaves out the suffix's time. A failed try is identified by its deployment, not by its times and tokens, because the
gateway's own log (`litellm_history.py`) has other times and tokens for the same call.
"""

import re

from bot.periods import MICROS
from bot.refusals import SourceError
from bot.sources.fields import UNSTORABLE_FAULT, address, count, moment_within, name, reported, tier
from bot.sources.litellm.labels import client_name, tagged, tags_of, user_agent_of, user_of, workflow_of
from bot.sources.litellm.payload import LoggedCall
from bot.usage import MAX_NAME_CHARACTERS, Labels, UsageEvent, digest

_CACHE_HIT = re.compile(r"_cache_hit[\d.]*$")
"""The suffix, with the time of day, that the gateway appends to a cached answer's id."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def usage_event(call: LoggedCall, *, latest: int) -> UsageEvent:
    """Checks and normalises a call. `latest` is the last accepted moment, in microseconds since 1970.

    Raises SourceError that names the member.
    """
    event_id, call_id = _id("id", call.id), _id("litellm_call_id", call.litellm_call_id)
    if not (event_id or call_id):
        raise SourceError("id and litellm_call_id are missing: nothing tells this call from others")
    if call.status not in ("success", "failure"):
        raise SourceError("status must be success or failure")
    occurred_at = _moment("endTime", call.endTime if call.endTime is not None else call.startTime, latest)
    failed, metadata = call.status == "failure", call.metadata
    original = _CACHE_HIT.sub("", event_id)
    cached = call.cache_hit is True or call.cache_hit == "True" or original != event_id
    provider, tags = name("custom_llm_provider", call.custom_llm_provider), tags_of(call)
    prefixed = name("model", call.model)
    model = prefixed.removeprefix(f"{provider}/") if provider else prefixed
    if not model and not failed:
        raise SourceError("model is missing")
    model = model or "unknown"
    counters = _counters(call)
    cost = _cost(call, cached=cached)
    credential = client_name(metadata.user_api_key_alias) or (metadata.user_api_key_hash or "")[:12]
    team = name("metadata.user_api_key_team_id", metadata.user_api_key_team_id)
    uncached, read, write_5m, write_1h, output, reasoning = counters
    variant = (name("model_id", call.model_id),) if failed else (cached,)
    content = () if failed else (provider, model, credential, team, counters, cost)
    return UsageEvent(
        key=digest(("litellm", call_id, original, call.status, *variant)),
        fingerprint=digest(content),
        event_id=event_id if 0 < len(event_id) <= MAX_NAME_CHARACTERS else call_id[:MAX_NAME_CHARACTERS],
        occurred_at=occurred_at,
        labels=Labels(
            provider=provider,
            model=model,
            tool=tagged(tags, "tool:"),
            workflow=workflow_of(call, tags),
            user=user_of(call),
            credential=credential,
            gateway_team=team,
            declared_team=tagged(tags, "team:"),
            user_agent=user_agent_of(call),
            tags=tags,
            api_base=address(call.api_base),
            tier=tier(call.cost_breakdown.service_tier) or tier(metadata.usage_object.service_tier),
        ),
        uncached_input=uncached,
        cache_read=read,
        cache_write_5m=write_5m,
        cache_write_1h=write_1h,
        output=output,
        reasoning=reasoning,
        reported_nanos=cost if cost or cached else None,
        failed=failed,
        gateway_cache=cached and not failed,
        notional=bool(metadata.used_client_oauth_token),
        unmetered=not failed and not any(counters) and not cost,
    )


def _id(field: str, value: str | None) -> str:
    """Returns an id of any length: those of `/v1/responses` have hundreds of characters."""
    if value and _UNSTORABLE.search(value):
        raise SourceError(f"{field} {UNSTORABLE_FAULT}")
    return value or ""


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


def _counters(call: LoggedCall) -> tuple[int, int, int, int, int, int]:
    """Returns the six disjoint counters.

    `prompt_tokens` includes the cached parts and `completion_tokens` the reasoning, for all providers: measured, see the
    payloads of both shapes in tests/fixtures/litellm.
    """
    usage = call.metadata.usage_object
    prompt, output = count("prompt_tokens", call.prompt_tokens), count("completion_tokens", call.completion_tokens)
    details = usage.prompt_tokens_details
    read = _first("cached tokens", usage.cache_read_input_tokens, details.cached_tokens)
    written = _first(
        "cache writes",
        usage.cache_creation_input_tokens,
        details.cache_creation_tokens,
        details.cache_write_tokens,
    )
    write_1h = count("ephemeral_1h_input_tokens", details.cache_creation_token_details.ephemeral_1h_input_tokens)
    if write_1h > written:
        raise SourceError("ephemeral_1h_input_tokens is more than the cache writes, of which it is a part")
    uncached = prompt - read - written
    if uncached < 0:
        raise SourceError("prompt_tokens is less than its cached parts")
    reasoning = count("reasoning_tokens", usage.completion_tokens_details.reasoning_tokens)
    return uncached, read, written - write_1h, write_1h, output, min(reasoning, output)


def _first(field: str, *values: int | None) -> int:
    return next((count(field, value) for value in values if value), 0)


def _cost(call: LoggedCall, *, cached: bool) -> int:
    """Returns the larger of the two reported costs: streamed calls can have a cost of 0 and a real breakdown (litellm#40100).

    For a cached answer the breakdown is the cost it would have had, so it is left out.
    """
    charged = reported("response_cost", call.response_cost or 0)
    if cached:
        return charged
    return max(charged, reported("cost_breakdown.total_cost", call.cost_breakdown.total_cost or 0))
