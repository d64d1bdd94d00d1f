"""LiteLLM's `generic_api` callback: StandardLoggingPayload as an array, as lines (also labelled JSON) or alone.

Understood: every call that the gateway logs, including failed, cached and streamed ones (types/utils.py of LiteLLM 1.106 to
1.110).
Ignored on purpose: calls that only read, list, poll or delete what another call made (`call_kinds.py`); prompts,
responses, headers, clients' addresses, tracebacks; budget webhooks and alert texts for Slack, which have no id, time or
period.
Unknown: a row without an id or an end time; its error names the member, and a few harmless members go to quarantine.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import numpy as np

from bot.refusals import SourceError
from bot.sources.call_kinds import charge_of, why_ignored
from bot.sources.fields import latest_at
from bot.sources.labels import Notes
from bot.sources.litellm.event import job_of, usage_event
from bot.sources.litellm.gateway import read_gateway
from bot.sources.litellm.loose import fitted_call
from bot.sources.litellm.payload import (
    Breakdown,
    CachedDetails,
    CacheWrites,
    CompletionDetails,
    LoggedCall,
    PromptDetails,
    Usage,
)
from bot.sources.litellm.units import UNITS_OF_XAI
from bot.sources.rows import Raw, Unreadable, decode_loosely, leave_ignored, split, unusable
from bot.unread import Unread, producer
from bot.usage import BudgetBlock, GatewayView, Parsed

_calls = msgspec.json.Decoder(list[LoggedCall])
_call = msgspec.json.Decoder(LoggedCall)
_OPENING, _MOST_OBJECTS = ord("{"), 40_000
_PRODUCER = producer("LiteLLM")


def _all_of(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Returns the members of an object that are read, by LiteLLM's names."""
    return dict.fromkeys(shape.__struct_encode_fields__, True)


_KEPT_USAGE = _all_of(Usage) | {
    "prompt_tokens_details": _all_of(PromptDetails)
    | {"cached_tokens_details": _all_of(CachedDetails), "cache_creation_token_details": _all_of(CacheWrites)},
    "completion_tokens_details": _all_of(CompletionDetails),
    "server_tool_use": {"web_search_requests": True},
    "server_side_tool_usage_details": dict.fromkeys(UNITS_OF_XAI, True),
}
_KEPT: dict[str, Any] = dict.fromkeys(
    (
        *("id", "litellm_call_id", "status", "startTime", "endTime", "model", "custom_llm_provider", "call_type"),
        *("prompt_tokens", "completion_tokens", "response_cost", "cache_hit"),
        *("model_id", "end_user", "user_agent", "request_tags"),
    ),
    True,
) | {
    "metadata": dict.fromkeys(
        (
            *("user_api_key_team_id", "user_api_key_alias", "user_api_key_hash", "user_agent"),
            *("user_api_key_user_id", "user_api_key_user_email", "used_client_oauth_token", "user_api_key_team_alias"),
            *("user_api_key_team_spend", "user_api_key_team_max_budget", "user_api_key_budget_reset_at"),
            "user_api_key_request_route",
        ),
        True,
    )
    | {"usage_object": _KEPT_USAGE, "spend_logs_metadata": {"workflow": True}},
    "cost_breakdown": _all_of(Breakdown),
}
"""The members of an unreadable row that quarantine keeps: enough to book it later, and no personal text."""


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of calls. A bad row does not affect the others. Raises Unreadable if the body has no JSON."""
    return _parse(body, _decoded(body), now)


def parse_if_small(body: bytes, *, now: datetime, most_rows: int) -> Parsed | None:
    """Reads an array of a few calls that all fit, without a walk over its bytes beforehand; returns None for any other body."""
    if body[:1] != b"[" or np.count_nonzero(np.frombuffer(body, np.uint8) == _OPENING) > _MOST_OBJECTS:
        return None
    decoded = _decoded(body)
    return None if decoded is None or len(decoded) > most_rows else _parse(body, decoded, now)


def _parse(body: bytes, decoded: list[LoggedCall] | None, now: datetime) -> Parsed:
    latest = latest_at(now)
    parsed = Parsed(rows=0, events=[], unusable=[], views=[], blocks=[])
    views: dict[str, GatewayView] = {}
    raw_rows = _rows(body) if decoded is None else None
    rows: Sequence[LoggedCall | bytes | msgspec.Raw] = decoded if decoded is not None else raw_rows or ()
    for index, row in enumerate(rows):
        notes = Notes()
        try:
            call = row if isinstance(row, LoggedCall) else _read(row, notes)
            if _is_hint(call):
                parsed.ignored += 1
                continue
            charge = charge_of(call.call_type, call.metadata.user_api_key_request_route)
            job = job_of(call, charge) if charge != "each" else ""
            if job is None:
                notes.unread = _unread(call)
                if notes.unread and notes.unread.kind == "unknown":
                    raw_rows = raw_rows or split(body)
                leave_ignored(parsed, index, notes, partial(_row_at, raw_rows, index), _KEPT)
                _read_gateway_alone(call, latest, views, parsed.blocks)
                continue
            event = usage_event(call, latest=latest, notes=notes, job=job)
            read_gateway(call, event, views, parsed.blocks)
        except SourceError as error:
            raw_rows = raw_rows or split(body)  # once, for all bad rows
            parsed.unusable.append(unusable(index, raw_rows[index], str(error), _KEPT))
        else:
            if notes:
                raw_rows = raw_rows or split(body)
                parsed.book_with_notes(index, event, notes, partial(unusable, index, raw_rows[index], keep=_KEPT))
            else:
                parsed.events.append((index, event))
        parsed.rows += 1
    parsed.views += views.values()
    return parsed


def _row_at(raw_rows: Sequence[Raw] | None, index: int) -> Raw:
    return raw_rows[index] if raw_rows else b""


def _unread(call: LoggedCall) -> Unread | None:
    """Returns why a call that reports usage is no new usage; None for one that reports none."""
    if not (call.prompt_tokens or call.completion_tokens or call.response_cost):
        return None
    return Unread(_PRODUCER, *why_ignored(call.call_type, call.metadata.user_api_key_request_route))


def _read_gateway_alone(
    call: LoggedCall, latest: int, views: dict[str, GatewayView], blocks: list[BudgetBlock]
) -> None:
    """Reads what a call that is no new usage reports about budgets; nothing if it can't be read."""
    try:
        read_gateway(call, usage_event(call, latest=latest, notes=Notes()), views, blocks)
    except SourceError:
        return


def _decoded(body: bytes) -> list[LoggedCall] | None:
    """Decodes an array of calls at once; returns None if a row is bad or the body is not an array."""
    if body.lstrip()[:1] != b"[":
        return None
    try:
        return _calls.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _rows(body: bytes) -> list[bytes | msgspec.Raw]:
    """Returns an array's elements, the single object, or the lines of objects."""
    try:
        return split(body)
    except Unreadable:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2 or not any(line.lstrip().startswith(b"{") for line in lines):
            raise
        return list(lines)


def _read(raw: bytes | msgspec.Raw, notes: Notes) -> LoggedCall:
    """Decodes one row, with Python's lenient decoder where the strict one fails.

    NaN, half of a surrogate pair or raw bytes are accepted in members that are skipped, such as prompts, and are faults in
    members that are read. A label or a cost that does not fit is left out.
    """
    try:
        return _call.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return fitted_call(decode_loosely(raw), notes)


def _is_hint(call: LoggedCall) -> bool:
    """Returns True for a budget webhook, or an alert text for Slack."""
    is_call = call.id or call.litellm_call_id or call.status
    has_usage = call.prompt_tokens or call.completion_tokens
    return not (is_call or has_usage) and bool((call.event and call.event_group) or call.text)
