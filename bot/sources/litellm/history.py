"""LiteLLM's own log of spend (`/spend/logs/v2`), converted to its callback's payload, for `litellm.parse` to read.

A call has the same `litellm_call_id` and id in both (measured with LiteLLM 1.108: answered, streamed, cached and failed
calls), so live calls are duplicates when the log is read. The log differs: times are cut to milliseconds, a cached
answer's id has another suffix, a user has an id but no e-mail, a failed call has an estimate of tokens that nobody was
charged for, and a failed try whose fallback was answered has no line. Lines of versions without `litellm_call_id` are
identified by their id alone, and can't match a live event.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.periods import MICROS, micros

Line = Mapping[str, Any]


def to_callback_payload(line: Line) -> dict[str, Any]:
    """Converts one line of the log to the callback's payload, without prompts, addresses and errors."""
    stored = line.get("metadata")
    metadata: Line = stored if isinstance(stored, dict) else {}
    is_failure = _status(line, metadata) == "failure"
    was_charged = bool(line.get("spend")) or not is_failure
    return {
        "id": line.get("request_id"),
        "litellm_call_id": call_id(line),
        "status": "failure" if is_failure else "success",
        "startTime": seconds_of(line.get("startTime")),
        "endTime": seconds_of(line.get("endTime")),
        "model": line.get("model"),
        "model_id": line.get("model_id"),
        "custom_llm_provider": line.get("custom_llm_provider"),
        "api_base": line.get("api_base"),
        "call_type": line.get("call_type"),
        "prompt_tokens": line.get("prompt_tokens") if was_charged else 0,
        "completion_tokens": line.get("completion_tokens") if was_charged else 0,
        "response_cost": line.get("spend"),
        "cost_breakdown": metadata.get("cost_breakdown"),
        "cache_hit": str(line.get("cache_hit")).casefold() == "true",
        "request_tags": _listed(line.get("request_tags")),
        "end_user": line.get("end_user"),
        "metadata": {
            "user_api_key_hash": line.get("api_key"),
            "user_api_key_alias": metadata.get("user_api_key_alias"),
            "user_api_key_team_id": line.get("team_id") or metadata.get("user_api_key_team_id"),
            "user_api_key_user_id": line.get("user") or metadata.get("user_api_key_user_id"),
            "user_agent": metadata.get("user_agent"),
            "spend_logs_metadata": metadata.get("spend_logs_metadata"),
            "used_client_oauth_token": metadata.get("used_client_oauth_token") is True,
            "usage_object": metadata.get("usage_object") if was_charged else None,
        },
    }


def call_id(line: Line) -> str | None:
    """Returns the call's id, which matches a line to a live event; None in lines of old versions."""
    metadata = line.get("metadata")
    found = line.get("litellm_call_id") or (metadata.get("litellm_call_id") if isinstance(metadata, dict) else None)
    return found if isinstance(found, str) else None


def seconds_of(text: Any) -> float | None:
    """Returns the seconds since 1970 of a time in the log, which is in UTC with or without a zone; None if it is not a
    time.
    """
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return micros(at if at.tzinfo else at.replace(tzinfo=UTC)) / MICROS


def _status(line: Line, metadata: Line) -> Any:
    return line.get("status") or metadata.get("status") or "success"


def _listed(tags: Any) -> Any:
    """Returns tags, which the log gives as a list or as the text of a list."""
    if not isinstance(tags, str):
        return tags
    try:
        return json.loads(tags)
    except ValueError:
        return None
