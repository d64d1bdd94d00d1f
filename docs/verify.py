#!/usr/bin/env python3
"""Verifies statements of Tokens without Tokens: python verify.py STATEMENT.csv … [LEDGER.csv …] [NEW=OLD …]

Give it statements (`tokens statement --team SLUG --period 2026-10 --out FILE.csv`) and exports of the ledger
(`tokens export ledger --out FILE.csv`), in any order. It recomputes every sum, link, seal and entry, prints a line for
each fault, and ends with exit code 1 if there is any. NEW=OLD names a team that was renamed since, by its slugs.
"""

import csv
import hashlib
import json
import sys
from decimal import Decimal

# fmt: off
STATEMENT = ["row", "line", "label", "day", "effect_usd", "entry_id", "period", "posted_at", "effective_at", "kind",
             "from_account", "to_account", "amount_usd", "currency", "actor", "reason", "document", "reverses", "link"]
# fmt: on
LEDGER = STATEMENT[5:-1]
INTERNAL = ("held", "released")  # holds move within the budget: they are no part of opening + in - out
CHARGES = ("charges", "corrections", "unposted")


def read(path):
    """Returns a file's columns and rows."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), [{k: v or "" for k, v in row.items() if k} for row in reader]


def amount(row, column="amount_usd"):
    return Decimal(row[column] or "0")


def facts_of(rows):
    return {row["line"]: row["label"] for row in rows if row["row"] == "statement"}


def total(rows, kind):
    return sum((amount(row) for row in rows if row["row"] == kind), Decimal(0))


def faults_of_links(rows):
    """A link is the SHA-256 of the link before, a line feed, and the row's cells as compact JSON. The first row continues the
    seal of the statement before; the last link is the seal."""
    facts = facts_of(rows)
    if facts.get("state") != "sealed":
        yield f"this statement is {facts.get('state')}: it has no seal"
        return
    last = facts["previous"]
    for number, row in enumerate(rows, start=2):
        cells = json.dumps([row[c] for c in STATEMENT[:-1]], ensure_ascii=False, separators=(",", ":"))
        last = hashlib.sha256(f"{last}\n{cells}".encode("utf-8", "surrogatepass")).hexdigest()
        if row["link"] != last:
            named = f"entry {row['entry_id']}" if row["row"] == "entry" else f"{row['row']} {row['line']}".strip()
            yield f"line {number}, {named}: the link does not fit, so this row or one before it was changed"
            return


def faults_of_sums(rows):
    """Each line is the sum of its entries, opening + in - out = closing, and days and tools sum to the charges."""
    effects = {}
    for row in rows:
        if row["row"] == "entry":
            moved = amount(row, "effect_usd")
            if row["line"] in INTERNAL:
                moved = amount(row) if row["line"] == "held" else -amount(row)
            effects[row["line"]] = effects.get(row["line"], 0) + moved
    lines = {row["line"]: amount(row) for row in rows if row["row"] == "line"}
    for line in sorted((lines.keys() | effects.keys()) - {"unposted"}):
        if lines.get(line, 0) != effects.get(line, 0):
            yield f"line {line}: it is {lines.get(line, 0)}, and its entries sum to {effects.get(line, 0)}"
    sums = {row["line"]: amount(row) for row in rows if row["row"] == "total"}
    tied = sums["opening"] + sums["in"] - sums["out"]
    if sums["closing"] != tied or tied != sum(value for line, value in lines.items() if line not in INTERNAL):
        yield f"closing: it is {sums['closing']}, and opening + in - out is {tied}"
    charged = -sum(lines.get(line, Decimal(0)) for line in CHARGES)
    for kind in ("day", "tool"):
        if total(rows, kind) != charged:
            yield f"{kind}s: they sum to {total(rows, kind)}, and the charges are {charged}"


def is_on(entry, team, period):
    """A carry_forward has the name of the period it enters; its document ends with the one it leaves."""
    if entry["document"].startswith("spread:"):  # chargeback: on no statement
        return False
    ours = team in (entry["from_account"].partition(":")[0], entry["to_account"].partition(":")[0])
    leaves = entry["kind"] == "carry_forward" and entry["document"].rpartition(":")[2] == period
    return ours and (entry["period"] == period or leaves)


def faults_of_entries(rows, ledger):
    """The statement's entries are those of the ledger, cell by cell, and none is missing."""
    facts = facts_of(rows)
    exported = {entry["entry_id"]: entry for entry in ledger}
    listed = {row["entry_id"]: row for row in rows if row["row"] == "entry"}
    for number, row in listed.items():
        if number not in exported:
            yield f"entry {number} is missing in the export"
            continue
        for column in LEDGER:
            there, here = exported[number][column], row[column]
            if there != here:
                yield f"entry {number}: {column} is {there} in the export, and {here} in the statement"
    for number, entry in exported.items():
        if number not in listed and is_on(entry, facts["team"], facts["period"]):
            yield f"entry {number} is in the export, and not in the statement"


def faults_of_chain(statements):
    """Each statement continues the seal of the team's statement before."""
    ordered = sorted(statements, key=lambda one: (facts_of(one[1])["team"], int(facts_of(one[1])["number"] or 0)))
    for (_, before), (path, after) in zip(ordered, ordered[1:], strict=False):
        old, new = facts_of(before), facts_of(after)
        step = int(new["number"] or 0) - int(old["number"] or 0)
        if old["team"] == new["team"] and step == 1 and new["previous"] != before[-1]["link"]:
            yield f"{path}: the chain is broken: the seal before is not the seal of {old['period']}"
        if old["team"] == new["team"] and step == 0 and after[-1]["link"] != before[-1]["link"]:
            yield f"{path}: two different statements have the number {new['number']}"


def main(arguments):
    statements, ledgers, faults = [], [], []
    renamed = dict(name.split("=") for name in arguments if "=" in name)
    for path in (one for one in arguments if "=" not in one):
        columns, rows = read(path)
        if columns == STATEMENT and rows:
            statements.append((path, rows))
        elif columns == LEDGER:
            for row in rows:
                for side in ("from_account", "to_account"):
                    slug, _, bucket = row[side].partition(":")
                    row[side] = f"{renamed.get(slug, slug)}:{bucket}"
            ledgers.append(rows)
        else:
            faults.append(f"{path}: this is neither a statement nor an export of the ledger")
    for path, rows in statements:
        found = [*faults_of_sums(rows), *faults_of_links(rows)]
        found += [fault for ledger in ledgers for fault in faults_of_entries(rows, ledger)]
        faults += [f"{path}: {fault}" for fault in found]
    faults += faults_of_chain(statements)
    for path, rows in statements:
        print(f"{path}: {facts_of(rows)['team']} {facts_of(rows)['period']}, seal {rows[-1]['link']}")
    print("\n".join(faults) or "Everything agrees.")
    return 1 if faults or not statements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
