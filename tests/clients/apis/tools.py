"""The tools that a stand-in asks for: one that a program offers and that does nothing but read or print."""

from collections.abc import Iterable, Mapping
from typing import Any

FILE = "notes.txt"
"""A file in the folder that every program works in."""

_ARGUMENTS: Mapping[str, dict[str, Any]] = {
    "Read": {"file_path": "{folder}/" + FILE},
    "shell": {"command": ["cat", FILE]},
    "shell_command": {"command": f"cat {FILE}"},
    "exec_command": {"cmd": f"cat {FILE}"},
    "read_file": {"file_path": "{folder}/" + FILE, "absolute_path": "{folder}/" + FILE},
    "read": {"filePath": "{folder}/" + FILE},
    "view": {"path": "{folder}/" + FILE},
    "get_weather": {"city": "Lisbon"},
}


def tool_call(names: Iterable[str], folder: str) -> tuple[str, dict[str, Any]] | None:
    """Returns the first offered tool that is known here, with its arguments."""
    offered = set(names)
    for name, arguments in _ARGUMENTS.items():
        if name in offered:
            return name, {
                key: value.replace("{folder}", folder) if isinstance(value, str) else value
                for key, value in arguments.items()
            }
    return None
