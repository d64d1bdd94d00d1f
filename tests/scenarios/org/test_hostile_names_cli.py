"""Names from senders on a terminal: none is read as markup, and control characters are removed."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.scenarios.commands import Run, well

HOSTILE = "[/b] [red]x\x1b[31m \\"
SHOWN = "[/b] [red]x\N{REPLACEMENT CHARACTER}[31m \\"


@pytest.fixture
def booked(run: Run) -> Run:
    """Books a call with only hostile names and a different reported cost, and a row that is quarantined."""
    well(run("teams", "import", "teams.yml"))
    Path("teams.yml").write_text(
        Path("teams.yml").read_text() + "prices:\n  - {model: '[[]/b*', input_per_mtok: 1000, output_per_mtok: 1000}\n"
    )
    well(run("teams", "import", "teams.yml"))
    at = f"{SystemClock().now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    with Path("usage.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["time", "model", "provider", "output_tokens", "id", "credential", "user", "workflow", "cost_usd"]
        )
        rows.writerow([at, HOSTILE, HOSTILE, 100_000, "r-1", HOSTILE, HOSTILE, HOSTILE, 1])
        rows.writerow([at, HOSTILE, HOSTILE, HOSTILE, "r-2", HOSTILE, HOSTILE, HOSTILE, 1])
    well(run("replay", "usage.csv"))
    return run


@pytest.mark.parametrize(
    "command",
    [
        ("attribution", "unattributed"),
        ("attribution", "explain", "r-1"),
        ("people", "unmatched"),
        ("prices", "disagreements"),
    ],
    ids=" ".join,
)
def test_it_is_shown_as_it_is(booked: Run, command: tuple[str, ...]) -> None:
    said = well(booked(*command))
    assert SHOWN in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "command", [("quarantine", "list"), ("quarantine", "show", "1"), ("quarantine", "retry", "--all")]
)
def test_a_quarantined_row_is_shown_without_control_characters(booked: Run, command: tuple[str, ...]) -> None:
    said = well(booked(*command))
    assert "output_tokens" in said
    assert "\x1b" not in said
