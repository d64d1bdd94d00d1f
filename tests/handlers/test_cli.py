"""Operator errors on the command line: one line, exit code 1, no stack trace."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import main
from bot.periods import MICROS, micros
from handlers.doctor import late_totals
from storage.intake.pending import Waiting
from tests.support.company import TEAMS_YML

Tokens = Callable[..., Result]


@pytest.fixture
def tokens(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """Runs `tokens …` on a migrated SQLite file, in a folder without a `.env`."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(a) for a in arguments])

    return run


@pytest.fixture
def acme_yml(tmp_path: Path) -> Path:
    file = tmp_path / "teams.yml"
    file.write_text(TEAMS_YML)
    return file


def good(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def bad(result: Result) -> str:
    """Returns the printed error, after checking for exit code 1 and no stack trace."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result.stderr.strip()


def test_faults_of_a_file_are_named_by_their_field(tokens: Tokens, acme_yml: Path, tmp_path: Path) -> None:
    acme_yml.write_text(TEAMS_YML.replace("cost_center:", "cost_centre:"))
    assert bad(tokens("teams", "import", acme_yml)) == (
        "line 14, teams[search].cost_centre: unknown field. Did you mean `cost_center`?"
    )
    acme_yml.write_text(TEAMS_YML.replace("amount: 1000,", "amount: 10001,"))
    assert "teams[product].budget.amount" in bad(tokens("teams", "import", acme_yml))
    assert "nowhere.yml" in bad(tokens("teams", "import", tmp_path / "nowhere.yml"))
    assert str(tmp_path) in bad(tokens("teams", "import", tmp_path))
    acme_yml.write_bytes(b"\xff\xfe\x00")
    assert bad(tokens("teams", "import", acme_yml)).startswith("The file is not YAML")


def test_a_key_is_printed_once_on_the_last_line_and_can_be_rotated_and_revoked(
    tokens: Tokens, acme_yml: Path, tmp_path: Path
) -> None:
    tokens("teams", "import", acme_yml)
    key = good(tokens("keys", "create", "gateway-eu", "--source", "cloudevents", "--team", "search")).splitlines()[-1]
    assert key.startswith("tok_")
    assert len(key) > 40
    assert key.encode() not in (tmp_path / "tokens.db").read_bytes()
    listed = good(tokens("keys", "list"))
    assert [word in listed for word in ("gateway-eu", "cloudevents", "search", key)] == [True, True, True, False]

    new = good(tokens("keys", "rotate", "gateway-eu")).splitlines()[-1]
    assert new.startswith("tok_")
    assert new != key
    assert "1 key of gateway-eu revoked." in good(tokens("keys", "revoke", "gateway-eu"))
    assert "0 keys" in good(tokens("keys", "revoke", "gateway-eu"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "create", "gw", "--source", "carrier-pigeon"], "--source: 'carrier-pigeon' is no format"),
        (["keys", "create", "a b", "--source", "cloudevents"], "NAME: 'a b' must be"),
        (["keys", "create", "gw", "--source", "cloudevents", "--team", "nobody"], "--team: there is no team 'nobody'"),
        (["keys", "create", "gw", "--source", "cloudevents", "--role", "spy"], "--role"),
        (["keys", "rotate", "gw"], "NAME: there is no source 'gw'"),
        (["keys", "revoke", "gw"], "NAME: there is no source 'gw'"),
        (["digest", "--team", "nobody"], "--team: there is no team 'nobody'"),
        (["replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (["replay", "x.jsonl", "--to", "http://127.0.0.1:1"], "--to and --key go together"),
    ],
)
def test_an_operators_fault_is_one_line(tokens: Tokens, arguments: list[str], said: str) -> None:
    complaint = bad(tokens(*arguments))

    assert said in complaint
    assert len(complaint.splitlines()) == 1


def test_a_database_that_cannot_be_opened_is_one_line(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/no/such/folder/tokens.db")
    assert "DATABASE_URL: there is no folder" in bad(tokens("check"))
    monkeypatch.setenv("DATABASE_URL", "mysql://localhost/tokens")
    assert "must start with sqlite:///, postgres:// or postgresql://" in bad(tokens("check"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/tokens")
    assert len(bad(tokens("check")).splitlines()) == 1


def test_migrate_prints_where_the_database_is(tokens: Tokens, tmp_path: Path) -> None:
    (tmp_path / "tokens.db").unlink()
    assert "The database is at" in good(tokens("migrate"))
    assert good(tokens("migrate", "--quiet")) == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["web"],
        ["worker"],
        ["migrate"],
        ["check"],
        ["teams", "list"],
        ["keys", "list"],
        ["people", "unmatched"],
        ["quarantine", "list"],
        ["prices", "disagreements"],
        ["sources"],
        ["attribution", "unattributed"],
        ["reprice", "--since", "2026-01-01"],
        ["digest", "--team", "search"],
    ],
)
def test_an_older_release_says_in_one_sentence_that_a_newer_one_migrated_the_database(
    tokens: Tokens, tmp_path: Path, arguments: list[str]
) -> None:
    good(tokens("migrate"))
    _newer(tmp_path)

    complaint = bad(tokens(*arguments))

    assert complaint.startswith("The database is at 0999_newer, but this release of Tokens only knows revisions up to")
    assert len(complaint.splitlines()) == 1


def test_the_doctor_says_that_a_newer_release_migrated_the_database(tokens: Tokens, tmp_path: Path) -> None:
    good(tokens("migrate"))
    _newer(tmp_path)

    found = tokens("doctor")

    assert found.exit_code == 1
    assert "FIX  The database is at 0999_newer" in found.stdout
    assert "Traceback" not in found.output


def test_the_doctor_names_usage_that_its_totals_miss_for_more_than_a_minute() -> None:
    noon = micros(datetime(2027, 3, 1, 12, tzinfo=UTC))
    waiting = Waiting(events=40, since=noon)

    assert late_totals(None, now=noon) == []
    assert late_totals(waiting, now=noon + 60 * MICROS) == []
    ((well, said),) = late_totals(waiting, now=noon + 61 * MICROS)
    assert not well
    assert said == "40 calls are missing in the totals since 2027-03-01 12:00 UTC: start `tokens run`, which adds them"


def _newer(folder: Path) -> None:
    """Leaves the database as a newer release would."""
    with sqlite3.connect(folder / "tokens.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0999_newer'")
    database.close()
