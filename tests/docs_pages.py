"""The documents that tests read, and the files of the project."""

import re
from pathlib import Path
from typing import Any

from bot.__main__ import with_all_loaded

ROOT = Path(__file__).parent.parent


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^[ ]*```{language}\n(.*?)^[ ]*```", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def subcommands(command: Any) -> dict[str, Any]:
    """The commands below one, by name; none below one that is no group."""
    return getattr(command, "commands", {})


def fault_of(typed: str) -> str | None:
    """What is wrong with a typed `tokens …`, by the command line itself; None if it exists with its options."""
    command: Any = with_all_loaded()
    words = typed.split()[1:]
    while words and subcommands(command):
        found = subcommands(command).get(words.pop(0))
        if found is None:
            return "no such command"
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in words if word.startswith("--") and word not in known]
    return f"no option {unknown[0]}" if unknown else None
