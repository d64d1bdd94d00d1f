"""`tokens digest` of a department and of the company."""

import json
from datetime import timedelta
from pathlib import Path

from bot.clock import SystemClock
from bot.periods import day_number, week_name, week_of
from tests.scenarios.commands import Run, refused, well


def test_the_digests_of_a_department_and_the_company_are_written(run: Run, tmp_path: Path) -> None:
    well(run("teams", "import", "teams.yml"))
    now = SystemClock().now()
    week = week_name(week_of(day_number(now.date()))[0] - 7)
    file = tmp_path / "week.csv"
    day = f"{now - timedelta(days=7):%Y-%m-%d}T12:00:00Z"
    file.write_text(f"time,model,team,output_tokens,cost_usd\n{day},m,search,5,40\n{day},m,mobile,5,2\n")
    well(run("replay", file, "--source", "export"))

    well(run("digest", "--company", "--week", week, "--out", "company"))
    assert "Acme spent $42.00 last week" in json.loads(Path("company/digest.json").read_text())["text"]
    well(run("digest", "--department", "product", "--week", week, "--out", "product"))
    assert "Product spent $40.00 last week" in json.loads(Path("product/digest.json").read_text())["text"]

    assert well(run("digest", "--company", "--week", week, "--post")) == "Put in the outbox.\n"
    assert "nothing is posted twice" in well(run("digest", "--company", "--week", week, "--post"))
    assert well(run("digest", "--department", "product", "--week", week, "--post")) == "Put in the outbox.\n"
    before = week_name(week_of(day_number(now.date()))[0] - 70)
    assert "used nothing" in well(run("digest", "--company", "--week", before))


def test_a_department_without_a_manager_who_gets_it_says_so(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    Path("teams.yml").write_text(Path("teams.yml").read_text().replace("managers: [ben@acme.test], budget", "budget"))
    well(run("teams", "import", "teams.yml"))
    now = SystemClock().now()
    file = Path("week.csv")
    file.write_text(
        f"time,model,team,output_tokens,cost_usd\n{now - timedelta(days=7):%Y-%m-%d}T12:00:00Z,m,search,5,40\n"
    )
    well(run("replay", file, "--source", "export"))

    assert "no manager of Product gets a digest" in refused(run("digest", "--department", "product", "--post"))
