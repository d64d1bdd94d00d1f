"""Cells of exports: exact amounts, moments in UTC, and texts that no spreadsheet computes."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.books.exports.columns import LEDGER_COLUMNS, Column, cells, csv_rows, header, moment_text, safe_text

AMOUNT = (Column("name"), Column("cost_usd", "amount"), Column("calls", "count"), Column("at", "moment"))
STARTS = "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("start", STARTS)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert safe_text(f"{start}1+1") == f"'{start}1+1"


@given(st.text())
def test_removing_the_apostrophe_gives_every_text_back(text: str) -> None:
    safe = safe_text(text)

    assert safe[:1] not in STARTS or safe == ""
    assert safe.removeprefix("'") == text


def test_negative_amounts_stay_numbers_and_have_nine_decimals() -> None:
    assert cells(AMOUNT, ("-a", -1, -3, 0)) == ["'-a", "-0.000000001", "-3", "1970-01-01T00:00:00Z"]
    assert cells(AMOUNT, ("a", 12_345_678_901_234_567_890, 0, None)) == ["a", "12345678901.234567890", "0", ""]


def test_an_unknown_amount_is_an_empty_cell_and_zero_is_not() -> None:
    assert cells(AMOUNT, ("", None, None, None)) == ["", "", "", ""]
    assert cells(AMOUNT, ("", 0, 0, None))[1:3] == ["0.000000000", "0"]


def test_a_moment_has_microseconds_only_if_it_needs_them() -> None:
    assert moment_text(1_795_600_800_000_000) == "2026-11-25T10:00:00Z"
    assert moment_text(1_795_600_800_000_001) == "2026-11-25T10:00:00.000001Z"


@example([("a\rb", 1, 2), ("c\nd", 3, 4)])
@given(st.lists(st.tuples(st.text(), st.integers(), st.integers()), max_size=4))
def test_every_row_is_read_back_as_it_was(rows: list[tuple[str, int, int]]) -> None:
    columns = AMOUNT[:3]
    text = header(columns) + csv_rows(columns, rows)

    read = list(csv.DictReader(io.StringIO(text, newline="")))

    assert [row["name"].removeprefix("'") for row in read] == [name for name, _, _ in rows]
    assert [int(row["cost_usd"].replace(".", "")) for row in read] == [nanos for _, nanos, _ in rows]


def test_the_ledgers_columns_are_those_of_the_contract() -> None:
    assert header(LEDGER_COLUMNS) == (
        "entry_id,period,posted_at,effective_at,kind,from_account,to_account,amount_usd,currency,actor,reason,document,"
        "reverses\n"
    )
