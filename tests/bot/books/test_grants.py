"""Grants with an end: what counts against them, when they are over, and the entries that give and return them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from bot.books.grants import (
    DAY_FIELD,
    MEASURE_FIELD,
    Grant,
    GrantEnd,
    carried,
    check_end,
    ended,
    ends_within,
    grant_accounts,
    grant_carried_entries,
    grant_given_entries,
    grant_returned_entries,
    is_over,
    unspent,
    used_by_grant,
)
from bot.books.ledger import Account, Entry
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.periods import DAY_MICROS, Calendar, day_number
from bot.refusals import FieldRefusal
from tests.bot.acme import ACME, PRODUCT, SEARCH, directory

NOVEMBER, DECEMBER = Calendar().named("2026-11"), Calendar().named("2026-12")
NOW = (NOVEMBER.first_day + 9) * DAY_MICROS


def grant(number: int = 1, dollars: int = 500, **facts: object) -> Grant:
    given = Grant(
        id=number,
        team_id=SEARCH.id,
        payer_id=PRODUCT.id,
        period="2026-11",
        amount_nanos=dollars * NANOS,
        used_nanos=0,
        level_nanos=0,
        ends_at=NOW + 5 * DAY_MICROS,
        ends_at_spent_nanos=None,
        given_by=2,
        given_at=NOW,
        state="active",
        ended_at=None,
        ended_level_nanos=None,
        returned_nanos=0,
    )
    return replace(given, **facts)  # type: ignore[arg-type]  # facts of a grant


def used(grants: Sequence[Grant], level: int) -> dict[int, int]:
    return {number: nanos // NANOS for number, nanos in used_by_grant(grants, level * NANOS).items()}


@pytest.mark.parametrize(("level", "counted"), [(0, 0), (200, 0), (150, 0), (260, 60), (700, 500), (5_000, 500)])
def test_usage_since_it_was_given_counts_against_a_grant_first(level: int, counted: int) -> None:
    assert used([grant(level_nanos=200 * NANOS)], level) == {1: counted}


def test_usage_counts_against_the_grant_that_ends_first_then_the_next() -> None:
    late = grant(1, 500, ends_at=NOW + 9 * DAY_MICROS)
    soon = grant(2, 100, ends_at=NOW + 2 * DAY_MICROS, level_nanos=50 * NANOS)
    by_amount = grant(3, 40, ends_at=None, ends_at_spent_nanos=40 * NANOS)

    for level, counted in ((50, (50, 0, 0)), (80, (50, 30, 0)), (200, (100, 100, 0)), (700, (500, 100, 40))):
        assert used([late, soon, by_amount], level) == dict(zip((1, 2, 3), counted, strict=True)), level


def test_a_grant_that_ended_takes_no_more_usage() -> None:
    over = grant(1, 500, state="ended", ended_level_nanos=120 * NANOS, ends_at=NOW)
    goes_on = grant(2, 500, ends_at=NOW + DAY_MICROS)

    assert used([over, goes_on], 120) == {1: 120, 2: 0}
    assert used([over, goes_on], 300) == {1: 120, 2: 180}


def test_many_grants_are_counted_quickly() -> None:
    many = [grant(n, 10, level_nanos=n * NANOS) for n in range(60)]

    assert sum(used(many, 1_000).values()) == 600


def test_usage_that_shrank_counts_nothing() -> None:
    assert used([grant(level_nanos=200 * NANOS)], 10) == {1: 0}


def test_a_grant_is_over_at_its_moment_at_its_amount_or_when_nothing_is_left() -> None:
    by_day, by_amount = grant(), grant(ends_at=None, ends_at_spent_nanos=300 * NANOS)
    assert by_day.ends_at is not None

    assert [is_over(by_day, used_nanos=0, now=by_day.ends_at + late) for late in (-1, 0)] == [False, True]
    assert [is_over(by_amount, used_nanos=n * NANOS, now=NOW) for n in (299, 300)] == [False, True]
    assert [is_over(by_day, used_nanos=n * NANOS, now=NOW) for n in (499, 500)] == [False, True]
    in_parts = replace(by_amount, used_nanos=200 * NANOS)
    assert [is_over(in_parts, used_nanos=n * NANOS, now=NOW) for n in (99, 100)] == [False, True]


@pytest.mark.parametrize(
    ("counted", "available", "left"), [(0, 900, 500), (120, 900, 380), (120, 100, 100), (120, -5, 0), (500, 900, 0)]
)
def test_what_is_unspent_is_at_most_what_the_team_has(counted: int, available: int, left: int) -> None:
    assert unspent(grant(), used_nanos=counted * NANOS, available_nanos=available * NANOS) == left * NANOS


def moved(entries: Sequence[Entry]) -> Counter[tuple[int, str, str]]:
    """What each account gains, in dollars; accounts without a change are left out."""
    sums: Counter[tuple[int, str, str]] = Counter()
    for entry in entries:
        for account, sign in ((entry.from_account, -1), (entry.to_account, 1)):
            sums[account.team_id, account.period, account.bucket] += sign * entry.amount_nanos // NANOS
    return Counter({account: dollars for account, dollars in sums.items() if dollars})


@pytest.mark.parametrize(("payer_id", "bucket"), [(PRODUCT.id, "available"), (ACME.id, "available"), (None, "funding")])
def test_a_grant_goes_down_and_its_rest_goes_up_level_by_level(payer_id: int | None, bucket: str) -> None:
    given = grant(payer_id=payer_id)
    down = grant_given_entries(given, directory=directory(), by=2)
    up = grant_returned_entries(given, 120 * NANOS, directory=directory(), at=NOW, by=None)

    paying = ACME.id if payer_id is None else payer_id
    mine = (SEARCH.id, "2026-11", "available")
    assert moved(down) == Counter({mine: 500, (paying, "2026-11", bucket): -500})
    assert moved(up) == Counter({mine: -120, (paying, "2026-11", bucket): 120})
    touched = {account for entry in (*down, *up) for account in (entry.from_account, entry.to_account)}
    assert touched == set(grant_accounts(directory(), SEARCH, payer_id, ["2026-11"]))
    keys = [entry.dedupe_key for entry in (*down, *up)]
    assert len(keys) == len(set(keys))
    assert {entry.document for entry in (*down, *up)} == {"grant:1"}
    assert down[0].from_account.team_id == paying, "a level has the money before it passes it on"
    assert [entry.kind for entry in up] == ["lapse"] * len(up)


def test_a_team_that_moved_gives_the_rest_back_to_the_payer_in_one_step() -> None:
    (entry,) = grant_returned_entries(grant(payer_id=99), 5 * NANOS, directory=directory(), at=NOW, by=None)

    assert (entry.from_account.team_id, entry.to_account.team_id) == (SEARCH.id, 99)


def test_nothing_unspent_posts_nothing() -> None:
    assert grant_returned_entries(grant(), 0, directory=directory(), at=NOW, by=None) == []
    assert grant_carried_entries(grant(), 0, into=DECEMBER, at=NOW) == []


def test_a_grant_of_more_than_an_entry_moves_has_several() -> None:
    huge = replace(grant(), amount_nanos=MAX_AMOUNT_NANOS * 2 + 7)
    entries = grant_given_entries(huge, directory=directory(), by=2)

    assert [entry.amount_nanos for entry in entries] == [MAX_AMOUNT_NANOS, MAX_AMOUNT_NANOS, 7]
    assert len({entry.dedupe_key for entry in entries}) == 3


def test_a_grant_goes_on_in_the_next_period_with_what_is_left() -> None:
    before = grant(level_nanos=70 * NANOS, ends_at=(DECEMBER.first_day + 3) * DAY_MICROS)
    (entry,) = grant_carried_entries(before, 380 * NANOS, into=DECEMBER, at=NOW)
    after = carried(before, left_nanos=380 * NANOS, into=DECEMBER)

    assert (entry.kind, entry.period, entry.amount_nanos) == ("carry_forward", "2026-12", 380 * NANOS)
    assert entry.from_account == Account(team_id=SEARCH.id, period="2026-11", bucket="available")
    assert entry.to_account == Account(team_id=SEARCH.id, period="2026-12", bucket="available")
    assert (after.period, after.used_nanos, after.brought_nanos, after.level_nanos) == (
        "2026-12",
        120 * NANOS,
        380 * NANOS,
        0,
    )
    assert used([after], 30) == {1: 30}
    assert is_over(after, used_nanos=380 * NANOS, now=NOW)


def test_an_ended_grant_says_what_came_back() -> None:
    over = ended(grant(), returned_nanos=380 * NANOS, level_nanos=120 * NANOS, at=NOW)

    assert (over.state, over.returned_nanos, over.ended_at, over.ended_level_nanos) == (
        "ended",
        380 * NANOS,
        NOW,
        120 * NANOS,
    )


def test_ends_are_starts_of_the_teams_days() -> None:
    day = day_number(date(2026, 3, 29))  # clocks go forward in London that night
    in_london = GrantEnd.before_day(day + 1, "Europe/London").at
    in_utc = GrantEnd.before_day(day + 1, "UTC").at
    assert in_london is not None
    assert in_utc is not None
    assert in_utc - in_london == DAY_MICROS // 24
    assert GrantEnd.after_days(0, today=day, zone="UTC") == GrantEnd.before_day(day + 1, "UTC")
    of_month = GrantEnd.of_period(NOVEMBER, "UTC")
    assert of_month.at == DECEMBER.first_day * DAY_MICROS
    assert ends_within(grant(ends_at=of_month.at), NOVEMBER, zone="UTC")
    assert not ends_within(grant(ends_at=of_month.at + 1 if of_month.at else 0), NOVEMBER, zone="UTC")
    assert not ends_within(grant(ends_at=None), NOVEMBER, zone="UTC")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (GrantEnd(at=None), "Choose when it ends"),
        (GrantEnd(at=NOW), "That day is over"),
        (GrantEnd(at=NOW + 400 * DAY_MICROS), "more than a year away"),
        (GrantEnd(at=None, spent_nanos=0), "more than $0"),
        (GrantEnd(at=None, spent_nanos=501 * NANOS), "at most $500.00"),
    ],
)
def test_an_impossible_end_is_refused_at_its_field(end: GrantEnd, words: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        check_end(end, now=NOW, amount_nanos=500 * NANOS)

    assert words in refused.value.sentence
    assert refused.value.field == (MEASURE_FIELD if end.spent_nanos is not None else DAY_FIELD)


def test_a_possible_end_is_taken() -> None:
    check_end(GrantEnd(at=NOW + 1, spent_nanos=500 * NANOS), now=NOW, amount_nanos=500 * NANOS)
