"""In-house and third-party tools: dollars, tokens, and cost per million tokens."""

import pytest

from bot.money import NANOS
from bot.org.tools import ToolRule, Tools
from bot.reporting.figures import BasisUse
from bot.reporting.mix import ToolKindTotals, mix_of

TOOLS = Tools([ToolRule(name="MetaCode", kind="in_house", model="metacode*")])
USES = (
    BasisUse("MetaCode", "contract", 1, 40_000_000, 16 * NANOS),
    BasisUse("MetaCode", "unpriced", 1, 10_000_000, 0),
    BasisUse("Claude Code", "book", 1, 20_000_000, 60 * NANOS),
    BasisUse("Claude Code", "notional", 1, 5_000_000, 0),
    BasisUse("Claude Code", "gateway_cache", 1, 10_000_000, 0),
    BasisUse("", "reported", 1, 1_000_000, 2 * NANOS),
)
BEFORE = (BasisUse("metacode", "contract", 1, 1, 20 * NANOS), BasisUse("Cursor", "book", 1, 1, 50 * NANOS))


def test_both_kinds_add_up_to_all_that_was_spent() -> None:
    mix = mix_of(USES, BEFORE, kind_of=TOOLS.kind_of)

    assert (mix.in_house.cost_nanos, mix.third_party.cost_nanos) == (16 * NANOS, 62 * NANOS)
    assert (mix.in_house.tokens, mix.third_party.tokens) == (50_000_000, 36_000_000)
    assert mix.cost_nanos == sum(use.cost_nanos for use in USES)
    assert mix.tokens == sum(use.tokens for use in USES)


def test_the_change_is_against_the_same_kind_before_by_the_same_names() -> None:
    mix = mix_of(USES, BEFORE, kind_of=TOOLS.kind_of)

    assert (mix.in_house.change_nanos, mix.third_party.change_nanos) == (-4 * NANOS, 12 * NANOS)


def test_tokens_without_a_price_make_no_kind_look_cheap_and_cached_answers_do() -> None:
    mix = mix_of(USES, BEFORE, kind_of=TOOLS.kind_of)

    assert mix.in_house.nanos_per_million == 400_000_000  # $16 for the 40 million that have a price
    assert (
        mix.third_party.nanos_per_million == 2_000_000_000
    )  # $62 for 31 million, ten of which the gateway's cache gave


@pytest.mark.parametrize(
    ("nanos", "tokens", "per_million"),
    [(1, 3_000_000, 0), (3, 2_000_000, 2), (1, 2_000_000, 1), (7, 1, 7_000_000), (-3, 2_000_000, -1)],
)
def test_a_price_is_rounded_half_up(nanos: int, tokens: int, per_million: int) -> None:
    kind = ToolKindTotals(cost_nanos=nanos, before_nanos=0, tokens=tokens, priced_tokens=tokens)

    assert kind.nanos_per_million == per_million


def test_nothing_has_no_price() -> None:
    assert mix_of((), (), kind_of=TOOLS.kind_of).in_house.nanos_per_million is None
