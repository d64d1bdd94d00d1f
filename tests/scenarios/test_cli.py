"""The command line: what each command does."""

import json
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.periods import day_number, week_name, week_of
from tests.scenarios.commands import Run, well
from tests.support.company import TEAMS_YML

TOKEN = re.compile(r"tok_[\w-]{43}")


def usage_csv(file: Path, *rows: str) -> Path:
    file.write_text("\n".join(["time,model,team,output_tokens,cost_usd", *rows]) + "\n")
    return file


def test_a_dry_run_says_what_an_import_would_change_and_changes_nothing(run: Run) -> None:
    would = well(run("teams", "import", "teams.yml", "--dry-run"))
    assert "+ search: budget: $1,000.00" in would
    assert would.endswith("Dry run: nothing was stored.\n")
    assert "search" not in well(run("teams", "list"))

    assert well(run("teams", "import", "teams.yml")) == would.removesuffix("Dry run: nothing was stored.\n")
    assert well(run("teams", "import", "teams.yml")) == "Nothing changes.\n"
    assert re.search(r"search +Search +product +\$1,000\.00 +#team-search", well(run("teams", "list")))


def test_an_import_says_the_difference_and_what_is_stored_without_being_applied(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    changed = TEAMS_YML.replace("amount: 1000,", "amount: 1200,").replace("people: self", "people: managers")
    Path("teams.yml").write_text(changed)

    said = well(run("teams", "import", "teams.yml"))

    assert "~ search: budget: $1,000.00 → $1,200.00" in said
    assert re.search(r"^stored, not applied yet: organisation.people", said, re.MULTILINE)


def test_a_key_is_printed_once_on_the_last_line_and_ends_with_rotate_and_revoke(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    tokens = [
        well(run(*command)).splitlines()[-1]
        for command in (
            ("keys", "create", "ci", "--source", "cloudevents", "--team", "mobile"),
            ("keys", "rotate", "ci"),
        )
    ]
    assert all(TOKEN.fullmatch(token) for token in tokens)
    assert tokens[0] != tokens[1]

    listed = well(run("keys", "list"))
    assert re.search(r"ci +cloudevents +meter +mobile +1", listed)
    assert not TOKEN.search(listed)
    assert all(token.encode() not in Path("tokens.db").read_bytes() for token in tokens)
    assert well(run("keys", "revoke", "ci")) == "1 key of ci revoked.\n"
    assert re.search(r"mobile +0", well(run("keys", "list")))


def test_a_replay_books_a_file_once_and_says_which_rows_it_could_not(run: Run, tmp_path: Path) -> None:
    well(run("teams", "import", "teams.yml"))
    day = f"{SystemClock().now():%Y-%m}-01"
    rows = (f"{day}T00:00:00Z,m,search,5,0.25", f"{day}T00:00:00Z,m,search,-5,1", f"{day}T00:00:00Z,m,search,²,1")
    file = usage_csv(tmp_path / "usage.csv", *rows, f"{day},m,search,1,1")

    first = run("replay", file)

    assert well(first) == "4 rows: 1 accepted, 0 duplicates, 0 conflicts, 3 quarantined\n"
    assert "row 2: data.output_tokens is negative" in first.stderr
    assert "row 3: data.output_tokens: expected int" in first.stderr
    assert "row 4: time is not RFC 3339" in first.stderr
    assert well(run("replay", file)).startswith("4 rows: 0 accepted, 1 duplicates, 0 conflicts, 3 quarantined")
    assert well(run("check")) == "Everything agrees.\n"


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_replay_shifted_to_now_twice_books_none_the_second_time(run: Run, tmp_path: Path, suffix: str) -> None:
    well(run("teams", "import", "teams.yml"))
    file = usage_csv(tmp_path / "old.csv", "2020-03-01T00:00:00Z,m,search,5,1", "2020-03-02T00:00:00Z,m,search,5,1")
    if suffix == "jsonl":
        times = ("2020-03-01T00:00:00Z", "2020-03-02T00:00:00Z")
        calls = [{"id": t, "time": t, "data": {"model": "m", "output_tokens": 1}} for t in times]
        file = tmp_path / "old.jsonl"
        file.write_text("".join(json.dumps(call) + "\n\n" for call in calls))

    said = [well(run("replay", file, "--shift-to-now")) for _ in range(2)]

    assert [line.partition(",")[0] for line in said] == ["2 rows: 2 accepted", "2 rows: 0 accepted"]
    assert "2 duplicates" in said[1]


def test_check_ends_with_one_and_says_what_disagrees(run: Run, tmp_path: Path) -> None:
    well(run("teams", "import", "teams.yml"))
    day = f"{SystemClock().now():%Y-%m}-01"
    well(run("replay", usage_csv(tmp_path / "usage.csv", f"{day}T00:00:00Z,m,search,5,0.25")))
    with sqlite3.connect("tokens.db") as database:
        database.execute("UPDATE usage_days SET cost_nanos = cost_nanos + 1")
    database.close()

    result = run("check")

    assert result.exit_code == 1
    assert re.search(r"^\d+ disagreements?\.$", result.stdout, re.MULTILINE)
    assert len(result.stdout.splitlines()) > 1


def test_a_digest_is_written_as_its_message_and_charts(run: Run, tmp_path: Path) -> None:
    well(run("teams", "import", "teams.yml"))
    now = SystemClock().now()
    week = week_name(week_of(day_number(now.date()))[0] - 7)
    monday = now - timedelta(days=now.weekday() + 14)
    days = [(monday + timedelta(days=day), 10 if day < 7 else 40) for day in range(14)]
    file = usage_csv(
        tmp_path / "week.csv", *(f"{day:%Y-%m-%d}T12:00:00Z,m,search,5,{dollars}" for day, dollars in days)
    )
    well(run("replay", file, "--source", "export"))

    well(run("digest", "--team", "search", "--week", week, "--out", "made"))

    message = json.loads(Path("made/digest.json").read_text())
    assert "$280" in json.dumps(message)
    charts = [file for file in Path("made").iterdir() if file.suffix == ".png"]
    assert charts
    assert all(chart.read_bytes().startswith(b"\x89PNG") for chart in charts)


def test_doctor_says_what_is_well_and_what_to_do(run: Run) -> None:
    result = run("doctor")

    assert (result.exit_code, result.stderr) == (1, "")
    for said in (
        "FIX  SLACK_BOT_TOKEN is not set",
        "ok   the database (SQLite)",
        "tokens teams import",
        "tokens connect CLIENT --create",
    ):
        assert said in result.stdout
    assert all(line.startswith(("ok   ", "FIX  ")) for line in result.stdout.splitlines())


def test_help_names_every_command_with_what_it_does(run: Run) -> None:
    said = well(run("--help"))

    for command in ("demo", "run", "web", "worker", "migrate", "teams", "keys", "replay", "digest", "check", "doctor"):
        assert re.search(rf"\b{command} +[A-Z]", said), command
