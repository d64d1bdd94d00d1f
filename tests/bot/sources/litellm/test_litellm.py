"""LiteLLM's calls, as captured from its proxy: the events of each body, and the outcome of odd ones."""

import json
from typing import Any

import pytest

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Prices
from bot.org.tools import Tools
from bot.periods import DAY_MICROS
from bot.sources.litellm.parser import parse, parse_if_small
from bot.usage import Parsed
from tests.bot.sources.litellm.litellm_examples import NOW, body, one, read, sample

CHECKOUT = ("team-checkout", "checkout-ci", "alice@example.com")

SEARCH = ("team-search", "search-ide", "bob@example.com")

PRICES, TOOLS = Prices(PriceBook(), []), Tools([])

Counters = tuple[int, int, int, int, int, int]

SMALL: Counters = (400, 600, 0, 0, 200, 128)

CLAUDE: Counters = (120, 8000, 1500, 500, 350, 0)

NONE: Counters = (0, 0, 0, 0, 0, 0)

MOCK: Counters = (10, 0, 0, 0, 20, 0)

# file, calls, counters, reported and booked nano-dollars, basis, model, (team, credential, user), tool, workflow
EXPECTED: list[tuple[str, int, Counters, int | None, int, str, str, tuple[str, str, str], str, str]] = [
    ("01_", 1, SMALL, 3_750_000, 3_750_000, "book", "gpt-4o", CHECKOUT, "ci-reviewer", "code-review"),
    ("02_", 1, SMALL, 225_000, 225_000, "book", "gpt-4o-mini", SEARCH, "ide", "refactor"),
    ("03_", 2, (77, 0, 0, 0, 11, 0), 18_150, 18_150, "book", "gpt-4o-mini", SEARCH, "", ""),
    ("04_", 1, CLAUDE, 16_635_000, 16_635_000, "book", "claude-sonnet-4-5-20250929", CHECKOUT, "", ""),
    ("05_", 1, CLAUDE, 16_635_000, 16_635_000, "book", "claude-sonnet-4-5-20250929", SEARCH, "Claude Code", ""),
    ("06_", 1, (42, 0, 0, 0, 0, 0), 840, 840, "book", "text-embedding-3-small", SEARCH, "", ""),
    ("07_", 1, NONE, None, 0, "failed", "gpt-4o", CHECKOUT, "", "code-review"),
    ("08_", 1, NONE, None, 0, "failed", "gpt-4o", CHECKOUT, "", ""),
    ("10_", 1, MOCK, 13_500, 13_500, "book", "gpt-4o-mini", ("", "personal-key", "u-carol"), "", ""),
    ("12_", 1, (200, 300, 0, 0, 90, 60), 1_775_000, 1_775_000, "book", "gpt-4o", SEARCH, "", ""),
    ("13_", 5, SMALL, 225_000, 225_000, "book", "gpt-4o-mini", CHECKOUT, "", "nightly"),
    ("20_", 1, NONE, None, 0, "failed", "gpt-4o", CHECKOUT, "", ""),
    ("21_", 1, NONE, None, 0, "failed", "gpt-4o", CHECKOUT, "", ""),
    ("22_", 1, SMALL, 3_750_000, 3_750_000, "book", "gpt-4o", CHECKOUT, "", ""),
    ("dup_ack1s_post1", 5, MOCK, 13_500, 13_500, "book", "gpt-4o-mini", ("", "", ""), "", ""),
    ("dup_ack1s_post2", 6, MOCK, 13_500, 13_500, "book", "gpt-4o-mini", ("", "", ""), "", ""),
]


@pytest.mark.parametrize("expected", EXPECTED, ids=[row[0] for row in EXPECTED])
def test_each_captured_body_is_read_as_expected(expected: tuple[Any, ...]) -> None:
    name, calls, counters, reported, cost, basis, model, (team, credential, user), tool, workflow = expected
    events = read(name)

    assert len(events) == calls
    for event in events:
        priced = PRICES.price(event, day=event.occurred_at // DAY_MICROS)
        assert counters == (
            *(event.uncached_input, event.cache_read, event.cache_write_5m, event.cache_write_1h),
            *(event.output, event.reasoning),
        )
        assert (event.reported_nanos, priced.cost_nanos, priced.basis) == (reported, cost, basis)
        assert (event.labels.model, event.labels.gateway_team, event.labels.credential, event.labels.user) == (
            model,
            team,
            credential,
            user,
        )
        assert (TOOLS.tool_of(event), event.labels.workflow, event.failed) == (tool, workflow, basis == "failed")
        assert not event.notional
        assert not event.unmetered


def test_a_bad_key_and_an_unknown_model_are_calls_that_failed() -> None:
    bad_key, bad_model = read("09_")

    assert (bad_key.failed, bad_key.labels.gateway_team, bad_key.labels.user) == (True, "", "")
    assert (bad_model.failed, bad_model.labels.gateway_team, bad_model.labels.model) == (True, "team-checkout", "nope")


def test_an_in_house_model_that_the_gateway_has_no_price_for_is_unpriced_and_never_free() -> None:
    unpriced, priced = read("11_")

    assert (unpriced.labels.model, unpriced.tokens, unpriced.reported_nanos) == ("our-llama-70b", 1200, None)
    assert PRICES.price(unpriced, day=20_000).basis == "unpriced"
    assert (priced.labels.model, priced.reported_nanos) == ("our-llama-8b", 320_000)
    assert PRICES.price(priced, day=20_000).basis == "reported"


def test_an_upstream_that_repeats_its_ids_sends_five_calls() -> None:
    events = read("13_")

    assert len({event.event_id for event in events}) == 1
    assert len({event.key for event in events}) == 5


def test_a_failed_try_and_its_paid_fallback_are_two_calls_and_a_retried_post_is_the_same_one() -> None:
    (first_try,), (retried,), (paid,) = read("20_"), read("21_"), read("22_")

    assert (first_try.key, first_try.fingerprint) == (retried.key, retried.fingerprint)
    assert first_try.key != paid.key
    assert (first_try.failed, paid.failed) == (True, False)


def test_a_cached_answer_is_another_call_with_its_tokens_at_no_cost() -> None:
    miss, hit = read("23_")

    assert miss.key != hit.key
    assert (hit.gateway_cache, hit.tokens, hit.reported_nanos) == (True, 1200, 0)
    assert PRICES.price(hit, day=20_000).basis == "gateway_cache"


def test_overlapping_posts_share_their_calls() -> None:
    first, second = read("dup_ack1s_post1"), read("dup_ack1s_post2")

    assert [(e.key, e.fingerprint) for e in first] == [(e.key, e.fingerprint) for e in second[:5]]
    assert second[5].key not in {e.key for e in first}


def test_every_captured_call_has_a_key_of_its_own() -> None:
    numbers = (*range(1, 14), 20, 22, 23, 50)
    events = [event for number in numbers for event in read(f"{number:02}_")]

    assert len({event.key for event in events}) == len(events)


@pytest.mark.parametrize("name", [f"30_{number:02}" for number in range(1, 12)])
def test_budget_webhooks_and_alerts_for_slack_are_ignored_on_purpose(name: str) -> None:
    assert parse(body(name), now=NOW) == Parsed(rows=0, events=[], unusable=[], ignored=1, views=[], blocks=[])


def test_a_personal_subscription_costs_nothing_and_its_price_is_kept_aside() -> None:
    event = one(sample(metadata__used_client_oauth_token=True))
    priced = PRICES.price(event, day=event.occurred_at // DAY_MICROS)

    assert (priced.cost_nanos, priced.basis, priced.notional_nanos) == (0, "notional", 3_750_000)


def test_a_streamed_call_whose_cost_was_lost_has_that_of_its_breakdown() -> None:
    assert one(sample(response_cost=0.0)).reported_nanos == 3_750_000


def test_the_gateways_word_of_its_team_is_the_newest_in_the_body() -> None:
    calls = [
        sample(litellm_call_id="b", metadata__user_api_key_team_spend=413.0, endTime=1795455790.0),
        sample(litellm_call_id="a", metadata__user_api_key_team_spend=412.5),
        sample(litellm_call_id="c", metadata__user_api_key_team_id=None),
    ]
    (view,) = parse(json.dumps(calls).encode(), now=NOW).views

    assert (view.gateway_team, view.alias, view.spend_nanos, view.cap_nanos) == (
        *("team-checkout", "Checkout", 413 * 10**9, 500 * 10**9),
    )


def test_a_call_that_a_budget_stopped_says_which_and_whom() -> None:
    key, team = parse(body("14_"), now=NOW).blocks

    assert (key.user, key.credential, key.entity, key.limit_nanos, key.spend_nanos) == (
        *("anna@acme.test", "over-key", "key", 100 * 10**9, 101_500_000_000),
    )
    assert (team.user, team.entity, team.entity_id, team.limit_nanos) == (
        *("emi@acme.test", "team", "team-mobile", 50 * 10**9),
    )


def test_when_a_keys_budget_resets_is_read_with_or_without_its_zone() -> None:
    call = json.loads(body("14_"))[0]
    for said in ("2026-12-01T00:00:00+00:00", "2026-12-01T00:00:00", "2026-12-01 00:00:00Z"):
        call["metadata"]["user_api_key_budget_reset_at"] = said
        (block,) = parse(json.dumps(call).encode(), now=NOW).blocks
        assert block.resets_at == 1_796_083_200_000_000, said


def test_a_small_array_is_read_at_once_and_any_other_body_is_cut_first() -> None:
    calls = json.dumps([sample(id=f"call-{number}") for number in range(3)]).encode()
    bad = json.dumps([sample(), sample(status="pending", prompt_tokens="x")]).encode()

    small = parse_if_small(calls, now=NOW, most_rows=3)
    assert small is not None
    assert small.events == parse(calls, now=NOW).events
    others = (b"", b"{}", b"[1]", b" " + calls, calls[:-1], bad, b"[" + b"{}," * 50_000 + b"{}]")
    assert [parse_if_small(body, now=NOW, most_rows=3) for body in others] == [None] * len(others)
    assert parse_if_small(calls, now=NOW, most_rows=2) is None
