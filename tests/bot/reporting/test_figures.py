"""Figures of a span: parts add up to the whole, and what has no price is never free."""

from hypothesis import given
from hypothesis import strategies as st

from bot.reporting.figures import BasisUse, shares_of, spend_of_shares
from bot.reporting.spans import week_span

WEEK = week_span(20_000, zone="UTC")
USES = st.lists(
    st.builds(
        BasisUse,
        name=st.sampled_from(("", "Claude Code", "Codex", "MetaCode")),
        basis=st.sampled_from(("book", "contract", "reported", "unpriced", "notional")),
        calls=st.integers(0, 50),
        tokens=st.integers(0, 10**12),
        cost_nanos=st.integers(-(10**12), 10**15),
    ),
    max_size=12,
)


@given(USES, USES)
def test_parts_add_up_to_the_spend(now: list[BasisUse], before: list[BasisUse]) -> None:
    spend = spend_of_shares(WEEK, shares_of(now, before))

    assert spend.cost_nanos == sum(use.cost_nanos for use in now)
    assert spend.before_nanos == sum(use.cost_nanos for use in before)
    assert (spend.calls, spend.tokens) == (sum(use.calls for use in now), sum(use.tokens for use in now))
    assert spend.unpriced_calls == sum(use.calls for use in now if use.basis == "unpriced")
    assert spend.unpriced_tokens == sum(use.tokens for use in now if use.basis == "unpriced")
    assert spend.change_nanos == spend.cost_nanos - spend.before_nanos


def test_the_largest_part_comes_first_and_an_unpriced_one_has_no_price() -> None:
    now = [
        BasisUse("MetaCode", "unpriced", 3, 900, 0),
        BasisUse("Codex", "book", 1, 10, 5),
        BasisUse("Codex", "unpriced", 1, 20, 0),
        BasisUse("Cached", "gateway_cache", 2, 30, 0),
    ]
    codex, meta, cached = shares_of(now, [BasisUse("Codex", "book", 1, 10, 9)])

    assert (codex.name, codex.cost_nanos, codex.change_nanos, codex.tokens) == ("Codex", 5, -4, 30)
    assert (codex.unpriced_calls, codex.unpriced_tokens, codex.has_no_price) == (1, 20, False)
    assert (meta.name, meta.has_no_price) == ("MetaCode", True)
    assert (cached.name, cached.has_no_price) == ("Cached", False)


def test_a_spend_is_compared_only_with_complete_days() -> None:
    assert spend_of_shares(WEEK, ()).is_compared
    assert not spend_of_shares(WEEK, (), first_day=19_998).is_compared
    assert not spend_of_shares(WEEK, ()).has_no_price
    assert spend_of_shares(WEEK, shares_of([BasisUse("", "unpriced", 1, 5, 0)], [])).has_no_price
