"""`tokens attribution`: from an unattributed key to its team, with the explanation."""

import re
from datetime import timedelta
from pathlib import Path

from bot.clock import SystemClock
from tests.scenarios.commands import Run, refused, well
from tests.support.company import TEAMS_YML


def used(*rows: str) -> Path:
    """Writes a file with one call per row, an hour ago: id, credential, dollars."""
    at = f"{SystemClock().now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    file = Path("usage.csv")
    lines = [f"{at},m,5,{row}" for row in rows]
    file.write_text("\n".join(["time,model,output_tokens,id,credential,cost_usd", *lines, ""]))
    return file


def days_ago(days: int) -> str:
    return f"{SystemClock().now() - timedelta(days=days):%Y-%m-%d}"


def test_a_key_is_listed_claimed_explained_and_kept_by_an_import(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    assert well(run("attribution", "unattributed")) == "Everything is attributed.\n"
    well(run("replay", used("r-1,ci-7,2", "r-2,ci-7,3", "r-3,,1")))
    listed = well(run("attribution", "unattributed"))
    assert re.search(r"ci-7 +2 +\$5\.00 +\d{4}-", listed)
    assert re.search(r"\(none named\) +1 +\$1\.00", listed)

    said = well(run("attribution", "claim", "ci-7", "--team", "mobile", "--since", days_ago(3)))
    assert re.search(r"unattributed +mobile +2 +\$5\.00", said)
    assert "ci-7" not in well(run("attribution", "unattributed"))
    assert well(run("check")) == "Everything agrees.\n"
    told = well(run("attribution", "explain", "r-1"))
    assert "counts for mobile, by credential:ci-7" in told
    assert "its cost is of the basis reported\n" in told
    assert "moved (reattribution:1): mobile, by credential:ci-7" in told
    assert f"claimed in Slack, kept: credential ci-7 from {days_ago(3)}: mobile\n" in well(
        run("teams", "import", "teams.yml")
    )
    assert run("attribution", "claim", "ci-7", "--team", "search").stderr == "ci-7 is Mobile's already, by a claim.\n"


def test_todays_rules_apply_to_the_past_on_request(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    well(run("replay", used("r-1,ci-7,2")))
    line = f"attribution:\n  - {{credential: ci-7, team: mobile, from: {days_ago(9)}}}\n"
    Path("teams.yml").write_text(TEAMS_YML.replace("attribution:\n", line))
    well(run("teams", "import", "teams.yml"))
    would = well(run("attribution", "reapply", "--since", days_ago(5), "--dry-run"))
    assert re.search(r"unattributed +mobile +1 +\$2\.00 *\nDry run: nothing was moved\.", would)
    assert "today's rules say mobile: `tokens attribution reapply --since" in well(run("attribution", "explain", "r-1"))

    assert re.search(r"unattributed +mobile +1 +\$2\.00", well(run("attribution", "reapply", "--since", days_ago(5))))
    again = well(run("attribution", "reapply", "--since", days_ago(5), "--team", "mobile"))
    assert again == "Nothing moves: all of it is where today's rules say.\n"


def test_an_event_of_two_sources_is_explained_twice_and_an_unknown_one_is_refused(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    file = used("r-1,ci-7,2")
    for source in ("eu", "us"):
        well(run("replay", file, "--source", source))
    both = well(run("attribution", "explain", "r-1"))
    assert [line.split(",")[0] for line in both.splitlines() if line.startswith("Event")] == [
        "Event r-1 of source eu",
        "Event r-1 of source us",
    ]
    assert "source us" not in well(run("attribution", "explain", "r-1", "--source", "eu"))

    unknown = "EVENT_ID: no event with the id 'r-9' is booked; is it in quarantine?"
    assert refused(run("attribution", "explain", "r-9")) == unknown
    assert "--source: there is no source 'asia'" in refused(run("attribution", "explain", "r-1", "--source", "asia"))


def test_invalid_options_are_named(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    for words, said in (
        (("reapply", "--since", "yesterday"), "--since: 'yesterday' is no date like 2026-11-01"),
        (
            ("reapply", "--since", "2026-11-01", "--team", "x"),
            "--team: there is no team 'x'; `tokens teams list` shows them",
        ),
        (("claim", "ci-7", "--team", "x"), "--team: there is no team 'x'; `tokens teams list` shows them"),
        (("unattributed", "--since", "1.1.2026"), "--since: '1.1.2026' is no date like 2026-11-01"),
    ):
        assert refused(run("attribution", *words)) == said
