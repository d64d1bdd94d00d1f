"""Fuzzes every described route over HTTP: no answer is a 500."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bot.clock import SystemClock
from bot.settings import Settings
from bot.sources import SOURCES
from handlers.books.exports.read_keys import create_read_key
from handlers.cli import prepare
from handlers.intake.keys import create_key, create_source
from handlers.intake.source_options import TypedOptions
from tests.support import servers
from tests.support.processes import bot_process

EXAMPLES = 30
_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *(
                "ce-id",
                "ce-source",
                "ce-time",
                "ce-type",
                "ce-specversion",
                "ce-data",
                "webhook-id",
                "webhook-timestamp",
            ),
            *(
                "webhook-signature",
                "helicone-signature",
                "content-encoding",
                "webhook-request-origin",
                "x-test-connection",
            ),
        ]
    ),
    _TEXT
    | st.sampled_from(
        ["1.0", "ai.usage", "gzip", "identity", "2026-11-23T10:00:00Z", "v1,AAAA", "%ff", '"', "1795455900"]
    ),
    max_size=4,
)


def ask(operation: Any, url: str, keys: Mapping[str, str], *, at: int) -> Counter[int]:
    """Calls one operation with the same examples on every run. Returns the count of each status."""
    statuses: Counter[int] = Counter()

    @seed(at)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), headers=_HEADERS, key=st.sampled_from(sorted(keys)))
    def once(case: Any, headers: dict[str, str], key: str) -> None:
        if "name" in (case.path_parameters or {}) and statuses.total() % 2:
            case.path_parameters["name"] = "signed"
        answer = case.call(base_url=url, headers={**headers, "Authorization": f"Bearer {keys[key]}"})
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, (operation.label, case.as_curl_command(), headers, answer.text)

    once()
    return statuses


def ask_all(url: str, keys: Mapping[str, str]) -> dict[str, Counter[int]]:
    """Calls every described operation. Returns the counts by operation."""
    operations = [found.ok() for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations()]  # type: ignore[union-attr]  # a description that can't be read raises here
    readers = {name: key for name, key in keys.items() if name in ("reader", "signed")}
    return {
        operation.label: ask(operation, url, readers if "/export/" in operation.label else keys, at=at)
        for at, operation in enumerate(operations)
    }


async def test_no_route_answers_500_whatever_it_is_asked(sqlite_url: str) -> None:
    context = await prepare(Settings(database_url=sqlite_url), SystemClock())
    keys = {name: await create_key(context, f"key-{name}", source=name) for name in SOURCES}
    said = TypedOptions(signature="helicone", secret="a secret of the tests")
    signed = await create_source(context, "signed", source="cloudevents", team=None, role="meter", typed=said)
    keys["signed"] = signed.token
    keys["reader"] = await create_read_key(context, "reader")
    await context.store.close()

    async with bot_process(sqlite_url) as bot:
        answers = await asyncio.to_thread(ask_all, bot.url, keys)

    events = ("POST /v1/usage", "POST /v1/usage/litellm", "POST /v1/usage/hooks/{name}")
    assert {*events, "GET /v1/teams/{slug}/allowance", "GET /readyz"} <= set(answers)
    assert all(counts.total() == EXAMPLES for label, counts in answers.items() if label.startswith("POST"))
    assert all(answers[label][200] for label in events[:2])
    assert answers["POST /v1/usage/hooks/{name}"][401] > EXAMPLES / 2
    assert set(answers["GET /v1/export/{name}"]) <= {200, 400, 403, 404}
    assert all(answers["GET /v1/export/{name}"][status] for status in (200, 400, 403, 404))


async def test_the_asking_notices_an_application_that_fails() -> None:
    broken = FastAPI()

    @broken.post("/fails")
    async def fails() -> Response:
        return Response(status_code=500)

    with servers.listening_socket() as door:
        async with servers.running(broken, door) as url:
            with pytest.raises(AssertionError, match="POST /fails"):
                await asyncio.to_thread(ask_all, url, {"any": "key"})
