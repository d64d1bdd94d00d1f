"""A statement's lines: each entry is on one of them, and opening + in - out is the closing."""

import pytest

from bot.books.statements.figures import LATER_USAGE, folded_tools
from bot.books.statements.lines import PostedEntry
from bot.books.statements.reading import read_statement
from bot.money import NANOS
from tests.bot.books.statements.examples import DAY, ENTRIES, MOBILE, PRODUCT, SEARCH, charge, entry, made, sealed


def test_every_kind_of_entry_has_its_line() -> None:
    assert made().lines == (
        ("opening", 50 * NANOS),
        ("budget", 1_000 * NANOS),
        ("granted", 200 * NANOS),
        ("transfers_in", 5 * NANOS),
        ("transfers_out", -75 * NANOS),
        ("credits", 12 * NANOS),
        ("charges", -390 * NANOS - 1),
        ("corrections", 10 * NANOS),
        ("prior_period", -25 * NANOS),
        ("carried_forward", -200 * NANOS),
        ("lapsed", -500 * NANOS),
        ("held", 100 * NANOS),
        ("released", -60 * NANOS),
    )


def test_opening_and_in_less_out_is_the_closing() -> None:
    found = made()

    assert (found.opening_nanos, found.in_nanos, found.out_nanos) == (50 * NANOS, 1_227 * NANOS, 1_190 * NANOS + 1)
    assert found.before_close_nanos == 787 * NANOS - 1
    assert found.closing_nanos == 87 * NANOS - 1
    assert found.still_held_nanos == 40 * NANOS


def test_days_and_tools_sum_to_the_charges_with_their_corrections() -> None:
    found = made()

    assert found.days == ((DAY + 1, 300 * NANOS + 1), (DAY + 2, 80 * NANOS))
    assert sum(nanos for _, nanos in found.tools) == found.charged_nanos == 380 * NANOS + 1


def test_usage_that_came_after_the_close_is_taken_out_of_the_tools() -> None:
    found = made(tools={"Claude Code": 300 * NANOS + 1, "Cursor": 83 * NANOS})

    assert found.tools[-1] == (LATER_USAGE, -3 * NANOS)
    assert sum(nanos for _, nanos in found.tools) == found.charged_nanos


def test_what_is_carried_out_of_a_period_opens_the_next() -> None:
    assert made(period="2026-11").opening_nanos == -made().amount("carried_forward") == 200 * NANOS


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (entry(1, "cover", (PRODUCT, "available"), (SEARCH, "available"), 5, document="close:30:2026-10"), "cover_received"),
        (entry(1, "cover", (SEARCH, "available"), (MOBILE, "available"), 5, document="close:40:2026-10"), "cover_given"),
        (entry(1, "lapse", (MOBILE, "available"), (SEARCH, "available"), 5, document="close:40:2026-10"), "lapse_received"),
        (entry(1, "allocation", (SEARCH, "available"), (MOBILE, "available"), 5, document="budget:40:2026-10"), "handed"),
        (entry(1, "correction", (SEARCH, "available"), (PRODUCT, "available"), 5, document="budget:30:2026-10"), "lowered"),
        (entry(1, "charge", (SEARCH, "held"), (SEARCH, "spent"), 5, document="hold:1", day=DAY), "charges"),
        (entry(1, "correction", (SEARCH, "spent"), (SEARCH, "available"), 5, document="usage:1", day=DAY - 3), "prior_period"),
        (entry(1, "reversal", (SEARCH, "available"), (MOBILE, "available"), 5, document="transfer:2"), "reversals"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)  # fmt: skip
def test_other_kinds_have_theirs(one: PostedEntry, line: str) -> None:
    found = made((one,), tools={})

    assert [line for line, _ in found.lines] == [line]
    assert abs(found.closing_nanos) == 5


def test_other_teams_and_chargeback_are_on_no_statement_of_the_team() -> None:
    numbers = {one.entry.id for one in made().entries}

    assert numbers == {e.id for e in ENTRIES} - {13, 16}


def test_a_statement_reads_back_as_it_was_written() -> None:
    written = made(name="=cmd|' /C calc'!A0")
    read = read_statement(sealed(written))

    assert (read.name, read.lines, read.days, read.tools) == (written.name, written.lines, written.days, written.tools)
    assert (read.coverage, read.period, read.made_at) == (written.coverage, written.period, written.made_at)


def test_no_cell_is_a_formula() -> None:
    text = sealed(made(name="=1+1", tools={"@SUM(A1)": 380 * NANOS + 1}))

    assert "'=1+1" in text
    assert "'@SUM(A1)" in text
    assert not [c for line in text.splitlines() for c in line.split(",") if c.startswith(("=", "@", "+"))]


def test_many_tools_are_a_page_of_them_and_a_rest_with_the_same_sum() -> None:
    tools = tuple((f"tool {n}", (40 - n) * NANOS) for n in range(40))
    folded = folded_tools(tools)

    assert len(folded) == 12
    assert folded[-1][0] == "29 others"
    assert sum(nanos for _, nanos in folded) == sum(nanos for _, nanos in tools)


def test_a_preliminary_statement_has_a_line_for_usage_without_entries() -> None:
    found = made((charge(1, DAY, 5),), state="preliminary", unposted={DAY: 2, DAY + 1: 3}, tools={"a": 10})

    assert found.lines == (("charges", -5), ("unposted", -5))
    assert found.days == ((DAY, 7), (DAY + 1, 3))


def test_usage_that_a_hold_pays_is_a_charge_and_no_longer_held() -> None:
    found = made(
        (
            entry(1, "hold", (SEARCH, "available"), (SEARCH, "held"), 100, document="hold:1"),
            entry(2, "charge", (SEARCH, "held"), (SEARCH, "spent"), 70, document="hold:1", day=DAY),
            entry(3, "correction", (SEARCH, "spent"), (SEARCH, "held"), 20, document="hold:1", day=DAY),
            entry(4, "release", (SEARCH, "held"), (SEARCH, "available"), 10, document="hold:1"),
        ),
        tools={"a": 50},
    )

    assert found.lines == (("charges", -70), ("corrections", 20), ("held", 100), ("released", -10))
    assert (found.closing_nanos, found.still_held_nanos, found.days) == (-50, 40, ((DAY, 50),))
