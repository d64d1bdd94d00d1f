"""Bars and curves of letters: every column begins where it does in the other lines, whatever the names are."""

import pytest

from bot.money import NANOS
from bot.views.bars import Bar, bar_lines, columns_of, curve, fitted

HOSTILE = "<!channel> `rm` & <@U0BEN0001> \N{RIGHT-TO-LEFT OVERRIDE}gnp"


def bar(name: str, used: float, whole: float | None = None, **changed: object) -> Bar:
    return Bar(
        name=name,
        used_nanos=round(used * NANOS),
        whole_nanos=None if whole is None else round(whole * NANOS),
        **changed,  # type: ignore[arg-type]  # a depth or a note
    )


def test_names_bars_shares_and_amounts_are_in_columns() -> None:
    lines = bar_lines(
        [
            bar("Technology", 13_585, 26_520),
            bar("Search", 4_781, 4_760, depth=1),
            bar("Ops", 3.04, 6_200),
            bar("New", 0),
        ]
    )

    assert lines.splitlines() == [
        "Technology  █████░░░░░  51%  $13,585 of $26,520",
        "  Search    ██████████ 100%   $4,781 of $4,760",
        "Ops         █░░░░░░░░░   0%    $3.04 of $6,200",
        "New                            $0.00",
    ]


@pytest.mark.parametrize("name", ["検索と広告の部門、全社", "👩‍💻 agents", "Ünïcödé é", "א ב ג", HOSTILE, "x" * 90])
def test_wide_combining_and_hostile_letters_keep_the_columns(name: str) -> None:
    first, second = bar_lines([bar(name, 50, 100), bar("Search", 50, 100)]).splitlines()

    assert columns_of(first.partition("█")[0]) == columns_of(second.partition("█")[0])
    assert first.count("\n") == 0
    assert not set(first) & set("<>`")


def test_a_bar_is_full_only_from_all_on_and_shows_the_least_use() -> None:
    full = [bar_lines([bar("A", used, 1_000)]).count("█") for used in (0, 0.01, 99, 999, 1_000, 9_000)]

    assert full == [0, 1, 1, 9, 10, 10]


def test_a_credit_has_an_empty_bar() -> None:
    assert "█" not in bar_lines([bar("A", -5, 100)])


def test_what_has_no_price_is_no_zero() -> None:
    line = bar_lines([Bar(name="A", used_nanos=0, whole_nanos=NANOS, has_no_price=True)])

    assert "no price yet" in line
    assert "$0.00" not in line


def test_fitted_is_exactly_as_wide() -> None:
    for text in ("", "abc", "検索検索検索", "a検索検索", "e\N{COMBINING ACUTE ACCENT}" * 9):
        for columns in (1, 2, 5, 8):
            assert columns_of(fitted(text, columns)) == columns


def test_a_curve_has_a_letter_a_day_and_a_dot_for_nothing() -> None:
    assert curve([0, 1, 50, 100, -3]) == "·▁▅█·"
    assert curve([0, 0]) == "··"
    assert curve([]) == ""
    assert curve([10**18, 1]) == "█▁"
