"""The content of quarantined rows: enough to book them after a fix, and nothing personal; on both databases."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bot.intake.quarantine import with_changes
from bot.sources import SOURCES, read
from bot.sources.rows import unusable
from bot.usage import Parsed
from handlers.intake.keys import create_key
from handlers.intake.retries import RetryResult, retry
from tests.storage.conftest import Books


async def tries(books: Books, *, dry_run: bool = False, **changes: Any) -> RetryResult:
    """Retries all rows that can be retried, with fields set by hand."""
    async with books.context.store.read() as tx:
        ids = await tx.quarantine.ids_of(source_id=None, kind=None, retryable=True)
    return await retry(books.context, ids, {f"data.{name}": value for name, value in changes.items()}, dry_run=dry_run)


async def kinds(books: Books) -> list[tuple[str, str]]:
    return [(row.kind, row.reason) for row in await books.rows("quarantine")]


CANARY = "canary-7f3a"
LITELLM_CALL: dict[str, Any] = {
    "id": "chatcmpl-1",
    "litellm_call_id": "call-1",
    "status": "success",
    "endTime": 1_790_000_000.5,
    "model": "gpt-4o",
    "custom_llm_provider": "openai",
    "prompt_tokens": 100,
    "completion_tokens": 10,
    "response_cost": 0.25,
    "end_user": "u-42",
    "request_tags": ["repo:search-api"],
    "metadata": {
        "user_api_key_user_email": "anna@acme.test",
        "user_api_key_alias": "key-12",
        "requester_ip_address": CANARY,
        "requester_custom_headers": {"authorization": CANARY},
        "spend_logs_metadata": {"workflow": "nightly", "note": CANARY},
        "prompt": CANARY,
    },
    "messages": [{"role": "user", "content": CANARY}],
    "response": {"choices": [{"message": {"content": CANARY}}]},
    "requester_ip_address": CANARY,
    "api_base": f"https://user:{CANARY}@example.test/v1",
    "hidden_params": {"additional_headers": {"x": CANARY}},
    "error_str": CANARY,
    "proxy_server_request": {"body": CANARY},
}


async def test_of_a_call_that_litellm_logged_all_that_is_needed_is_kept_and_no_prompt_header_or_address(
    books: Books,
) -> None:
    """A row quarantined for one bad counter is booked, after the fix, as it would have been at first."""
    now = books.context.now()
    wrong = SOURCES["litellm"](json.dumps({**LITELLM_CALL, "prompt_tokens": -1}).encode(), now=now)
    right = SOURCES["litellm"](json.dumps(LITELLM_CALL).encode(), now=now)
    await books.intake.book(wrong, source=books.source, read_as="litellm")
    (kept,) = await books.rows("quarantine")
    assert CANARY.encode() not in bytes(kept.body)

    tried = await retry(books.context, [kept.id], {"prompt_tokens": 100}, dry_run=False)
    answer = await books.intake.book(right, source=books.source)

    assert (tried.booked, answer.duplicates) == (1, 1), "the same key and the same content"
    (series,) = await books.rows("usage_series")
    assert (series.credential, series.workflow, series.model) == ("key-12", "nightly", "gpt-4o")


@pytest.mark.parametrize("email", ["anna@acme.test", None])
def test_of_a_call_that_litellm_logged_nothing_that_is_read_is_lost_but_the_address(email: str | None) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    call = {**LITELLM_CALL, "metadata": {**LITELLM_CALL["metadata"], "user_api_key_user_email": email}}
    (row,) = SOURCES["litellm"](json.dumps({**call, "prompt_tokens": -1}).encode(), now=now).unusable

    ((_, mine),) = SOURCES["litellm"](with_changes(row.kept, {"prompt_tokens": 100}), now=now).events
    ((_, whole),) = SOURCES["litellm"](json.dumps(call).encode(), now=now).events

    assert whole.labels.user == (email or "u-42")
    assert mine == msgspec.structs.replace(whole, labels=msgspec.structs.replace(whole.labels, api_base=""))


async def test_of_what_is_no_json_only_the_hash_is_kept(books: Books) -> None:
    row = b'{"id": "x", "data": {"model": "' + b"[" * 10_000 + b'"}, "messages": "' + CANARY.encode() + b'", }'
    now = books.context.now()
    parsed = SOURCES["cloudevents"](b'[{"id": "y", "messages": "\xff' + CANARY.encode() + b'"}]', now=now)
    await books.intake.book(parsed, source=books.source)
    await books.intake.book(
        Parsed(rows=1, events=[], unusable=[unusable(0, row, "not JSON", {"id": True})]), source=books.source
    )

    kept = await books.rows("quarantine")
    assert [bytes(row.body) for row in kept] == [b'{"id": "y"}', b""]
    assert (await tries(books)).wrong.keys() == {1}
    assert all(CANARY not in repr(tuple(row)) for row in kept)


async def test_a_span_that_lacked_its_model_is_mended_and_booked_once(books: Books) -> None:
    """OTLP's quarantined rows are requests with a single record, and paths index into their lists."""
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "chat",
        "kind": 3,
        "endTimeUnixNano": str(books.context.now_micros() * 1_000),
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "-1200"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "300"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
            {"key": "gen_ai.prompt", "value": {"stringValue": CANARY}},
            {"key": "client.address", "value": {"stringValue": CANARY}},
        ],
    }
    body = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": [span]}]}]}).encode()
    parsed = SOURCES["otlp"](body, now=books.context.now())
    await books.intake.book(parsed, source=books.source, read_as="otlp")
    (kept,) = await books.rows("quarantine")
    assert CANARY.encode() not in bytes(kept.body)
    inner = json.loads(bytes(kept.body))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"]
    at = [pair["key"] for pair in inner].index("gen_ai.usage.input_tokens")

    path = f"resourceSpans.0.scopeSpans.0.spans.0.attributes.{at}.value.intValue"
    tried = await retry(books.context, [kept.id], {path: "1200"}, dry_run=False)

    assert (tried.booked, tried.wrong) == (1, {})
    (event,) = await books.rows("usage_events")
    assert (event.uncached_input, event.output) == (1_200, 300)
    assert await books.faults() == []


async def test_a_row_of_a_senders_own_shape_is_read_again_by_the_mapping_in_force_now(books: Books) -> None:
    token = await create_key(books.context, "lago", source="lago")
    source = await books.context.rulebooks.source_of(token)
    assert source is not None
    now = books.context.now()
    event = {
        "transaction_id": "t-1",
        "external_subscription_id": "s",
        "code": "ai",
        "timestamp": str(int(now.timestamp())),
    }
    body = json.dumps({"event": {**event, "properties": {"output_tokens": 7, "llm": "gpt-4o"}}}).encode()
    await books.intake.book(read(body, read_as="lago", source=source, now=now), source=source, read_as="lago")
    (kept,) = await books.rows("quarantine")
    assert "model" in kept.reason

    tried = await retry(books.context, [kept.id], {"properties.model": "gpt-4o"}, dry_run=False)

    assert (tried.booked, tried.wrong) == (1, {})
