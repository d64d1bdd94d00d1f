"""A source's options on the command line: when it is created, later, and in the list, which never shows a secret."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import main
from tests.scenarios.commands import Run, refused, well

SECRET = re.compile(r"^whsec_[\w+/]{42,43}=$", re.MULTILINE)


def listed(run: Run, name: str) -> str:
    (line,) = [line for line in well(run("keys", "list")).splitlines() if line.strip().startswith(f"{name} ")]
    return re.sub(r" +", " ", line).strip()


def test_a_standard_secret_is_made_and_shown_once_and_the_key_stays_on_the_last_line(run: Run) -> None:
    said = well(run("keys", "create", "hooks", "--source", "standardwebhooks", "--signature", "standard"))

    assert len(SECRET.findall(said)) == 1
    assert "/v1/usage/hooks/hooks" in said
    assert said.splitlines()[-1].startswith("tok_")
    assert listed(run, "hooks") == "hooks standardwebhooks meter any 1 signed (standard)"
    assert not SECRET.search(well(run("keys", "list")))
    assert not SECRET.search(well(run("keys", "set", "hooks", "--signature", "standard")))  # it has one
    assert len(SECRET.findall(well(run("keys", "create", "c", "--source", "lago", "--signature", "standard")))) == 1


def test_a_secret_comes_from_a_file_and_is_not_shown(run: Run) -> None:
    Path("secret").write_text("a vendor's secret\n")
    said = well(run("keys", "create", "h", "--source", "helicone", "--signature", "helicone", "--secret", "@secret"))

    assert "vendor" not in said + well(run("keys", "list"))
    assert listed(run, "h").endswith("signed (helicone)")


def test_a_secret_comes_from_the_standard_input(run: Run) -> None:
    well(run("keys", "create", "h", "--source", "helicone"))  # prepares the database
    arguments = ["keys", "set", "h", "--signature", "helicone", "--secret", "-"]

    assert "signed (helicone)" in well(CliRunner().invoke(main, arguments, input="a vendor's secret\n"))
    assert "--secret: must have 8" in refused(CliRunner().invoke(main, arguments, input="\n"))


def test_options_are_said_changed_and_forgotten(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    maps = ("--map", "model=properties.deployment", "--map", "user=properties.who")
    well(run("keys", "create", "billing", "--source", "lago", *maps, "--default-team", "mobile", "--reported-first"))

    table = re.sub(r"\s+", " ", well(run("keys", "list")))
    shown = "else mobile, reported cost first, model=properties.deployment, user=properties.who"
    assert f"billing lago meter any 1 {shown}" in table
    changed = well(run("keys", "set", "billing", "--map", "user=", "--map", "team=properties.squad", "--book-first"))
    assert changed.strip() == "billing: meter, else mobile, model=properties.deployment, team=properties.squad"
    assert well(run("keys", "set", "billing", "--default-team", "none")).startswith("billing: meter, model=")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "x", "--source", "cloudevents", "--map", "model=a"), "--map: cloudevents has names of its own"),
        (("create", "x", "--source", "lago", "--map", "model"), "--map: 'model' must be like model=properties.model"),
        (("create", "x", "--source", "lago", "--map", "prompt=a"), "--map: 'prompt' is no name of a usage event"),
        (("create", "x", "--source", "lago", "--map", "model=a..b"), "--map: 'a..b' is no path"),
        (("create", "x", "--source", "lago", "--default-team", "nobody"), "--default-team: there is no team 'nobody'"),
        (("create", "x", "--source", "lago", "--signature", "md5"), "--signature: 'md5' is no signature"),
        (("create", "x", "--source", "litellm", "--signature", "standard"), "--signature: litellm does not sign"),
        (("create", "x", "--source", "lago", "--secret", "12345678"), "--secret: needs --signature"),
        (("create", "x", "--source", "helicone", "--signature", "helicone"), "--secret: is missing"),
        (
            ("create", "x", "--source", "helicone", "--signature", "helicone", "--secret", "short"),
            "--secret: must have 8 to 512 characters",
        ),
        (
            ("create", "x", "--source", "lago", "--signature", "standard", "--secret", "whsec_x"),
            "--secret: must be whsec_ and 24 to 64 bytes in Base64",
        ),
        (("create", "x", "--source", "lago", "--signature", "none", "--secret", "12345678"), "--secret: without a"),
        (("create", "x", "--source", "lago", "--signature", "helicone", "--secret", "@none"), "none: No such file"),
        (("set", "nobody", "--book-first"), "NAME: there is no source 'nobody'"),
        (("set", "here"), "Say what to change of here"),
        (("set", "here", "--secret", "12345678"), "--secret: needs --signature"),
    ],
)
def test_a_mistake_is_one_line_and_makes_nothing(run: Run, arguments: tuple[str, ...], said: str) -> None:
    well(run("keys", "create", "here", "--source", "lago"))

    assert said in refused(run("keys", *arguments))
    assert not re.search(r"^ *x ", well(run("keys", "list")), re.MULTILINE)
