"""Examples and helpers of litellm's tests."""

import json
from datetime import UTC, datetime
from typing import Any

from bot.sources.litellm.parser import parse
from bot.usage import UsageEvent
from tests.support.paths import FIXTURES

NOW = datetime(2026, 11, 30, tzinfo=UTC)

FILES = FIXTURES / "litellm"


def body(name: str) -> bytes:
    (found,) = FILES.rglob(f"{name}*.body")
    return found.read_bytes()


def read(name: str) -> list[UsageEvent]:
    parsed = parse(body(name), now=NOW)
    assert parsed.unusable == []
    assert [index for index, _ in parsed.events] == list(range(parsed.rows))
    return [event for _, event in parsed.events]


def sample(**changed: Any) -> dict[str, Any]:
    """Returns the first captured call with changes; a dotted name reaches into it."""
    call: dict[str, Any] = json.loads(body("01_"))[0]
    for path, value in changed.items():
        *way, last = path.split("__")
        at = call
        for step in way:
            at = at[step]
        at[last] = value
    return call


def one(call: dict[str, Any]) -> UsageEvent:
    ((_, event),) = parse(json.dumps(call).encode(), now=NOW).events
    return event
