"""The command line in a test's own process: each command in a folder of its own, and how its answers are read."""

from collections.abc import Callable

from typer.testing import CliRunner, Result

from bot.__main__ import main

Run = Callable[..., Result]
"""One command: its words in, and what came of it."""


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def well(result: Result) -> str:
    assert result.exit_code == 0, (result.stdout, result.stderr, result.exception)
    return result.stdout


def refused(result: Result) -> str:
    """The one line that a command which can't go on says, on the error stream alone."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.exception
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    return line
