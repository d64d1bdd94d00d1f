"""`tokens rehearse`: a policy is tried on one's own requests before it is switched on, and nothing changes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.scenarios.commands import Run, refused, well
from tests.support.company import TEAMS_YML

POLICY = """policy:
  approvals:
    - {up_to: 100, by: team_manager}
    - {by: finance}
"""


def test_a_company_without_requests_reads_a_simulation_that_says_so(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    Path("policy.yml").write_text(POLICY)
    before = well(run("export", "ledger", "--out", "-")), well(run("export", "audit", "--out", "-"))
    said = well(run("rehearse", "policy.yml"))

    assert "Too few to judge a policy by, so 40 requests" in said
    assert "1. A manager of the team approves up to $100.00 a period" in said
    assert "Less to decide: ben@acme.test" in said
    assert "More to decide: chloe@acme.test" in said
    assert said.endswith("Nothing was changed.\n")
    assert (well(run("export", "ledger", "--out", "-")), well(run("export", "audit", "--out", "-"))) == before


def test_a_whole_file_is_rehearsed_with_its_managers_and_rolled_back(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    Path("plan.yml").write_text(TEAMS_YML.replace("managers: [ben@acme.test]", "managers: [new@acme.test]"))
    found = json.loads(well(run("rehearse", "plan.yml", "--weeks", "4", "--json")))

    assert (found["weeks"], found["requests"], found["simulated"]) == (4, 40, 40)
    assert {one["person"] for one in found["workloads"]} >= {"new@acme.test", "ben@acme.test"}
    assert "new@acme.test" not in well(run("teams", "list"))
    assert "Everything agrees" in well(run("check"))


def test_a_fault_in_the_file_names_its_line(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    Path("policy.yml").write_text(POLICY.replace("100", "lots"))

    assert refused(run("rehearse", "policy.yml")).startswith("line 3, policy.approvals[0].up_to: write an amount")


def test_a_bare_policy_that_names_a_team_which_is_not_there_names_its_line(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    Path("policy.yml").write_text("approvals:\n  - {up_to: 5, by: finance}\n  - {team: nobody, by: finance}\n")

    assert refused(run("rehearse", "policy.yml")) == "line 3, approvals[1].team: there is no team nobody"


def test_a_budget_plan_says_when_budgets_would_have_been_used_up(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    now = datetime.now(UTC)
    rows = [f"e{n},{(now - timedelta(hours=n)).isoformat()},acme-large,search,10,1000" for n in range(1, 7)]
    Path("usage.csv").write_text("\n".join(["id,time,model,team,cost_usd,uncached_input_tokens", *rows, ""]))
    well(run("replay", "usage.csv"))
    Path("plan.yml").write_text(TEAMS_YML.replace("budget: {amount: 1000,", "budget: {amount: 5,"))
    found = json.loads(well(run("rehearse", "plan.yml", "--json")))["budgets"]

    search = [one for one in found if one["team"] == "search"]
    assert {one["now"]["budget_usd"] for one in search} == {"1000.000000000"}
    assert {one["now"]["used_up_on"] for one in search} == {None}
    assert all(one["planned"]["used_up_on"] is not None for one in search)
    assert "Search, " in well(run("rehearse", "plan.yml"))
