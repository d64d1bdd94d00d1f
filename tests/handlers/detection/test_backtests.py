"""`tokens backtest`: a company's past hours in, the messages its channels would have got out."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from bot.__main__ import main
from bot.detection.detector.spike_hours import Ints
from bot.money import NANOS
from tests.bot.detection.spike_examples import MONDAY, WEEK, office, with_dollars

START = 5 * WEEK + 35
LOOP = with_dollars(office(weeks=6), START, 6, 60)


def written(folder: Path, teams: dict[str, Ints]) -> Path:
    """The teams' hours as a CSV, the newest first, zero hours left out."""
    file = folder / "series.csv"
    with file.open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["team", "hour_utc", "cost_usd"])
        for team, cost in teams.items():
            for hour in reversed(range(len(cost))):
                if cost[hour]:
                    rows.writerow([team, stamp(hour)[:13], int(cost[hour]) / NANOS])
    return file


def stamp(hour: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=MONDAY + hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def tokens(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_a_message_is_a_row_at_the_end_of_the_hour_it_needs(tmp_path: Path) -> None:
    series = written(tmp_path, {"search": LOOP, "ads": office(weeks=6, seed=2)})

    result = tokens("backtest", series, "--out", tmp_path / "alerts.csv")

    assert result.exit_code == 0, result.output
    assert "2 messages." in result.stderr
    assert (tmp_path / "alerts.csv").read_text().splitlines() == [
        "team,at,severity",
        f"search,{stamp(START + 1)},low",
        f"search,{stamp(START + 2)},medium",
    ]


def test_explained_rows_say_by_which_rule_and_how_far_over_its_bar(tmp_path: Path) -> None:
    result = tokens("backtest", written(tmp_path, {"search": LOOP}), "--out", "-", "--explain")
    first = next(csv.DictReader(io.StringIO(result.stdout)))

    assert result.exit_code == 0, result.output
    assert list(first)[:3] == ["team", "at", "severity"]
    assert first["rule"] == "record"
    assert float(first["observed_usd"]) > float(first["bar_usd"]) > float(first["usual_usd"]) > 0
    assert abs(float(first["score"]) - float(first["observed_usd"]) / float(first["bar_usd"])) < 0.02
    assert int(first["window_hours"]) in {1, 4, 8, 24, 72}
    assert first["message"] == "posted"


def test_a_file_that_cant_be_read_is_said_in_a_line_and_nothing_is_written(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("team,hour_utc,cost_usd\nsearch,2026-11-26T09,much\n")

    result = tokens("backtest", wrong, "--out", tmp_path / "alerts.csv")

    assert result.exit_code == 1
    assert result.stderr.strip() == "wrong.csv: Row 2, column cost_usd: 'much' is not an amount."
    assert not (tmp_path / "alerts.csv").exists()
    assert tokens("backtest", tmp_path / "nowhere.csv", "--out", "-").exit_code == 1
