"""`tokens quarantine`: an operator lists rows that could not be booked, retries and dismisses them."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.scenarios.commands import Run, refused, well
from tests.support.company import Company, usage_event
from tests.support.traffic.senders import sends


@pytest.fixture
def failed(run: Run) -> Path:
    """Replays a file of one good event, two without a model, one in conflict and one of another source."""
    well(run("teams", "import", "teams.yml"))
    now = SystemClock().now()
    rows = [
        usage_event(1, at=now),
        usage_event(2, at=now - timedelta(hours=3), model=None),
        usage_event(3, at=now, model=None),
        usage_event(1, at=now, dollars=7),
        {**usage_event(4, at=now), "type": "[red]\x1b[31mother"},
    ]
    file = Path("usage.jsonl")
    file.write_text("\n".join(map(json.dumps, rows)))
    assert well(run("replay", file)).startswith("5 rows: 1 accepted, 0 duplicates, 1 conflicts, 3 quarantined")
    return file


def test_the_list_says_what_there_is_why_and_what_can_be_tried_again(run: Run, failed: Path) -> None:
    said = well(run("quarantine", "list"))

    assert re.search(r"2 +replay +\d{4}-\d\d-\d\d \d\d:\d\d +unreadable +\d+ +data.model is missing", said)
    assert "replay: 3 unreadable, " in said
    assert "replay: 1 conflict, " in said
    assert said.endswith("4 rows; 3 can be tried again with `tokens quarantine retry`\n")
    assert len(well(run("quarantine", "list", "--limit", "1")).splitlines()) == 5
    assert "unreadable" not in well(run("quarantine", "list", "--kind", "conflict"))
    assert "--source: there is no source 'x'" in refused(run("quarantine", "list", "--source", "x"))
    assert "--kind: 'odd' is none" in refused(run("quarantine", "list", "--kind", "odd"))


def test_a_row_is_shown_with_all_that_is_kept_and_what_to_do(run: Run, failed: Path) -> None:
    listed = well(run("quarantine", "list"))
    ids = {reason: row for row, reason in re.findall(r"^ *(\d+) .*? \d+ +(\S.*?) *$", listed, re.MULTILINE)}
    shown = well(run("quarantine", "show", ids["data.model is missing"]))
    assert "why: data.model is missing" in shown
    assert '"user": "anna@acme.test"' in shown
    assert "tokens quarantine retry" in shown

    (conflict,) = [row for reason, row in ids.items() if "the first one stands" in reason]
    beside = well(run("quarantine", "show", conflict))
    assert re.search(r"reported +1\.000000000 +7\.000000000", beside)
    assert re.search(r"team +search +search", beside)
    assert f"tokens quarantine dismiss {conflict}" in beside

    (odd,) = [row for reason, row in ids.items() if "type is not ai.usage" in reason]
    assert "\x1b" not in well(run("quarantine", "show", odd))
    assert "ID: there is no row 99" in refused(run("quarantine", "show", "99"))


def test_rows_are_mended_tried_again_and_dismissed(run: Run, failed: Path) -> None:
    wrong = run("quarantine", "retry", "--all")
    assert well(wrong).startswith("3 rows: 0 booked, 0 known already, 0 left out on purpose, 3 still wrong")
    would = well(run("quarantine", "retry", "--source", "replay", "--set", "data.model=gpt-4o", "--dry-run"))
    assert would.startswith("3 rows: 2 could be booked")

    done = well(run("quarantine", "retry", "--source", "replay", "--set", "data.model=gpt-4o"))

    assert done.startswith("3 rows: 2 booked, 0 known already, 0 left out on purpose, 1 still wrong")
    assert "2 rows; 1 can be tried again" in well(run("quarantine", "list"))
    assert well(run("quarantine", "dismiss", "--source", "replay", "--kind", "conflict")) == "1 row dismissed.\n"
    (left,) = re.findall(r"^ *(\d+) +replay", well(run("quarantine", "list")), re.MULTILINE)
    assert well(run("quarantine", "dismiss", left)) == "1 row dismissed.\n"
    assert well(run("quarantine", "list")) == "Nothing is in quarantine.\n"
    assert well(run("check")) == "Everything agrees.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retry"], "Say which rows: IDs, --source NAME or --all"),
        (["retry", "1", "--all"], "Say which rows"),
        (["dismiss"], "Say which rows: IDs or --source NAME"),
        (["retry", "99"], "ID: there is no row 99"),
        (["retry", "1", "--set", "model"], "--set: 'model' must be a field's path and its value"),
        (["retry", "--all", "--set", "model=m"], "--set: name the rows by their IDs"),
        (["retry", "2", "--set", "id.of=m"], "--set: id.of: there are no fields in"),
    ],
)
def test_mistakes_are_said_in_a_line(run: Run, failed: Path, arguments: list[str], said: str) -> None:
    assert said in refused(run("quarantine", *arguments))


async def test_finance_and_prometheus_hear_how_much_there_is_and_of_what(acme_on_both: Company) -> None:
    acme = acme_on_both
    acme.context.settings.quarantine_rows = 2
    await acme.uses(acme.event(1), *(acme.event(n, model=None) for n in (2, 3, 4)))
    await acme.uses(acme.event(1, dollars=9))
    _, _, metrics = await sends(acme, None, method="GET", path="/metrics")

    assert 'tokens_quarantine_rows{kind="unreadable"} 2.0' in metrics
    assert "tokens_quarantine_not_kept_rows 2.0" in metrics
    words = (await acme.chloe.opens_home()).text_everywhere()
    assert "2 rows in quarantine, not booked: 2 unreadable from gateway." in words
    assert "2 rows more could not be booked, and there was no room" in words
    assert "quarantine" not in (await acme.anna.opens_home()).text_everywhere()
