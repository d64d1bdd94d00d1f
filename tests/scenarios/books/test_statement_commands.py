"""`tokens statement`, `tokens verify` and `tokens chargeback`, from the shell."""

import asyncio
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.books.statements.reading import read_rows
from bot.books.statements.sheets import csv_of, sealed_rows
from bot.clock import SystemClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from handlers.books.periods import keep_books
from handlers.books.statements.sealing import seal_statements
from handlers.cli import prepare
from handlers.org.teams import import_teams
from tests.scenarios.commands import Run, invoke, refused, well
from tests.support.company import TEAMS_YML

SCRIPT = Path(__file__).parents[3] / "docs" / "verify.py"


class SetClock:
    """A clock that stands where it is set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def month(run: Run) -> str:
    """The name of a month that began 45 days ago or earlier, whose statements are sealed."""
    now = SystemClock().now()
    began = (now - timedelta(days=45)).replace(day=10, hour=12)

    async def two_months() -> None:
        clock = SetClock(began)
        context = await prepare(Settings(database_url=f"sqlite:///{Path.cwd()}/tokens.db"), clock)
        await import_teams(context, read_teams_file(TEAMS_YML), dry_run=False)
        await keep_books(context)
        clock.moment = now
        await keep_books(context)
        assert await seal_statements(context)
        await context.store.close()

    asyncio.run(two_months())
    return f"{began:%Y-%m}"


def test_a_statement_is_shown_written_and_verified(run: Run, month: str) -> None:
    shown = well(run("statement", "--team", "search", "--period", month))
    assert "Sealed on" in shown
    assert "Lapsed to the parent" in shown

    for name in ("search.csv", "search.pdf"):
        assert well(run("statement", "--team", "search", "--period", month, "--out", name)).startswith(
            f"{name}: Sealed"
        )
    well(run("export", "ledger", "--out", "ledger.csv"))

    assert Path("search.pdf").read_bytes().startswith(b"%PDF-")
    assert well(run("verify", "search.csv", "ledger.csv")) == "Everything agrees.\n"
    assert well(run("check")) == "Everything agrees.\n"
    alone = subprocess.run([sys.executable, "-I", SCRIPT, "search.csv", "ledger.csv"], capture_output=True, check=True)
    assert alone.stdout.endswith(b"Everything agrees.\n")


def test_a_forged_statement_is_named_by_the_database(run: Run, month: str) -> None:
    """Its seal was made anew, so the file alone agrees with itself."""
    well(run("statement", "--team", "search", "--period", month, "--out", "search.csv"))
    rows = [{**row, "link": ""} for row in read_rows(Path("search.csv").read_text())]
    rows = [{**row, "label": "Surch"} if row["line"] == "name" else row for row in rows]
    Path("search.csv").write_text(csv_of(sealed_rows(rows, previous="0" * 64)[0]))

    assert well(run("verify", "search.csv", "--files-only")) == "Everything agrees.\n"
    told = run("verify", "search.csv")
    assert (told.exit_code, told.stdout.count("\n")) == (1, 1)
    assert "and the database's is" in told.stdout


def test_a_renamed_team_verifies_as_before(run: Run, month: str) -> None:
    well(run("statement", "--team", "search", "--period", month, "--out", "search.csv"))
    renamed = TEAMS_YML.replace("slug: search\n", "slug: find\n    renamed_from: search\n").replace(
        "team: search", "team: find"
    )
    Path("teams.yml").write_text(renamed)
    well(run("teams", "import", "teams.yml"))
    well(run("export", "ledger", "--out", "ledger.csv"))

    assert well(run("check")) == "Everything agrees.\n"
    assert well(run("verify", "search.csv", "ledger.csv")) == "Everything agrees.\n"
    assert well(run("verify", "search.csv", "ledger.csv", "find=search", "--files-only")) == "Everything agrees.\n"
    assert run("verify", "search.csv", "ledger.csv", "--files-only").exit_code == 1
    alone = [sys.executable, "-I", str(SCRIPT), "search.csv", "ledger.csv"]
    assert subprocess.run([*alone, "find=search"], capture_output=True, check=False).returncode == 0
    assert subprocess.run(alone, capture_output=True, check=False).returncode == 1


def test_chargeback_is_shown_and_written(run: Run, month: str) -> None:
    assert "No cost is spread." in well(run("chargeback", "--period", month))
    assert "0 rows" in well(run("chargeback", "--period", month, "--out", "chargeback.csv"))
    assert Path("chargeback.csv").read_text().startswith("period,cost_center,team,name,charged_usd,")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("statement", "--team", "nobody", "--period", "2026-10"), "--team: there is no team 'nobody'"),
        (("statement", "--team", "search", "--period", "2026-Q4"), "Budgets here are per month"),
        (("statement", "--team", "search", "--period", "tomorrow"), "is no period"),
        (("statement", "--team", "search", "--out", "x.doc"), "--out: name a file that ends in .csv or .pdf"),
        (("statement", "--team", "search", "--out", "missing/x.csv"), "missing/x.csv: No such file"),
        (("verify", "teams.yml"), "teams.yml: this is no statement"),
        (("verify", "missing.csv"), "missing.csv: No such file"),
        (("verify", "a=b"), "Name the CSV of a statement"),
        (("chargeback", "--period", "2026-13"), "is no period"),
        (("chargeback", "--period", "2026-10", "--out", "x.pdf"), "--out: name a file that ends in .csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_a_sentence(run: Run, words: tuple[str, ...], sentence: str) -> None:
    well(run("teams", "import", "teams.yml"))

    assert sentence in refused(invoke(*words))
