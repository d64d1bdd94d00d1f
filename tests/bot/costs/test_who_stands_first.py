"""The table of who stands first in docs/prices.md, and an example of each of its rows as its sender sends it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

import pytest

from bot.costs.contracts import ContractPrice
from bot.costs.pricing import Basis, Priced
from bot.sources.cloudevents.parser import parse as parse_native
from bot.sources.litellm.parser import parse as parse_litellm
from bot.sources.otlp.parser import read
from bot.usage import UsageEvent
from tests.bot.costs.pricing_examples import price
from tests.support.paths import FIXTURES, ROOT
from tests.support.traffic.real_bodies import real_cases

NOW = datetime(2026, 12, 2, tzinfo=UTC)
PAGE = (ROOT / "docs/prices.md").read_text()
DISCOUNT = ContractPrice(discount_ppm=100_000)


def native(**data: Any) -> UsageEvent:
    event = {"id": "1", "time": "2026-11-23T10:00:00Z", "data": {"model": "gpt-4o", "provider": "openai", **data}}
    return parse_native(json.dumps([event]).encode(), now=NOW).events[0][1]


def litellm(case: str, **members: Any) -> UsageEvent:
    """Returns a captured call of LiteLLM with other members."""
    call = json.loads((FIXTURES / "litellm_new" / f"{case}.body").read_text())
    call = call[0] if isinstance(call, list) else call
    call["metadata"] |= members.pop("metadata", {})
    return parse_litellm(json.dumps([{**call, **members}]).encode(), now=NOW).events[0][1]


def program(case: str) -> UsageEvent:
    """Returns a call of a real program."""
    (found,) = (found for found in real_cases() if found.name == case)
    for body in found.bodies:
        assert body.signal is not None
        if events := read(body.content, body.signal, body.form, meters=found.meters, now=NOW).events:
            return events[0][1]
    raise AssertionError(case)


TOKENS = {"uncached_input_tokens": 1_000, "output_tokens": 10}


class Example(NamedTuple):
    """A call, and how its source is set."""

    event: Callable[[], UsageEvent]
    contracts: tuple[ContractPrice, ...] = ()
    reported_first: bool = False

    def priced(self) -> Priced:
        return price(self.event(), *self.contracts, reported_first=self.reported_first)


EXAMPLES = {
    ("any", "it failed"): Example(lambda: litellm("claude_batch", status="failure")),
    ("LiteLLM", "answered from the gateway's cache"): Example(lambda: litellm("claude_batch", cache_hit=True)),
    ("LiteLLM", "on a personal subscription"): Example(
        lambda: litellm("claude_batch", metadata={"used_client_oauth_token": True})
    ),
    ("any", "provisioned capacity"): Example(
        lambda: native(**TOKENS, service_tier="provisioned", cost_usd=1), contracts=(DISCOUNT,)
    ),
    ("any", "a contract fits"): Example(lambda: native(**TOKENS, cost_usd=1), (DISCOUNT,), reported_first=True),
    ("any, with `--reported-first`", "it has a cost"): Example(
        lambda: native(**TOKENS, cost_usd=1), reported_first=True
    ),
    ("any", "OpenRouter sold it, and it has a cost"): Example(
        lambda: native(**TOKENS, provider="openrouter", model="openai/gpt-4o", cost_usd=1)
    ),
    ("LiteLLM", "all is in the book"): Example(lambda: litellm("claude_batch")),
    ("Claude Code", "all is in the book"): Example(lambda: program("claude_code/answered_by_other_model")),
    ("Claude Code", "web searches or geography beside"): Example(lambda: program("claude_code/web_search_fee")),
    ("Codex", "all is in the book"): Example(lambda: program("codex/flex")),
    ("native", "all is in the book"): Example(lambda: native(**TOKENS, cost_usd=1)),
    ("native", "a tier that the book lacks"): Example(
        lambda: native(**TOKENS, provider="mistral", model="mistral-large-latest", service_tier="priority", cost_usd=1)
    ),
    ("native", "a tier that the book lacks, without a cost"): Example(
        lambda: native(**TOKENS, provider="mistral", model="mistral-large-latest", service_tier="priority")
    ),
    ("LiteLLM", "kinds of tokens or units that the book lacks"): Example(
        lambda: litellm("gpt_audio", model="openai/gpt-4o-audio-preview")
    ),
    ("native", "kinds of tokens or units that the book lacks, without a cost"): Example(
        lambda: native(**TOKENS, audio_input_tokens=500)
    ),
    ("Claude Code", "a model that nobody knows"): Example(lambda: program("claude_code/unknown_model")),
    ("LiteLLM", "a model that the book does not know"): Example(
        lambda: litellm("opus55_fast", model="acme-large", custom_llm_provider="openai")
    ),
    ("native", "a model that nobody knows"): Example(lambda: native(**TOKENS, model="metacode-1")),
}
STANDS = {
    "contract": "contract",
    "book": "book",
    "book+reported": "book, sender",
    "reported": "sender",
    **dict.fromkeys(("failed", "gateway_cache", "notional", "provisioned", "unpriced"), "nobody"),
}


class Row(NamedTuple):
    """A row of the page."""

    sender: str
    kind: str
    first: str
    basis: str
    why: str


def rows() -> list[Row]:
    table = PAGE.partition("## Who stands first")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.+) \|$", table, re.MULTILINE)
    return [Row(*line.split(" | ")) for line in lines[1:]]


def test_every_row_has_an_example_and_a_reason() -> None:
    found = rows()

    assert {(row.sender, row.kind) for row in found} == set(EXAMPLES)
    assert len(found) == len(EXAMPLES)
    assert all(row.why for row in found)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.sender}: {row.kind}")
def test_a_call_of_each_row_is_priced_by_whom_the_page_says(row: Row) -> None:
    found = EXAMPLES[row.sender, row.kind].priced()

    assert f"`{found.basis}`" == row.basis
    assert STANDS[found.basis] == row.first
    assert (found.cost_nanos == 0) == (row.first == "nobody")


def test_the_page_has_every_basis_that_a_metered_call_can_have() -> None:
    assert {row.basis.strip("`") for row in rows()} == {*STANDS} == {*get_args(Basis)} - {"unmetered"}
