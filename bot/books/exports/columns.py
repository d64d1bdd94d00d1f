"""The columns of exports and the text of their cells: exact decimals, RFC 3339 in UTC, and no formulas."""

import csv
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from bot.money import usd_exact
from bot.periods import moment
from bot.usage import COUNTERS

CellKind = Literal["text", "count", "amount", "moment", "decimal"]
"""A `count` is an integer, an `amount` integer nano-dollars, a `moment` microseconds since 1970. None is an empty cell."""
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""Spreadsheets read a cell that begins with one of these as a formula, or skip it and read the next."""
_QUOTE = "'"


class Column(NamedTuple):
    """A column's name, and what its cells hold."""

    name: str
    kind: CellKind = "text"


ExportRow = Sequence[Any]
"""The cells of a row in the order of its columns."""

LEDGER_COLUMNS = (
    Column("entry_id", "count"),
    Column("period"),
    Column("posted_at", "moment"),
    Column("effective_at", "moment"),
    Column("kind"),
    Column("from_account"),
    Column("to_account"),
    Column("amount_usd", "amount"),
    Column("currency"),
    Column("actor"),
    Column("reason"),
    Column("document"),
    Column("reverses", "count"),
)
"""A row per entry. An account is `slug:bucket` in the entry's period; a `carry_forward` takes from the period before, which
its document names. An actor is `person:ID`, whose name the audit export has until it is erased; the bot itself is empty."""

USAGE_COLUMNS = (
    Column("occurred_at", "moment"),
    *(Column(name) for name in ("source", "event_id", "team", "user", "tool", "provider", "model", "workflow")),
    Column("credential"),
    *(Column(f"{name}_tokens", "count") for name in COUNTERS),
    Column("cost_usd", "amount"),
    *(Column(name) for name in ("cost_basis", "attribution_rule", "adjusts")),
)
"""A row per event as it was booked, and per adjusting row, whose `adjusts` names the event."""

AUDIT_COLUMNS = (
    Column("record_id", "count"),
    Column("at", "moment"),
    *(Column(name) for name in ("actor", "actor_name", "action", "subject", "policy", "detail", "hash")),
)
"""A row per record. `detail` is JSON of ids, amounts in nano-dollars and salted hashes of typed text; `hash` covers the
record and the hash before it."""


def moment_text(at: int) -> str:
    """Formats a moment in RFC 3339 and UTC, with microseconds if it has any."""
    return moment(at).isoformat().replace("+00:00", "Z")


def safe_text(text: str | None) -> str:
    """Returns a text that no spreadsheet takes for a formula: an apostrophe comes before it.

    A text that begins with an apostrophe gets one as well, so that removing the first one gives every text back.
    """
    if not text:
        return ""
    return _QUOTE + text if text[0] in _FORMULA_STARTS or text[0] == _QUOTE else text


def cells(columns: Sequence[Column], row: ExportRow) -> list[str]:
    """Returns the text of a row's cells."""
    return [_TEXTS[column.kind](value) for column, value in zip(columns, row, strict=True)]


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Returns lines of CSV, each with its line feed."""
    lines = _Lines()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return "".join(lines.written)


class _Lines:
    """Takes lines and ends them with a line feed. The writer quotes a carriage return only if it ends lines with one."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> int:
        self.written.append(line[:-2] + "\n")
        return len(line)


def csv_rows(columns: Sequence[Column], rows: Iterable[ExportRow]) -> str:
    """Returns rows as lines of CSV: the text of a ledger's row is what a statement seals."""
    texts = [_TEXTS[column.kind] for column in columns]
    return csv_text([text(value) for text, value in zip(texts, row, strict=True)] for row in rows)


def header(columns: Sequence[Column]) -> str:
    """Returns the first line of a CSV file."""
    return csv_text([[column.name for column in columns]])


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _amount(value: int | None) -> str:
    return "" if value is None else usd_exact(value)


def _moment(value: int | None) -> str:
    return "" if value is None else moment_text(value)


def _decimal(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


_TEXTS: dict[CellKind, Callable[[Any], str]] = {
    "text": safe_text,
    "count": _number,
    "amount": _amount,
    "moment": _moment,
    "decimal": _decimal,
}
