"""Planted faults: `tokens verify` and docs/verify.py name each of them, in the same words."""

import contextlib
import importlib.util
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from bot.books.statements.reading import read_rows
from bot.books.statements.sheets import csv_of, sealed_rows
from bot.books.statements.verification import faults_of_chain, faults_of_entries, faults_of_sheet
from bot.money import NANOS
from tests.bot.books.statements.examples import DAY, ENTRIES, charge, ledger, made, sealed

SCRIPT = Path(__file__).parents[4] / "docs" / "verify.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def verify(script: ModuleType, tmp_path: Path) -> Callable[..., list[str]]:
    """Verifies files by both, and returns the faults if they agree on them."""

    def both(*texts: str) -> list[str]:
        paths = []
        for number, text in enumerate(texts):
            paths.append(str(tmp_path / f"{number}.csv"))
            Path(paths[-1]).write_text(text, newline="")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = script.main(paths)
        own = [
            line for line in printed.getvalue().splitlines() if ", seal " not in line and line != "Everything agrees."
        ]
        sheets = [text for text in texts if not text.startswith("entry_id,")]
        ours = [fault for text in sheets for fault in faults_of_sheet(text)]
        ours += [
            fault
            for text in sheets
            for other in texts
            if other.startswith("entry_id,")
            for fault in faults_of_entries(text, other)
        ]
        ours += faults_of_chain(sheets)

        assert code == (1 if ours else 0)
        assert sorted(fault.rpartition(": ")[2] for fault in own) == sorted(f.rpartition(": ")[2] for f in ours)
        return ours

    return both


Verify = Callable[..., list[str]]


def test_what_was_sealed_agrees_with_its_export(verify: Verify) -> None:
    assert verify(sealed(made()), ledger()) == []


def test_the_script_has_at_most_150_lines_of_the_standard_library() -> None:
    text = SCRIPT.read_text()

    assert len(text.splitlines()) <= 150
    assert {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))} == {
        "csv",
        "hashlib",
        "json",
        "sys",
        "decimal",
    }


def test_one_nano_dollar_in_the_export_is_named(verify: Verify) -> None:
    changed = tuple(replace(e, amount_nanos=e.amount_nanos + 1) if e.id == 7 else e for e in ENTRIES)

    faults = verify(sealed(made()), ledger(changed))

    assert len(faults) == 1
    assert "entry 7: amount_usd is 90.000000001 in the export, and 90.000000000 in the statement" in faults[0]


@pytest.mark.parametrize(
    ("amount", "other"),
    [("90.000000000", "90.000000001"), ("-390.000000001", "-390.000000002"), ("786.999999999", "786.999999998")],
    ids=["an entry", "a line", "a total"],
)
def test_one_nano_dollar_in_the_statement_is_named(verify: Verify, amount: str, other: str) -> None:
    text = sealed(made())
    assert amount in text

    faults = verify(text.replace(amount, other), ledger())

    assert any("the link does not fit" in fault for fault in faults)


def test_an_entry_that_is_missing_in_the_export_is_named(verify: Verify) -> None:
    assert verify(sealed(made()), ledger(tuple(e for e in ENTRIES if e.id != 10))) == [
        "search 2026-10: entry 10 is missing in the export"
    ]


def test_an_entry_that_was_added_is_named(verify: Verify) -> None:
    faults = verify(sealed(made()), ledger((*ENTRIES, charge(99, DAY, NANOS))))

    assert faults == ["search 2026-10: entry 99 is in the export, and not in the statement"]


def test_an_entry_left_out_of_the_statement_is_named_though_its_seal_was_made_anew(verify: Verify) -> None:
    less = made(tuple(e for e in ENTRIES if e.id != 12))

    assert verify(sealed(less), ledger()) == ["search 2026-10: entry 12 is in the export, and not in the statement"]


def test_what_was_carried_forward_and_left_out_is_named_though_it_has_the_next_periods_name(verify: Verify) -> None:
    less = made(tuple(e for e in ENTRIES if e.id != 15))

    assert verify(sealed(less), ledger()) == ["search 2026-10: entry 15 is in the export, and not in the statement"]


def test_a_line_that_is_not_the_sum_of_its_entries_is_named_though_its_seal_was_made_anew(verify: Verify) -> None:
    rows = read_rows(sealed(made()))
    for row in rows:
        if (row["row"], row["line"]) == ("line", "credits"):
            row["amount_usd"] = "12.000000001"
    forged = csv_of(sealed_rows([{**row, "link": ""} for row in rows], previous="0" * 64)[0])

    faults = verify(forged)

    assert any("credits" in fault and "12.000000001" in fault for fault in faults)
    assert any("opening + in - out" in fault for fault in faults)


def test_a_broken_link_of_the_chain_is_named(verify: Verify) -> None:
    first = sealed(made())
    second = made(period="2026-11", tools={})
    right = sealed(second, previous=read_rows(first)[-1]["link"], number=2)
    wrong = sealed(second, previous="f" * 64, number=2)

    assert verify(right, first) == []
    assert verify(wrong, first) == ["search 2026-11: the chain is broken: the seal before is not the seal of 2026-10"]


def test_two_statements_of_one_number_are_named(verify: Verify) -> None:
    other = made(tuple(e for e in ENTRIES if e.id != 12))

    assert verify(sealed(made()), sealed(other)) == ["search 2026-10: two different statements have the number 1"]


def test_a_preliminary_statement_has_no_seal(verify: Verify) -> None:
    text = csv_of(read_rows(sealed(made(state="preliminary"))))

    assert verify(text) == ["this statement is preliminary: it has no seal"]
