"""Allowed entries, and the entries that bring a day's charges to the sum of its usage."""

import pytest

from bot.books.ledger import ALLOWED_MOVES, EMPTY_BALANCE, Account, Bucket, Entry, EntryKind, charge_entries
from bot.money import MAX_AMOUNT_NANOS, NANOS
from tests.bot.acme import balance

BILLION = MAX_AMOUNT_NANOS


def account(bucket: Bucket, *, team_id: int = 30) -> Account:
    return Account(team_id=team_id, period="2026-11", bucket=bucket)


def entry(kind: EntryKind, source: Account, target: Account, *, nanos: int = NANOS) -> Entry:
    return Entry(
        kind=kind,
        dedupe_key="a key",
        period="2026-11",
        effective_at=0,
        from_account=source,
        to_account=target,
        amount_nanos=nanos,
        actor_id=None,
        reason="a reason",
        document="a document",
    )


@pytest.mark.parametrize(
    ("kind", "moves"),
    [
        ("appropriation", {("funding", "available")}),
        ("allocation", {("available", "available")}),
        ("transfer", {("available", "available")}),
        ("hold", {("available", "held")}),
        ("release", {("held", "available")}),
        ("charge", {("available", "spent"), ("held", "spent")}),
        ("credit", {("spent", "available")}),
        ("lapse", {("available", "available"), ("available", "funding")}),
        ("carry_forward", {("available", "available")}),
        ("cover", {("available", "available"), ("funding", "available")}),
        ("spread", {("spread", "shared")}),
        (
            "variance",
            {
                ("available", "variance:anthropic"),
                ("variance:anthropic", "available"),
                ("available", "variance:openai"),
                ("variance:openai", "available"),
            },
        ),
    ],
)
def test_a_kind_of_entry_moves_between_its_buckets_alone(kind: EntryKind, moves: set[tuple[Bucket, Bucket]]) -> None:
    assert ALLOWED_MOVES[kind] == moves
    for source, target in moves:
        assert entry(kind, account(source), account(target, team_id=20)).kind == kind
    with pytest.raises(ValueError, match=rf"^a {kind} does not move funding to held$"):
        entry(kind, account("funding"), account("held"))


@pytest.mark.parametrize("kind", ["correction", "reversal"])
def test_a_correction_and_a_reversal_move_either_way(kind: EntryKind) -> None:
    assert entry(kind, account("spent"), account("available")).kind == kind
    assert entry(kind, account("available"), account("spent")).kind == kind
    assert kind not in ALLOWED_MOVES


@pytest.mark.parametrize("nanos", [1, BILLION])
def test_an_entry_moves_between_a_nano_dollar_and_a_billion_dollars(nanos: int) -> None:
    made = entry("hold", account("available"), account("held"), nanos=nanos)

    assert (made.amount_nanos, made.usage_day, made.reverses_id) == (nanos, None, None)


@pytest.mark.parametrize("nanos", [-1, 0, BILLION + 1])
def test_an_entry_moves_neither_nothing_nor_more_than_a_billion_dollars(nanos: int) -> None:
    with pytest.raises(ValueError, match=r"^an entry moves more than nothing and at most a billion dollars$"):
        entry("hold", account("available"), account("held"), nanos=nanos)


def test_an_entry_needs_two_accounts() -> None:
    with pytest.raises(ValueError, match=r"^an entry needs two accounts$"):
        entry("transfer", account("available"), account("available"))


def test_available_is_what_is_neither_charged_nor_held() -> None:
    assert balance(100, charged=30, held=20).available_nanos == 50 * NANOS
    assert balance(100, charged=130).available_nanos == -30 * NANOS
    assert balance(0) == EMPTY_BALANCE


def charged(*, posted: int, total: int, entries: int = 0) -> list[Entry]:
    return charge_entries(
        spender_id=30,
        payer_id=10,
        period="2026-11",
        day=20_780,
        posted_nanos=posted,
        posted_entries=entries,
        total_nanos=total,
        at=99,
    )


def test_a_day_of_more_usage_is_charged_with_the_difference() -> None:
    assert charged(posted=2 * NANOS, total=5 * NANOS, entries=4) == [
        Entry(
            kind="charge",
            dedupe_key="charge:30:20780:4",
            period="2026-11",
            effective_at=99,
            from_account=account("available", team_id=10),
            to_account=account("spent"),
            amount_nanos=3 * NANOS,
            actor_id=None,
            reason="usage of the day",
            document="usage:20780",
            usage_day=20_780,
        )
    ]


def test_a_day_of_less_usage_is_corrected_by_the_difference() -> None:
    (made,) = charged(posted=5 * NANOS, total=2 * NANOS)

    assert (made.kind, made.amount_nanos) == ("correction", 3 * NANOS)
    assert (made.from_account, made.to_account) == (account("spent"), account("available", team_id=10))


def test_a_day_that_is_charged_in_full_needs_no_entry() -> None:
    assert charged(posted=5 * NANOS, total=5 * NANOS) == []


@pytest.mark.parametrize(
    ("posted", "total", "moved"),
    [
        (0, BILLION, [BILLION]),
        (0, BILLION + 1, [BILLION, 1]),
        (2 * BILLION + 7, 0, [BILLION, BILLION, 7]),
        (-NANOS, NANOS, [2 * NANOS]),
    ],
)
def test_a_difference_above_a_billion_dollars_takes_several_entries(posted: int, total: int, moved: list[int]) -> None:
    made = charged(posted=posted, total=total, entries=3)

    assert [e.amount_nanos for e in made] == moved
    assert [e.dedupe_key for e in made] == [f"charge:30:20780:{3 + n}" for n in range(len(moved))]
