"""Reads a statement's CSV: its rows, what it says of itself, and its figures."""

import csv
import io
from datetime import date, datetime
from typing import cast

from bot.books.statements.coverage import Coverage
from bot.books.statements.figures import Seal, Statement
from bot.books.statements.lines import LINES
from bot.books.statements.sheets import AMOUNTS_OF_COVERAGE, COLUMNS, COUNTS_OF_COVERAGE, FORMAT, Row
from bot.money import nanos_from_decimal
from bot.periods import Period, day_number, micros
from bot.refusals import Refusal


def read_rows(text: str) -> list[Row]:
    """Returns the rows of a statement's CSV. Raises Refusal if it is none."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise Refusal("this is no statement: its columns are others")
    rows = [{name: row.get(name) or "" for name in COLUMNS} for row in reader]
    if not rows or (rows[0]["line"], rows[0]["label"]) != ("format", FORMAT):
        raise Refusal(f"this is no statement that this version knows: its first row is not `{FORMAT}`")
    return rows


def facts_of(rows: list[Row]) -> dict[str, str]:
    """Returns what a statement says of itself, by name."""
    return {row["line"]: _text(row["label"]) for row in rows if row["row"] == "statement"}


def read_statement(text: str) -> Statement:
    """Returns the figures of a statement's CSV, without its entries."""
    rows = read_rows(text)
    facts = facts_of(rows)
    first, last = (day_number(date.fromisoformat(facts[name])) for name in ("first_day", "last_day"))
    return Statement(
        slug=facts["team"],
        name=facts["name"],
        cost_center=facts["cost_center"],
        currency=facts["currency"],
        period=Period(name=facts["period"], first_day=first, end_day=last + 1),
        state=cast(Seal, facts["state"]),
        lines=tuple((row["line"], _nanos(row)) for row in rows if row["row"] == "line" and row["line"] in LINES),
        days=tuple((day_number(date.fromisoformat(row["day"])), _nanos(row)) for row in rows if row["row"] == "day"),
        tools=tuple((_text(row["label"]), _nanos(row)) for row in rows if row["row"] == "tool"),
        coverage=_coverage(rows),
        still_held_nanos=next(_nanos(row) for row in rows if (row["row"], row["line"]) == ("total", "held")),
        made_at=micros(datetime.fromisoformat(facts["made_at"])),
        number=int(facts["number"] or 0),
        previous=facts["previous"],
        seal=rows[-1]["link"],
    )


def _coverage(rows: list[Row]) -> Coverage:
    kept = {row["line"]: row for row in rows if row["row"] == "coverage"}
    amounts = {name: _nanos(kept[name.removesuffix("_nanos")]) for name in AMOUNTS_OF_COVERAGE}
    return Coverage(**amounts, **{name: int(kept[name]["label"]) for name in COUNTS_OF_COVERAGE})


def _nanos(row: Row) -> int:
    return nanos_from_decimal(row["amount_usd"])


def _text(cell: str) -> str:
    """Returns a cell without the apostrophe that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") else cell
