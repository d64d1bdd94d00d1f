"""Rows of LiteLLM and of native senders that carry usage and are no new usage: repeats, or unread."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sources import lago, openmeter
from bot.sources.cloudevents import parser as cloudevents
from bot.sources.litellm import parser as litellm
from bot.usage import Parsed

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CALL = {
    "id": "c",
    "status": "success",
    "endTime": 1795455900.0,
    "model": "gpt-5",
    "prompt_tokens": 10,
    "total_tokens": 10,
}
EVENT = {"id": "e", "source": "/eu", "type": "ai.usage", "time": "2026-11-23T10:00:00Z"}


def called(kind: str, **changed: Any) -> Parsed:
    return litellm.parse(json.dumps([{**CALL, "call_type": kind, **changed}, CALL]).encode(), now=NOW)


def native(operation: str, **data: Any) -> Parsed:
    event = EVENT | {"data": {"model": "gpt-5", "operation": operation, **data}}
    return cloudevents.parse(
        json.dumps([event, EVENT | {"data": {"model": "gpt-5", "output_tokens": 1}}]).encode(), now=NOW
    )


def kinds(parsed: Parsed) -> list[str]:
    assert (parsed.ignored, parsed.rows, len(parsed.events)) == (1, 1, 1)
    return [f"{found.kind} {found.producer.name}" for found in parsed.unread]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("alist_batches", ["repeat LiteLLM"]),
        ("ALIST_BATCHES", ["repeat LiteLLM"]),
        ("afetch_completion", ["unknown LiteLLM"]),
    ],
)
def test_litellms_calls_that_only_read_are_repeats_if_their_kind_is_known(kind: str, found: list[str]) -> None:
    parsed = called(kind)

    assert kinds(parsed) == found
    assert kinds(called(kind, prompt_tokens=0)) == []
    for rows in parsed.unread.values():
        assert [json.loads(row.kept)["call_type"] for row in rows.kept] == ([kind] if "unknown" in found[0] else [])


def test_a_text_with_tokens_is_no_hint_of_litellm() -> None:
    parsed = litellm.parse(json.dumps({"text": "budget", "prompt_tokens": 5}).encode(), now=NOW)

    assert (parsed.ignored, len(parsed.unusable)) == (0, 1)


@pytest.mark.parametrize(("operation", "found"), [("list", ["repeat /eu"]), ("fetch_completion", ["unknown /eu"])])
def test_native_calls_that_only_read_are_repeats_if_their_kind_is_known(operation: str, found: list[str]) -> None:
    assert kinds(native(operation, output_tokens=5)) == found
    assert kinds(native(operation, cost_usd="0.5")) == found
    assert kinds(native(operation, web_searches=1)) == found
    assert kinds(native(operation)) == []


def test_a_broken_row_beside_them_changes_nothing() -> None:
    read = EVENT | {"data": {"model": "gpt-5", "operation": "fetch_x", "output_tokens": 5}}
    parsed = cloudevents.parse(json.dumps([read, {"id": 5}]).encode(), now=NOW)

    assert (parsed.ignored, len(parsed.unusable), parsed.rows) == (1, 1, 1)
    ((found, rows),) = parsed.unread.items()
    assert "'fetch_x'" in found.reason
    assert json.loads(rows.kept[0].kept)["data"]["output_tokens"] == 5


def test_mapped_formats_keep_what_their_parser_reads() -> None:
    properties = {"model": "gpt-5", "operation": "fetch_x", "output_tokens": 5, "prompt": "SECRET"}
    row = {"transaction_id": "t", "timestamp": 1795455900, "properties": properties}
    metered = EVENT | {"subject": "anna", "data": properties}

    for parsed in (
        lago.parse(json.dumps(row).encode(), now=NOW),
        openmeter.parse(json.dumps(metered).encode(), now=NOW),
    ):
        ((found, rows),) = parsed.unread.items()
        assert found.kind == "unknown"
        assert b"fetch_x" in rows.kept[0].kept
        assert b"SECRET" not in rows.kept[0].kept
