"""Old usage on the command line: archived, removed, and what other commands say afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.refusals import ConfigError
from bot.settings import load_settings
from handlers.books.archives import MANIFEST, read_manifest
from tests.scenarios.commands import Run, refused, well


@pytest.fixture
def old_month(run: Run, tmp_path: Path) -> str:
    """Books two calls of an old month and one of today; returns the month."""
    well(run("teams", "import", "teams.yml"))
    month = f"{SystemClock().now() - timedelta(days=100):%Y-%m}"
    times = (f"{month}-15T10:00:00Z", f"{month}-15T11:00:00Z", f"{SystemClock().now():%Y-%m}-01T00:00:00Z")
    lines = [f"{at},m,search,5,0.25,e{n}" for n, at in enumerate(times)]
    file = tmp_path / "usage.csv"
    file.write_text("\n".join(["time,model,team,output_tokens,cost_usd,id", *lines]) + "\n")
    assert "3 accepted" in well(run("replay", file))
    (tmp_path / "archive").mkdir()
    return month


def test_old_months_are_archived_and_removed_and_other_commands_say_so(
    run: Run, tmp_path: Path, old_month: str
) -> None:
    folder = tmp_path / "archive"
    said = well(run("archive", "--older-than", 62, "--to", folder))
    assert said.startswith(f"usage-{old_month}.part1.parquet: 2 events, sha256 ")
    assert well(run("archive", "--older-than", 62, "--to", folder)) == said

    removed = well(run("archive", "--older-than", 62, "--to", folder, "--remove"))
    assert removed == said + "2 events were removed. Their totals, entries and keys stay.\n"
    assert [archived.rows for archived in read_manifest(folder).values()] == [2]
    assert well(run("check")) == "Everything agrees.\n"
    assert "There are no events before" in well(run("archive", "--older-than", 62, "--to", folder))

    assert "0 accepted, 3 duplicates" in well(run("replay", tmp_path / "usage.csv"))
    horizon = "were removed; their totals and charges stay as they are."
    assert horizon in well(run("reprice", "--since", f"{old_month}-01"))
    assert horizon in well(run("attribution", "reapply", "--since", f"{old_month}-01", "--dry-run"))
    assert horizon in refused(run("attribution", "explain", "e0"))
    assert horizon not in well(run("reprice", "--since", f"{SystemClock().now():%Y-%m}-01"))


def test_an_archive_refuses_what_it_can_not_do_in_one_line(run: Run, tmp_path: Path, old_month: str) -> None:
    folder = tmp_path / "archive"
    assert "one of them" in refused(run("archive", "--to", folder))
    assert "younger than 62 days stay" in refused(run("archive", "--older-than", 1, "--to", folder, "--remove"))
    assert "there is no folder" in refused(run("archive", "--older-than", 62, "--to", tmp_path / "nowhere"))
    (folder / MANIFEST).write_text("{")
    assert "can't be read" in refused(run("archive", "--older-than", 62, "--to", folder))


@pytest.mark.parametrize("days", ["0", "-5", "61", "some", "1e3", "²"])
def test_a_number_of_days_that_can_not_be_is_refused(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENS_KEEP_EVENTS_DAYS", days)

    with pytest.raises(ConfigError, match=r"(?i)keep_events_days: .* is no number of days from 62 on; leave it unset"):
        load_settings()


def test_the_doctor_says_how_long_events_stay(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ok   raw events are kept for ever" in run("doctor").stdout
    monkeypatch.setenv("TOKENS_ARCHIVE_TO", str(tmp_path / "nowhere"))
    assert "FIX  TOKENS_ARCHIVE_TO does nothing without TOKENS_KEEP_EVENTS_DAYS" in run("doctor").stdout
    monkeypatch.setenv("TOKENS_KEEP_EVENTS_DAYS", "400")
    assert "FIX  TOKENS_ARCHIVE_TO: there is no folder" in run("doctor").stdout
    monkeypatch.setenv("TOKENS_ARCHIVE_TO", str(tmp_path))
    assert f"ok   old events are archived to {tmp_path} first" in run("doctor").stdout
