"""The command line: one line with exit code 1 for whatever an operator can mend, and never a stack trace."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.commands import Run, refused, well
from tests.support.company import TEAMS_YML
from tests.support.paths import ROOT
from tests.support.processes import environment


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("cost_center: CC-100", "cost_centre: CC-100", "teams[search].cost_centre"),
        ("parent: product", "parent: nowhere", "nowhere"),
        ("slug: mobile", "slug: search", "search"),
        ("timezone: Europe/London\n", "timezone: Mars/Base\n", "timezone: "),
        ("amount: 500}", "amount: -5}", "budget.amount"),
        ("amount: 500}", "amount: lots}", "budget.amount"),
        ("amount: 1000,", "amount: 10001,", "product"),
        ("organisation:", "company:", "company"),
    ],
)
def test_a_teams_file_that_can_not_be_is_refused_by_the_fields_name(run: Run, old: str, new: str, named: str) -> None:
    assert old in TEAMS_YML
    Path("teams.yml").write_text(TEAMS_YML.replace(old, new))

    result = run("teams", "import", "teams.yml")

    assert (result.exit_code, result.stdout, type(result.exception)) == (1, "", SystemExit)
    assert named in result.stderr
    assert "search" not in well(run("teams", "list"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("teams", "import", "missing.yml"), "missing.yml: No such file"),
        (("keys", "create", "x", "--source", "fax"), "--source: 'fax' is no format"),
        (("keys", "create", "a b", "--source", "cloudevents"), "NAME: 'a b' must be"),
        (("keys", "create", "x", "--source", "cloudevents", "--team", "nobody"), "--team: there is no team 'nobody'"),
        (("keys", "rotate", "nobody"), "NAME: there is no source 'nobody'"),
        (("keys", "revoke", "nobody"), "NAME: there is no source 'nobody'"),
        (("replay", "missing.csv"), "missing.csv: No such file"),
        (("replay", "."), "Is a directory"),
        (("replay", "header.csv"), "The CSV does not know 'colour'"),
        (("replay", "short.csv"), "needs `time` and `model`"),
        (("replay", "wide.csv"), "row 1 has more values than there are headers"),
        (("replay", "long.csv"), "long.csv is not a CSV"),
        (("replay", "bad.jsonl"), "bad.jsonl, line 2: is not JSON"),
        (("replay", "list.jsonl"), "list.jsonl, line 1: is not a usage event"),
        (("replay", "deep.jsonl"), "deep.jsonl, line 1: is not JSON (it is nested too deeply)"),
        (("replay", "header.csv", "--to", "http://127.0.0.1:1"), "--to and --key go together"),
        (("digest", "--team", "nobody", "--out", "made"), "--team: there is no team 'nobody'"),
        (("digest", "--team", "search", "--week", "soon", "--out", "made"), "--week: write it like 2026-W47"),
        (("digest", "--out", "made"), "name one of --team SLUG, --department SLUG and --company"),
        (("digest", "--team", "search", "--company"), "name one of --team SLUG, --department SLUG and --company"),
        (("digest", "--department", "search"), "--department: Search has no teams below; --team builds its digest"),
    ],
)
def test_a_mistake_is_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    well(run("teams", "import", "teams.yml"))
    Path("header.csv").write_text("time,model,colour\n")
    Path("short.csv").write_text("time\n")
    Path("wide.csv").write_text("time,model\n2026-11-18T12:00:00Z,m,3\n")
    Path("long.csv").write_text(f"time,model\n{'x' * 200_000},m\n")
    Path("bad.jsonl").write_text('{"id": "1"}\n{"id"\n')
    Path("list.jsonl").write_text("[1]\n")
    Path("deep.jsonl").write_text("[" * 100_000)

    assert said in refused(run(*arguments))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "mysql://acme", "DATABASE_URL: must start with"),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL: SQLite in memory"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all.db", "DATABASE_URL: there is no folder /nowhere/at"),
        ("DATABASE_URL", "sqlite:///teams.yml", "The database: file is not a database"),
        ("DATABASE_URL", "postgresql://acme:a-password@127.0.0.1:port/acme", "DATABASE_URL: is no database's address"),
        ("DATABASE_URL", "postgresql://acme:a-password@127.0.0.1:1/acme", "The database can't be reached"),
        ("PORT", "high", "PORT: "),
    ],
)
def test_a_setting_that_can_not_be_is_one_line_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    line = refused(run("check"))

    assert said in line
    assert "a-password" not in line


def test_a_real_process_says_it_the_same_way(tmp_path: Path) -> None:
    """As an operator types it: no stack trace on the way, from any thread."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check"],
        env=environment("sqlite:////nowhere/at/all.db"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "DATABASE_URL: there is no folder /nowhere/at; make it first\n"
