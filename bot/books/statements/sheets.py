"""The CSV of a statement: rows of text with their links, written and read.

Each row carries its link: the SHA-256 of the link before it and the row's own cells. The first row continues the seal of
the team's statement before; the last link is the seal. docs/statements.md has the form.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from bot.books.exports.columns import LEDGER_COLUMNS, cells, csv_text, moment_text, safe_text
from bot.books.statements.figures import Statement, label_of
from bot.books.statements.lines import PostedEntry, StatementEntry
from bot.money import usd_exact
from bot.org.teams import ORGANISATION_SLUG
from bot.periods import date_of

FORMAT = "tokens-statement-1"
FIRST = "0" * 64
"""The seal before a team's first statement."""
ENTRY_COLUMNS = tuple(column.name for column in LEDGER_COLUMNS)
"""An entry's cells are those of `tokens export ledger`."""
COLUMNS = ("row", "line", "label", "day", "effect_usd", *ENTRY_COLUMNS, "link")

Row = dict[str, str]


def link(before: str, cells: Sequence[str]) -> str:
    """Returns the link of a row: SHA-256, in hexadecimal, of the link before and the row's cells as JSON."""
    text = before + "\n" + json.dumps(list(cells), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def safe_cell(text: str) -> str:
    """Returns a text on one line that no spreadsheet takes for a formula."""
    return safe_text(" ".join(text.split()))


def sealed_rows(rows: Iterable[Row], *, previous: str) -> tuple[list[Row], str]:
    """Returns rows with their links, and the seal."""
    linked, last = [], previous
    for row in rows:
        last = link(last, [row.get(column, "") for column in COLUMNS[:-1]])
        linked.append({**row, "link": last})
    return linked, last


def statement_rows(statement: Statement, *, slugs: Mapping[int, str]) -> list[Row]:
    """Returns a statement's rows without links. `slugs` has the name in exports of each team among the entries, by id."""
    period, is_root = statement.period, statement.slug == ORGANISATION_SLUG
    facts = {
        "format": FORMAT,
        "team": statement.slug,
        "name": statement.name,
        "cost_center": statement.cost_center,
        "currency": statement.currency,
        "period": period.name,
        "first_day": date_of(period.first_day).isoformat(),
        "last_day": date_of(period.end_day - 1).isoformat(),
        "state": statement.state,
        "made_at": moment_text(statement.made_at),
        "number": str(statement.number) if statement.number else "",
        "previous": statement.previous,
    }
    rows: list[Row] = [{"row": "statement", "line": key, "label": safe_cell(value)} for key, value in facts.items()]
    for line, nanos in statement.lines:
        label = label_of(line, is_organisation=is_root)
        rows.append({"row": "line", "line": line, "label": label, "amount_usd": usd_exact(nanos)})
    rows += [{"row": "total", "line": key, "amount_usd": usd_exact(nanos)} for key, nanos in totals(statement).items()]
    for day, nanos in statement.days:
        rows.append({"row": "day", "amount_usd": usd_exact(nanos), "day": date_of(day).isoformat()})
    for name, nanos in statement.tools:
        rows.append({"row": "tool", "label": safe_cell(name), "amount_usd": usd_exact(nanos)})
    rows += _coverage_rows(statement)
    return rows + [_entry_row(one, slugs) for one in statement.entries]


def totals(statement: Statement) -> dict[str, int]:
    """Returns the sums of a statement by name, in their order."""
    return {
        "opening": statement.opening_nanos,
        "in": statement.in_nanos,
        "out": statement.out_nanos,
        "before_close": statement.before_close_nanos,
        "closing": statement.closing_nanos,
        "held": statement.still_held_nanos,
    }


AMOUNTS_OF_COVERAGE = (
    "usage_nanos",
    "billed_nanos",
    "bill_nanos",
    "bill_booked_nanos",
    "observed_nanos",
    "reported_nanos",
    "unattributed_nanos",
    "company_nanos",
)
COUNTS_OF_COVERAGE = ("observed_tokens", "observed_booked_tokens", "unpriced_calls", "unpriced_tokens")


def _coverage_rows(statement: Statement) -> list[Row]:
    coverage = statement.coverage
    amounts = [
        {
            "row": "coverage",
            "line": name.removesuffix("_nanos"),
            "amount_usd": usd_exact(getattr(coverage, name)),
        }
        for name in AMOUNTS_OF_COVERAGE
    ]
    counts = [{"row": "coverage", "line": name, "label": str(getattr(coverage, name))} for name in COUNTS_OF_COVERAGE]
    return amounts + counts


def _entry_row(one: StatementEntry, slugs: Mapping[int, str]) -> Row:
    entry = one.entry
    return {
        "row": "entry",
        "line": one.line,
        "day": "" if entry.usage_day is None else date_of(entry.usage_day).isoformat(),
        "effect_usd": usd_exact(one.effect_nanos),
        **entry_cells(entry, slugs),
    }


def entry_cells(entry: PostedEntry, slugs: Mapping[int, str]) -> Row:
    """Returns an entry's cells, those of the ledger's export. `slugs` has the teams' names in it, by id."""
    source, target = (
        f"{slugs.get(a.team_id, f'team {a.team_id}')}:{a.bucket}" for a in (entry.from_account, entry.to_account)
    )
    actor = "" if entry.actor_id is None else f"person:{entry.actor_id}"
    exported = (
        *(entry.id, entry.period, entry.posted_at, entry.effective_at, entry.kind, source, target),
        *(entry.amount_nanos, entry.currency, actor, entry.reason, entry.document, entry.reverses_id),
    )
    return dict(zip(ENTRY_COLUMNS, cells(LEDGER_COLUMNS, exported), strict=True))


def csv_of(rows: Iterable[Row]) -> str:
    """Returns rows as CSV."""
    return csv_text([COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)])
