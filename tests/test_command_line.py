"""The list of commands is there at once, and says of each command what the command says of itself."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

from bot.__main__ import LISTED, with_all_loaded
from tests.support.paths import ROOT

HEAVY = ("alembic", "fastapi", "matplotlib", "numpy", "pydantic", "slack_bolt", "sqlalchemy")


@pytest.mark.parametrize("name", sorted(set(LISTED) - {"outbox"}))
def test_a_listed_line_is_what_the_command_says_of_itself(name: str) -> None:
    listed = LISTED[name]
    module, attribute = listed.place.split(":")
    found = getattr(import_module(module), attribute)

    said = found.info.help if listed.is_group else str(inspect.getdoc(found)).split("\n\n")[0]
    assert " ".join(said.split()) == listed.line


def test_a_typed_command_is_loaded_with_its_options() -> None:
    commands = with_all_loaded().commands

    assert "--team" in {option for parameter in commands["digest"].params for option in parameter.opts}
    assert {"create", "list", "revoke"} <= set(commands["keys"].commands)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from bot.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "quarantine" in done.stdout
