"""LiteLLM's `generic_api` callback: StandardLoggingPayload as an array, as lines (labelled JSON all the same) or alone.

Understood: every call that the gateway logs, failed, cached and streamed ones too (types/utils.py of LiteLLM 1.106 to 1.108).
Ignored on purpose: prompts, responses, headers, clients' addresses, tracebacks; budget webhooks and alerts' texts for Slack,
which are hints without an id, a time or a period.
Unknown: a row without an id or an end time; it is an error that names the member, and a few harmless members are kept.

The key of a call is its `litellm_call_id`, `id` and `status` together, because none alone tells it from all others: a failed
try and its paid fallback share the call's id, upstreams repeat their ids, and a cached answer carries its original's id with
a suffix. The suffix's time is left out, and of a failed try the deployment is taken instead of its times and tokens, because
the gateway's own log (`litellm_history.py`) writes others for the same call. A body that is sent again has the same keys.

What a client may write as it likes (tags, end user, workflow, user agent, prompts) never keeps its call out of the books:
it is cut and cleaned, else anybody could keep their spend off them.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.periods import MICROS, micros
from bot.refusals import SourceError
from bot.sources.fields import UNSTORABLE_FAULT, address, count, latest_at, moment_within, name, reported, tier
from bot.sources.litellm_payload import LoggedCall
from bot.sources.rows import Unreadable, decode_loosely, field_and_fault, split, unusable
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, BudgetBlock, GatewayView, Labels, Parsed, UsageEvent, digest

_calls = msgspec.json.Decoder(list[LoggedCall])
_call = msgspec.json.Decoder(LoggedCall)
_KEPT: dict[str, Any] = dict.fromkeys(
    (
        *("id", "litellm_call_id", "status", "startTime", "endTime", "model", "custom_llm_provider", "call_type"),
        *("prompt_tokens", "completion_tokens", "response_cost", "cache_hit"),
        *("model_id", "end_user", "user_agent", "request_tags", "cost_breakdown"),
    ),
    True,
) | {
    "metadata": dict.fromkeys(
        (
            *("user_api_key_team_id", "user_api_key_alias", "usage_object", "user_api_key_hash", "user_agent"),
            *("user_api_key_user_id", "user_api_key_user_email", "used_client_oauth_token", "user_api_key_team_alias"),
            *("user_api_key_team_spend", "user_api_key_team_max_budget", "user_api_key_budget_reset_at"),
        ),
        True,
    )
    | {"spend_logs_metadata": {"workflow": True}}
}
"""What is kept of a row that can't be read: enough to book it once it can be, and nothing that somebody wrote or is."""
_NOBODY = frozenset({"default_user_id", "default-user-id", "litellm-proxy-admin"})
_CACHE_HIT = re.compile(r"_cache_hit[\d.]*$")
"""What the gateway appends to a cached answer's id, with the time of day, so that it is an id of its own."""
_AGENT_TAG = "User-Agent:"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of calls. A row's fault is that row's alone. Raises Unreadable if there is nothing of JSON in it."""
    latest = latest_at(now)
    parsed = Parsed(rows=0, events=[], unusable=[], views=[], blocks=[])
    views: dict[str, GatewayView] = {}
    decoded = _decoded(body)
    raw_rows = _rows(body) if decoded is None else None
    rows: Sequence[LoggedCall | bytes | msgspec.Raw] = decoded if decoded is not None else raw_rows or ()
    for index, row in enumerate(rows):
        try:
            call = row if isinstance(row, LoggedCall) else _read(row)
            if _is_hint(call):
                parsed.ignored += 1
                continue
            event = usage_event(call, latest=latest)
            _read_gateway_view(call, event, views, parsed.blocks)
            parsed.events.append((parsed.rows, event))
        except SourceError as error:
            if raw_rows is None:
                raw_rows = split(body)  # once, however many rows are at fault
            parsed.unusable.append(unusable(parsed.rows, raw_rows[index], str(error), _KEPT))
        parsed.rows += 1
    parsed.views += views.values()
    return parsed


def _decoded(body: bytes) -> list[LoggedCall] | None:
    """The calls of an array, decoded at once; None where that can't be: some row is at fault, or it is no array."""
    if body.lstrip()[:1] != b"[":
        return None
    try:
        return _calls.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _rows(body: bytes) -> list[bytes | msgspec.Raw]:
    """An array's elements, the one object, or the lines of objects."""
    try:
        return split(body)
    except Unreadable:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2 or not any(line.lstrip().startswith(b"{") for line in lines):
            raise
        return list(lines)


def _read(raw: bytes | msgspec.Raw) -> LoggedCall:
    """One row. What a strict decoder refuses is read once more by Python's, which wrote it: NaN, half of a surrogate pair
    or raw bytes may stand in a prompt, which is no business of ours; where they stand in what is read, they are faults."""
    try:
        return _call.decode(raw)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        loose = decode_loosely(raw)
        try:
            return msgspec.convert(loose, LoggedCall)
        except msgspec.ValidationError as fault:
            raise SourceError(field_and_fault(fault)) from error


def _is_hint(call: LoggedCall) -> bool:
    """A budget webhook, or an alert's text for Slack."""
    is_call = call.id or call.litellm_call_id or call.status
    return not is_call and bool((call.event and call.event_group) or call.text)


def usage_event(call: LoggedCall, *, latest: int) -> UsageEvent:
    """Checks and normalises a call. Raises SourceError that names the member."""
    event_id, call_id = _id("id", call.id), _id("litellm_call_id", call.litellm_call_id)
    if not (event_id or call_id):
        raise SourceError("id and litellm_call_id are missing: nothing tells this call from others")
    if call.status not in ("success", "failure"):
        raise SourceError("status must be success or failure")
    occurred_at = _moment("endTime", call.endTime if call.endTime is not None else call.startTime, latest)
    failed, said = call.status == "failure", call.metadata
    original = _CACHE_HIT.sub("", event_id)
    cached = call.cache_hit is True or call.cache_hit == "True" or original != event_id
    provider, tags = name("custom_llm_provider", call.custom_llm_provider), _tags(call)
    prefixed = name("model", call.model)
    model = prefixed.removeprefix(f"{provider}/") if provider else prefixed
    if not model and not failed:
        raise SourceError("model is missing")
    model = model or "unknown"
    counters = _counters(call)
    cost = _cost(call, cached=cached)
    credential = _client_name(said.user_api_key_alias) or (said.user_api_key_hash or "")[:12]
    team = name("metadata.user_api_key_team_id", said.user_api_key_team_id)
    uncached, read, write_5m, write_1h, output, reasoning = counters
    which = (name("model_id", call.model_id),) if failed else (cached,)
    content = () if failed else (provider, model, credential, team, counters, cost)
    return UsageEvent(
        key=digest(("litellm", call_id, original, call.status, *which)),
        fingerprint=digest(content),
        event_id=event_id if 0 < len(event_id) <= MAX_NAME_CHARACTERS else call_id[:MAX_NAME_CHARACTERS],
        occurred_at=occurred_at,
        labels=Labels(
            provider=provider,
            model=model,
            tool=_tagged(tags, "tool:"),
            workflow=_workflow(call, tags),
            user=_user(call),
            credential=credential,
            gateway_team=team,
            declared_team=_tagged(tags, "team:"),
            user_agent=_user_agent(call),
            tags=tags,
            api_base=address(call.api_base),
            tier=tier(call.cost_breakdown.service_tier) or tier(said.usage_object.service_tier),
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
        notional=bool(said.used_client_oauth_token),
        unmetered=not failed and not any(counters) and not cost,
    )


def _id(field: str, value: str | None) -> str:
    """An id as it is, however long: those of `/v1/responses` have hundreds of characters."""
    if value and _UNSTORABLE.search(value):
        raise SourceError(f"{field} {UNSTORABLE_FAULT}")
    return value or ""


def _moment(field: str, seconds: float | int | str | None, latest: int) -> int:
    """Microseconds of epoch seconds."""
    if seconds is None:
        raise SourceError(f"{field} is missing")
    try:
        value = float(seconds)
        at = round(value * MICROS)
    except (ValueError, OverflowError) as error:
        raise SourceError(f"{field} is not a time in seconds since 1970") from error
    return moment_within(field, at, latest)


def _counters(call: LoggedCall) -> tuple[int, int, int, int, int, int]:
    """The six counters, disjoint. `prompt_tokens` holds the cached parts too, and `completion_tokens` the reasoning, for all
    providers: measured, see the payloads of both shapes in tests/fixtures/litellm."""
    usage = call.metadata.usage_object
    prompt, output = count("prompt_tokens", call.prompt_tokens), count("completion_tokens", call.completion_tokens)
    details = usage.prompt_tokens_details
    read = _first("cached tokens", usage.cache_read_input_tokens, details.cached_tokens)
    made = details.cache_creation_tokens
    written = _first("cache writes", usage.cache_creation_input_tokens, made, details.cache_write_tokens)
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
    """The larger of the two figures: streamed calls have been seen with a cost of 0 and a real breakdown (litellm#40100).
    Of a cached answer the breakdown says what it would have cost."""
    charged = reported("response_cost", call.response_cost or 0)
    if cached:
        return charged
    return max(charged, reported("cost_breakdown.total_cost", call.cost_breakdown.total_cost or 0))


def _client_name(value: Any) -> str:
    """What a client wrote, as a name that can be kept: cut, and without what can't be stored; "" for what is no text."""
    if not value or not isinstance(value, str):
        return ""
    cut = value[:MAX_NAME_CHARACTERS]
    if not cut.isascii() or "\x00" in cut:
        cut = _UNSTORABLE.sub("", cut)
    return cut.strip()


def _tags(call: LoggedCall) -> tuple[str, ...]:
    """The client's and the key's tags, without the two by which the gateway repeats the user agent."""
    own = [tag for tag in map(_client_name, call.request_tags) if tag and not tag.startswith(_AGENT_TAG)]
    return tuple(own[:MAX_TAGS])


def _tagged(tags: tuple[str, ...], what: str) -> str:
    return next((tag[len(what) :].strip() for tag in tags if tag.startswith(what)), "")


def _workflow(call: LoggedCall, tags: tuple[str, ...]) -> str:
    if tagged := _tagged(tags, "workflow:"):
        return tagged
    noted, headers = call.metadata.spend_logs_metadata, call.metadata.requester_custom_headers
    own = _client_name(noted.get("workflow")) if isinstance(noted, dict) else ""
    return own or (_client_name(headers.get("x-workflow-id")) if isinstance(headers, dict) else "")


def _user(call: LoggedCall) -> str:
    said = call.metadata
    own = said.user_api_key_user_email or said.user_api_key_user_id
    return _client_name(own if own and own not in _NOBODY else call.end_user)


def _user_agent(call: LoggedCall) -> str:
    if said := _client_name(call.metadata.user_agent or call.user_agent):
        return said
    tagged = [
        tag.removeprefix(_AGENT_TAG).strip()
        for tag in map(_client_name, call.request_tags)
        if tag.startswith(_AGENT_TAG)
    ]
    return max(tagged, key=len, default="")


def _read_gateway_view(
    call: LoggedCall, event: UsageEvent, views: dict[str, GatewayView], blocks: list[BudgetBlock]
) -> None:
    """What the gateway says of its team's budget, and of one that stopped this call."""
    said, fault = call.metadata, call.error_information
    spend = said.user_api_key_team_spend
    if event.labels.gateway_team and spend is not None:
        known = views.get(event.labels.gateway_team)
        if known is None or known.at <= event.occurred_at:
            cap = said.user_api_key_team_max_budget
            views[event.labels.gateway_team] = GatewayView(
                gateway_team=event.labels.gateway_team,
                alias=_client_name(said.user_api_key_team_alias),
                spend_nanos=_dollars(spend),
                cap_nanos=None if cap is None else _dollars(cap),
                resets_at=None,
                at=event.occurred_at,
            )
    if event.failed and fault.error_budget_entity_type and fault.error_budget_limit is not None:
        entity = _client_name(fault.error_budget_entity_type)
        blocks.append(
            BudgetBlock(
                user=event.labels.user,
                credential=event.labels.credential,
                gateway_team=event.labels.gateway_team,
                entity=entity,
                entity_id=_client_name(fault.error_budget_entity_id),
                limit_nanos=_dollars(fault.error_budget_limit),
                spend_nanos=_dollars(fault.error_budget_spend or 0),
                resets_at=_reset(said.user_api_key_budget_reset_at) if entity == "key" else None,
                at=event.occurred_at,
            )
        )


def _dollars(value: str | int | float) -> int:
    """A gateway's counter or cap; beyond what one call may cost, but within what the books can hold."""
    try:
        return min(max(round(float(value) * 1e9), 0), 9 * 10**18)
    except (ValueError, OverflowError):
        return 0


def _reset(text: Any) -> int | None:
    """When a budget resets, as LiteLLM writes it: in UTC, with or without saying so."""
    try:
        at = datetime.fromisoformat(text)
        return micros(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        return None
