"""`tokens people`: an import shows its changes, rejects a faulty file, and lists unknown people."""

import re
from pathlib import Path

from bot.clock import SystemClock
from tests.scenarios.commands import Run, well


def people_csv(*lines: str) -> Path:
    file = Path("people.csv")
    file.write_text("\n".join(["email,aliases,team,manager,from", *lines, ""]))
    return file


def test_a_people_file_is_tried_stored_and_stored_again(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    file = people_csv("gil@acme.test,u-17;gil.b,mobile,anna@acme.test,")

    would = well(run("people", "import", file, "--dry-run"))
    said = well(run("people", "import", file))

    assert would.splitlines()[:3] == said.splitlines()[:3]
    assert would.endswith("Dry run: nothing was stored.\n")
    assert "+ gil@acme.test: alias u-17\n" in said
    assert "note: anna@acme.test is a manager in this file and not of mobile in teams.yml" in said
    assert "tokens attribution reapply --since DATE" in said
    assert well(run("people", "import", file)).startswith("Nothing changes.\n")


def test_a_faulty_people_file_is_refused_whole(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    result = run("people", "import", people_csv("gil@acme.test,,mobile,,", "hal,,mobile,,", "ivo@acme.test,,mobil,,"))

    assert result.exit_code == 1
    assert result.stderr == "line 3, email: 'hal' is no e-mail address\n"
    result = run("people", "import", people_csv("gil@acme.test,,mobile,,", "ivo@acme.test,,mobil,,"))
    assert result.stderr == "line 3, team: there is no team 'mobil'; did you mean mobile?\n"
    assert "+ gil@acme.test\n" in well(run("people", "import", people_csv("gil@acme.test,,mobile,,")))


def test_unknown_people_are_listed_with_calls_and_spend(run: Run, tmp_path: Path) -> None:
    well(run("teams", "import", "teams.yml"))
    assert well(run("people", "unmatched")) == "Everybody whom senders name is known.\n"
    now = f"{SystemClock().now():%Y-%m-%dT%H:%M:%SZ}"
    usage = tmp_path / "usage.csv"
    usage.write_text(f"time,model,user,output_tokens,cost_usd\n{now},m,u-17,5,1.25\n{now},m,u-17,6,2\n")
    well(run("replay", usage))

    assert re.search(r"u-17 +2 +\$3\.25", well(run("people", "unmatched")))
    assert run("people", "unmatched", "--since", "soon").stderr == "--since: 'soon' is no date like 2026-11-01\n"
