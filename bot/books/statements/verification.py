"""Verifies a statement's CSV: its sums, its links, the statement before it, and the entries of a ledger's export.

docs/verify.py does the same without Tokens; tests hold the two together.
"""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from bot.books.statements.reading import facts_of, read_rows
from bot.books.statements.sheets import COLUMNS, ENTRY_COLUMNS, Row, link
from bot.money import nanos_from_decimal, usd_exact
from bot.refusals import Refusal


def faults_of_sheet(text: str) -> list[str]:
    """Returns what is wrong with a statement in itself: a line for each fault. A preliminary one has no links to follow."""
    rows = read_rows(text)
    faults = _faults_of_sums(rows)
    facts = facts_of(rows)
    if facts["state"] != "sealed":
        return [*faults, f"this statement is {facts['state']}: it has no seal"]
    last = facts["previous"]
    for number, row in enumerate(rows, start=2):
        last = link(last, [row[column] for column in COLUMNS[:-1]])
        if row["link"] != last:
            faults.append(
                f"line {number}, {_named(row)}: the link does not fit, so this row or one before it was changed"
            )
            break
    return faults


def seal_of(text: str) -> tuple[str, str]:
    """Returns the seal before a statement, and its own."""
    rows = read_rows(text)
    return facts_of(rows)["previous"], rows[-1]["link"]


def faults_of_chain(texts: Sequence[str]) -> list[str]:
    """Returns the statements of one team, among any, whose seal before is not that of the statement before."""
    by_team: dict[str, list[list[Row]]] = {}
    for text in texts:
        rows = read_rows(text)
        by_team.setdefault(facts_of(rows)["team"], []).append(rows)
    faults = []
    for team, listed in by_team.items():
        ordered = sorted(listed, key=_number)
        for before, after in pairwise(ordered):
            step = _number(after) - _number(before)
            name, earlier = facts_of(after)["period"], facts_of(before)["period"]
            if step == 1 and facts_of(after)["previous"] != before[-1]["link"]:
                faults.append(f"{team} {name}: the chain is broken: the seal before is not the seal of {earlier}")
            elif step == 0 and after[-1]["link"] != before[-1]["link"]:
                faults.append(f"{team} {name}: two different statements have the number {_number(after)}")
    return faults


def _number(rows: list[Row]) -> int:
    return int(facts_of(rows)["number"] or 0)


def faults_of_entries(sheet: str, ledger: str, renamed: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Returns where a statement and an export of the ledger disagree: an entry that changed, is missing, or is new.

    `renamed` has the former slug of each team, by its present one, which the export has.
    """
    facts = facts_of(read_rows(sheet))
    exported = [_with_former(row, renamed) for row in read_ledger(ledger)]
    expected = {row["entry_id"] for row in exported if _is_on(row, facts["team"], facts["period"])}
    return compared(sheet, {row["entry_id"]: row for row in exported}, expected=expected, place="the export")


def compared(sheet: str, entries: Mapping[str, Row], *, expected: Collection[str], place: str) -> list[str]:
    """Returns where a statement differs from entries by their ids. `expected` has the ids that belong on it; `place` says
    where the entries are."""
    rows = read_rows(sheet)
    facts = facts_of(rows)
    name = f"{facts['team']} {facts['period']}"
    listed = {row["entry_id"]: row for row in rows if row["row"] == "entry"}
    faults = []
    for entry_id, row in listed.items():
        there = entries.get(entry_id)
        if there is None:
            faults.append(f"{name}: entry {entry_id} is missing in {place}")
            continue
        faults += [
            f"{name}: entry {entry_id}: {column} is {there[column]} in {place}, and {row[column]} in the statement"
            for column in ENTRY_COLUMNS
            if there[column] != row[column]
        ]
    new = (entry_id for entry_id in entries if entry_id in expected and entry_id not in listed)
    return faults + [f"{name}: entry {entry_id} is in {place}, and not in the statement" for entry_id in new]


def read_ledger(text: str) -> list[Row]:
    """Returns the rows of an export of the ledger. Raises Refusal if it is none."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    if not set(ENTRY_COLUMNS) <= set(reader.fieldnames or ()):
        raise Refusal("this is no export of the ledger: columns are missing")
    return [{name: row.get(name) or "" for name in ENTRY_COLUMNS} for row in reader]


def _with_former(row: Row, renamed: Mapping[str, str]) -> Row:
    """Returns an exported entry whose accounts have the former slugs of renamed teams."""
    accounts = {}
    for name in ("from_account", "to_account"):
        slug, colon, bucket = row[name].partition(":")
        accounts[name] = renamed.get(slug, slug) + colon + bucket
    return {**row, **accounts}


def slugs_in(sheet: str) -> set[str]:
    """Returns the slugs of the teams whose accounts a statement names."""
    rows = [row for row in read_rows(sheet) if row["row"] == "entry"]
    return {row[name].partition(":")[0] for row in rows for name in ("from_account", "to_account")}


def is_ledger(text: str) -> bool:
    """Returns whether a file is an export of the ledger, by its first line."""
    return text.removeprefix("\ufeff").startswith("entry_id,")


def _is_on(row: Row, team: str, period: str) -> bool:
    """Returns whether an exported entry belongs on a team's statement. What the close carries forward has the next
    period's name; its document names the period it leaves."""
    if row["document"].startswith("spread:"):
        return False
    sides = [row[name].partition(":")[0] == team for name in ("from_account", "to_account")]
    leaves = row["kind"] == "carry_forward" and row["document"].rpartition(":")[2] == period
    return any(sides) and (row["period"] == period or leaves)


def _faults_of_sums(rows: Sequence[Row]) -> list[str]:
    """Returns where a statement's lines are not the sums of its entries, or do not tie."""
    effects: dict[str, int] = {}
    for row in rows:
        if row["row"] == "entry":
            moved = _nanos(row["effect_usd"])
            if row["line"] in ("held", "released"):
                moved = _nanos(row["amount_usd"]) * (1 if row["line"] == "held" else -1)
            effects[row["line"]] = effects.get(row["line"], 0) + moved
    lines = {row["line"]: _nanos(row["amount_usd"]) for row in rows if row["row"] == "line"}
    totals = {row["line"]: _nanos(row["amount_usd"]) for row in rows if row["row"] == "total"}
    faults = [
        f"line {line}: it is {usd_exact(lines.get(line, 0))}, and its entries sum to {usd_exact(effects.get(line, 0))}"
        for line in sorted((lines.keys() | effects.keys()) - {"unposted"})
        if lines.get(line, 0) != effects.get(line, 0)
    ]
    changes = sum(nanos for line, nanos in lines.items() if line not in ("held", "released"))
    tied = totals["opening"] + totals["in"] - totals["out"]
    if totals["closing"] != tied or totals["closing"] != changes:
        faults.append(f"closing: it is {usd_exact(totals['closing'])}, and opening + in - out is {usd_exact(tied)}")
    charged = -sum(lines.get(line, 0) for line in ("charges", "corrections", "unposted"))
    for part, words in (("day", "days"), ("tool", "tools")):
        total = sum(_nanos(row["amount_usd"]) for row in rows if row["row"] == part)
        if total != charged:
            faults.append(f"{words}: they sum to {usd_exact(total)}, and the charges are {usd_exact(charged)}")
    return faults


def _nanos(text: str) -> int:
    return nanos_from_decimal(text or "0")


def _named(row: Row) -> str:
    if row["row"] == "entry":
        return f"entry {row['entry_id']}"
    return " ".join(filter(None, (row["row"], row["line"], row["day"] or row["label"]))).strip()
