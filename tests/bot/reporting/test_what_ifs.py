"""The same tokens on another model: every kind of token priced, nothing compared that today's prices don't explain."""

from typing import Any

import pytest

from bot.costs.price_book import PriceBook
from bot.costs.rates import Rates
from bot.money import NANOS
from bot.reporting.value.what_ifs import (
    SHORT_INPUT,
    ModelUse,
    OtherModel,
    cheaper_models,
    cost_of,
    of_the_same_line,
    on_model,
    what_if,
    without_small,
)

MILLION = 1_000_000
KINDS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
DEAR = Rates.of(dict(zip(KINDS, (5_000_000, 500_000, 6_250_000, 10_000_000, 25_000_000), strict=True)))
CHEAP = Rates.of(dict(zip(KINDS, (1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000), strict=True)))
OWN = Rates.of({"uncached_input": 400_000, "cache_read": 400_000, "output": 1_600_000})
PRICES = {("a", "opus"): DEAR, ("a", "haiku"): CHEAP, ("acme", "metacode"): OWN}
OPUS, HAIKU = OtherModel("a", "opus", family="a"), OtherModel("a", "haiku", family="a")
METACODE = OtherModel("acme", "metacode", is_in_house=True)


def rates_of(provider: str, model: str) -> Rates | None:
    return PRICES.get((provider, model))


def family_of(provider: str, _model: str) -> str:
    return provider if provider == "a" else ""


def use(*counters: int, calls: int = 100, model: str = "opus", workflow: str = "", off: int = 0) -> ModelUse:
    """A use of opus whose cost is by today's prices, or off by some nano-dollars."""
    given: Any = (*counters, *(0,) * (6 - len(counters)))
    found = ModelUse("a", model, "Claude Code", workflow, calls, given, 0)
    return found._replace(cost_nanos=(cost_of(found, PRICES["a", model]) or 0) + off)


def test_every_kind_of_token_has_its_own_price() -> None:
    tokens = (1 * MILLION, 2 * MILLION, 3 * MILLION, 4 * MILLION, 5 * MILLION, 1 * MILLION)
    found = what_if(use(*tokens), HAIKU, rates_of)

    assert found is not None
    assert found.use.cost_nanos == (5 + 1 + 18.75 + 40 + 125) * NANOS
    assert found.other_nanos == (1 + 0.2 + 3.75 + 8 + 25) * NANOS
    assert found.saved_nanos == found.use.cost_nanos - found.other_nanos


def test_a_longer_prompts_rate_follows_from_the_mean() -> None:
    longer = Rates.of({"uncached_input": 2_000_000, "output": 0})
    tiered = Rates.of({"uncached_input": 1_000_000, "output": 0}, tiers=((1_000, longer),))

    assert cost_of(use(100_000, calls=100), tiered) == 100_000 * 1_000
    assert cost_of(use(100_100, calls=100), tiered) == 100_100 * 2_000


def test_a_charge_per_call_and_for_reasoning_counts() -> None:
    rates = Rates.of({"uncached_input": 0, "output": 0}, request=7_000, reasoning_extra=3_000)

    assert cost_of(use(10, 0, 0, 0, 50, 20, calls=4), rates) == 4 * 7 + 20 * 3


def test_a_model_without_a_price_of_what_was_used_is_not_compared() -> None:
    assert what_if(use(MILLION, 0, MILLION), METACODE, rates_of) is None  # it writes a cache
    assert what_if(use(MILLION, MILLION), METACODE, rates_of) is not None
    assert what_if(use(MILLION), OtherModel("a", "unknown", family="a"), rates_of) is None
    assert what_if(use(MILLION), OPUS, rates_of) is None


@pytest.mark.parametrize(("thousandths", "is_compared"), [(20, True), (21, False), (-19, True), (-21, False)])
def test_a_use_that_was_priced_otherwise_is_left_out(thousandths: int, is_compared: bool) -> None:
    off = use(100 * MILLION).cost_nanos * thousandths // 1_000

    assert (what_if(use(100 * MILLION, off=off), HAIKU, rates_of) is not None) == is_compared


def test_the_cheapest_used_model_of_the_seller_or_in_house_is_proposed() -> None:
    (found,) = cheaper_models([use(100 * MILLION)], [OPUS, HAIKU], rates_of=rates_of, family_of=family_of)
    assert (found.other, found.saved_nanos) == (HAIKU, 400 * NANOS)
    (found,) = cheaper_models([use(100 * MILLION)], [OPUS, HAIKU, METACODE], rates_of=rates_of, family_of=family_of)
    assert (found.other, found.saved_nanos) == (METACODE, 460 * NANOS)


@pytest.mark.parametrize(
    "others",
    [
        [OPUS],
        [HAIKU._replace(is_used=False)],
        [HAIKU._replace(family="b")],
        [HAIKU._replace(family="")],
        [],
    ],
)
def test_nothing_is_proposed_of_other_sellers_or_unused_models(others: list[OtherModel]) -> None:
    assert cheaper_models([use(100 * MILLION)], others, rates_of=rates_of, family_of=family_of) == ()


def test_less_than_a_dollar_and_a_dearer_model_are_not_proposed() -> None:
    small = use(249_999)  # saves just less than a dollar
    assert (
        cheaper_models([small, use(MILLION, model="haiku")], [OPUS, HAIKU], rates_of=rates_of, family_of=family_of)
        == ()
    )
    assert len(cheaper_models([use(250_000)], [HAIKU], rates_of=rates_of, family_of=family_of)) == 1


def test_short_prompts_come_first_then_the_largest_saving() -> None:
    short = use(SHORT_INPUT * 100, calls=100, workflow="short")
    long = use(SHORT_INPUT * 1_000, calls=100, workflow="long")
    longer = use(SHORT_INPUT * 2_000, calls=100, workflow="longer")
    found = cheaper_models([long, short, longer], [HAIKU], rates_of=rates_of, family_of=family_of)

    assert [one.use.workflow for one in found] == ["short", "longer", "long"]
    assert [one.use.has_short_prompts for one in found] == [True, False, False]
    assert not use(SHORT_INPUT * 100 + 100, calls=100).has_short_prompts
    assert not use(0, calls=0).has_short_prompts


def test_a_chosen_model_may_cost_more() -> None:
    (found,) = on_model([use(100 * MILLION, model="haiku")], OPUS, rates_of)

    assert found.saved_nanos == -400 * NANOS


def test_models_of_the_same_line_are_for_text_and_no_single_release() -> None:
    sold = ["claude-opus-5", "claude-haiku-4-5", "claude-3-opus-latest", "gpt-5", "claude-v1", "claude-image-1"]

    assert of_the_same_line(["Claude-Opus-4-5"], sold) == ("claude-opus-5", "claude-haiku-4-5")
    assert of_the_same_line(["o3"], sold) == ()
    book = PriceBook()
    assert {"claude-haiku-4-5", "claude-sonnet-4-5"} <= set(
        of_the_same_line(["claude-opus-4-5"], book.models_of("anthropic"))
    )
    assert book.models_of("nobody") == ()


def test_workflows_and_tools_of_few_people_are_added_up_by_model() -> None:
    uses = [use(10, 1, workflow="evals"), use(20, workflow="mine"), use(5), use(7, model="haiku", workflow="mine")]

    found = without_small(uses, workflows={"mine"}, tools=())

    assert [(one.model, one.workflow, one.counters[0], one.calls) for one in found] == [
        ("opus", "evals", 10, 100),
        ("opus", "", 25, 200),
        ("haiku", "", 7, 100),
    ]
    assert sum(one.cost_nanos for one in found) == sum(one.cost_nanos for one in uses)
