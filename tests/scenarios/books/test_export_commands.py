"""`tokens export` and read keys at the command line: files, standard output, and sentences for what can't be."""

import csv
import io
import re
from pathlib import Path

import pytest

from tests.scenarios.commands import Run, refused, well
from tests.support.company import TEAMS_YML

TOKEN = re.compile(r"tok_[\w-]{43}")
USAGE = """time,model,team,tool,output_tokens,cost_usd
2026-10-05T10:00:00Z,m,search,=1+1,5,0.25
2026-10-06T10:00:00Z,m,search,,7,
"""


@pytest.fixture
def filled(run: Run) -> Run:
    well(run("teams", "import", "teams.yml"))
    Path("usage.csv").write_text(USAGE)
    well(run("replay", "usage.csv"))
    return run


def test_usage_goes_to_a_file_or_to_standard_output(filled: Run) -> None:
    made = filled("export", "usage", "--period", "2026-10", "--out", "october.csv")
    assert (well(made), made.stderr) == ("", "october.csv: 2 rows\n")

    text = Path("october.csv").read_text()
    assert well(filled("export", "usage", "--period", "2026-10", "--out", "-")) == text
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["tool"], first["cost_usd"], second["cost_usd"]) == ("'=1+1", "0.250000000", "")
    assert len(well(filled("export", "usage", "--period", "2026-11", "--out", "-")).splitlines()) == 1
    assert not [path for path in Path().iterdir() if path.name.endswith(".unfinished")]


def test_the_ledger_has_charges_of_closed_days_and_parquet_by_its_name(filled: Run) -> None:
    assert "organisation:funding" in well(filled("export", "ledger", "--out", "-"))
    assert filled("export", "ledger", "--out", "ledger.parquet").exit_code == 0
    assert Path("ledger.parquet").read_bytes()[:4] == b"PAR1"
    assert filled("export", "ledger", "--out", "other", "--format", "parquet").exit_code == 0
    assert Path("other").read_bytes()[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--out", "a.csv", "--period", "2026-13"), "--period: '2026-13' is no period; write 2026-11, 2026-Q4 or 2026"),
        (("--out", "a.csv", "--format", "xml"), "--format: 'xml' is no format; there are: csv, parquet"),
        (("--out", "nowhere/a.csv"), "nowhere/.a.csv.unfinished: No such file or directory"),
    ],
    ids=str,
)
def test_what_cannot_be_is_a_sentence(filled: Run, words: tuple[str, ...], sentence: str) -> None:
    assert refused(filled("export", "ledger", *words)) == sentence
    assert not Path("a.csv").exists()


def test_a_ledger_by_quarter_has_no_month(run: Run) -> None:
    Path("teams.yml").write_text(TEAMS_YML.replace("period: month", "period: quarter"))
    well(run("teams", "import", "teams.yml"))

    line = refused(run("export", "ledger", "--period", "2026-11", "--out", "a.csv"))

    assert line == "--period: the ledger has no 2026-11, as its budgets are by quarter; ask for 2026-Q4"
    assert well(run("export", "usage", "--period", "2026-11", "--out", "-")).count("\n") == 1


def test_a_read_key_is_printed_once_listed_rotated_and_revoked(filled: Run) -> None:
    made = well(filled("keys", "create", "warehouse", "--read", "--team", "search")).splitlines()
    assert TOKEN.fullmatch(made[-1])

    assert re.search(r"warehouse +read +search +1 +reads exports", well(filled("keys", "list")))
    assert "warehouse" not in well(filled("sources"))
    assert TOKEN.fullmatch(well(filled("keys", "rotate", "warehouse")).splitlines()[-1])
    assert well(filled("keys", "revoke", "warehouse")) == "1 key of warehouse revoked.\n"
    assert "no source 'warehouse'" in refused(filled("keys", "set", "warehouse", "--role", "meter"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("x",), "Give --source FORMAT for a key that sends usage, or --read for one that reads exports."),
        (
            ("x", "--read", "--source", "cloudevents"),
            "Give --source FORMAT for a key that sends usage, or --read for one that reads exports.",
        ),
        (("x", "--read", "--role", "observe"), "--read: a read key has no options but --team"),
        (("x", "--read", "--team", "nobody"), "--team: there is no team 'nobody'; `tokens teams list` shows them"),
        (
            ("replay", "--read"),
            "NAME: there is a source 'replay' already; `tokens keys rotate replay` gives it a new key",
        ),
        (("a b", "--read"), "NAME: 'a b' must be letters, digits, dots, dashes or underscores, at most 63."),
    ],
    ids=str,
)
def test_a_key_that_cannot_be_is_a_sentence(filled: Run, words: tuple[str, ...], sentence: str) -> None:
    assert refused(filled("keys", "create", *words)) == sentence


def test_a_source_cannot_have_a_read_keys_name(filled: Run) -> None:
    well(filled("keys", "create", "warehouse", "--read"))

    line = refused(filled("keys", "create", "warehouse", "--source", "cloudevents"))

    assert line.startswith("NAME: there is a read key 'warehouse' already")
