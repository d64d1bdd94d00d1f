"""LiteLLM's `generic_api` callback: StandardLoggingPayload as an array, as lines (also labelled JSON) or alone.

Understood: every call that the gateway logs, including failed, cached and streamed ones (types/utils.py of LiteLLM 1.106 to
1.108).
Ignored on purpose: prompts, responses, headers, clients' addresses, tracebacks; budget webhooks and alert texts for Slack,
which have no id, time or period.
Unknown: a row without an id or an end time; its error names the member, and a few harmless members go to quarantine.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.sources.fields import latest_at
from bot.sources.litellm.event import usage_event
from bot.sources.litellm.gateway import read_gateway
from bot.sources.litellm.payload import LoggedCall
from bot.sources.rows import Unreadable, decode_loosely, field_and_fault, split, unusable
from bot.usage import GatewayView, Parsed

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
"""The members of an unreadable row that quarantine keeps: enough to book it later, and no personal text."""


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of calls. A bad row does not affect the others. Raises Unreadable if the body has no JSON."""
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
            read_gateway(call, event, views, parsed.blocks)
            parsed.events.append((parsed.rows, event))
        except SourceError as error:
            if raw_rows is None:
                raw_rows = split(body)  # once, for all bad rows
            parsed.unusable.append(unusable(parsed.rows, raw_rows[index], str(error), _KEPT))
        parsed.rows += 1
    parsed.views += views.values()
    return parsed


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


def _read(raw: bytes | msgspec.Raw) -> LoggedCall:
    """Decodes one row, with Python's lenient decoder where the strict one fails.

    NaN, half of a surrogate pair or raw bytes are accepted in members that are skipped, such as prompts, and are faults in
    members that are read.
    """
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
    """Returns True for a budget webhook, or an alert text for Slack."""
    is_call = call.id or call.litellm_call_id or call.status
    return not is_call and bool((call.event and call.event_group) or call.text)
