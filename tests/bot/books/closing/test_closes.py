"""The close of one team: what is covered, taken along, and given back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.closing.closes import Remainder, carry_limit, close_entries
from bot.books.ledger import Account, Entry, promised_changes
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.budget_terms import BudgetTerms

ROOT, PRODUCT, SEARCH = 1, 2, 3
AT = 1_796_083_200_000_000


def closed(
    available: int, *, carry: int = 0, parent: int | None = PRODUCT, uncounted: int = 0, entries: int = 0
) -> list[Entry]:
    left = Remainder(
        team_id=SEARCH if parent is not None else ROOT,
        parent_id=parent,
        available_nanos=available,
        carry_nanos=carry,
        uncounted_nanos=uncounted,
        entries=entries,
    )
    return close_entries(left, period="2026-11", following="2026-12", at=AT)


def moves(entries: list[Entry]) -> list[tuple[str, str, str, int]]:
    def named(account: Account) -> str:
        return f"{account.team_id}:{account.period}:{account.bucket}"

    return [(e.kind, named(e.from_account), named(e.to_account), e.amount_nanos) for e in entries]


def test_what_is_unspent_lapses_to_the_parent() -> None:
    assert moves(closed(70)) == [("lapse", "3:2026-11:available", "2:2026-11:available", 70)]


def test_the_organisations_rest_lapses_to_its_funding_and_its_overspend_comes_from_there() -> None:
    assert moves(closed(70, parent=None)) == [("lapse", "1:2026-11:available", "1:2026-11:funding", 70)]
    assert moves(closed(-70, parent=None)) == [("cover", "1:2026-11:funding", "1:2026-11:available", 70)]


def test_the_parent_covers_what_was_overspent_and_nothing_is_taken_along() -> None:
    assert moves(closed(-70, carry=20)) == [("cover", "2:2026-11:available", "3:2026-11:available", 70)]


def test_some_goes_along_and_the_rest_lapses() -> None:
    entries = closed(70, carry=20)

    assert moves(entries) == [
        ("carry_forward", "3:2026-11:available", "3:2026-12:available", 20),
        ("lapse", "3:2026-11:available", "2:2026-11:available", 50),
    ]
    assert [(e.period, e.document, e.dedupe_key) for e in entries] == [
        ("2026-12", "close:3:2026-11", "close:3:2026-11:0"),
        ("2026-11", "close:3:2026-11", "close:3:2026-11:1"),
    ]


@pytest.mark.parametrize(
    ("available", "carry", "expected"),
    [
        (-10, 20, [("cover", 30), ("carry_forward", 20)]),
        (-10, 0, [("cover", 10)]),
        (-10, 500, [("cover", 80), ("carry_forward", 70)]),
        (5, 20, [("cover", 15), ("carry_forward", 20)]),
        (50, 20, [("carry_forward", 20), ("lapse", 30)]),
        (-100, 20, [("cover", 100)]),
    ],
)
def test_what_was_spent_before_the_budget_began_lowers_nothing_that_goes_along(
    available: int, carry: int, expected: list[tuple[str, int]]
) -> None:
    entries = closed(available, carry=carry, uncounted=80)

    assert [(entry.kind, entry.amount_nanos) for entry in entries] == expected
    assert closed(0, carry=carry, uncounted=80, entries=len(entries)) == [], "once"


def test_no_more_goes_along_than_there_is() -> None:
    assert moves(closed(15, carry=20)) == [("carry_forward", "3:2026-11:available", "3:2026-12:available", 15)]


def test_an_empty_account_needs_no_entry() -> None:
    assert closed(0, carry=20) == []


def test_a_close_that_is_carried_on_counts_its_keys_on() -> None:
    assert [e.dedupe_key for e in closed(70, carry=20, entries=2)] == ["close:3:2026-11:2", "close:3:2026-11:3"]


@given(st.integers(-(3 * MAX_AMOUNT_NANOS), 3 * MAX_AMOUNT_NANOS), st.integers(0, 3 * MAX_AMOUNT_NANOS))
def test_nothing_is_left_whatever_there_was(available: int, carry: int) -> None:
    own = Account(team_id=SEARCH, period="2026-11", bucket="available")
    entries = closed(available, carry=carry)
    came = sum(e.amount_nanos for e in entries if e.to_account == own)
    went = sum(e.amount_nanos for e in entries if e.from_account == own)

    assert available + came - went == 0
    assert sum(e.amount_nanos for e in entries if e.kind == "carry_forward") == max(0, min(available, carry))
    assert len({e.dedupe_key for e in entries}) == len(entries)


def test_of_a_close_only_what_goes_along_is_a_promise() -> None:
    """It may be promised in the next period; the closed one promises nothing any more."""
    changes = [promised_changes(entry) for entry in (*closed(70, carry=20), *closed(-5))]

    assert changes == [[(Account(team_id=SEARCH, period="2026-12", bucket="available"), 20)], [], []]


@pytest.mark.parametrize(
    ("terms", "base", "following", "limit"),
    [
        (BudgetTerms(), 1_000, 1_000, 0),
        (BudgetTerms(carry_forward_percent=20), 1_000, 500, 200),
        (BudgetTerms(carry_forward_percent=100), 1_000, 500, 1_000),
        (BudgetTerms(carry_forward_percent=20), 0, 500, 0),
        (BudgetTerms(carry_forward_nanos=300 * NANOS), 1_000, 500, 300),
        (BudgetTerms(top_up_to_nanos=300 * NANOS), 300, 300, 0),
        (BudgetTerms(top_up_to_nanos=300 * NANOS), 100, 100, 200),
        (BudgetTerms(top_up_to_nanos=300 * NANOS), 100, 400, 0),
    ],
)
def test_how_much_goes_along(terms: BudgetTerms, base: int, following: int, limit: int) -> None:
    found = carry_limit(terms, base_nanos=base * NANOS, next_base_nanos=following * NANOS)

    assert found == limit * NANOS
