"""The tools that a stand-in asks for: one that a program offers and that does nothing but read or print."""

from collections.abc import Iterable, Mapping
from typing import Any

FILE = "notes.txt"
"""A file in the folder that every program works in."""

_PATH = "{folder}/" + FILE
_COMMAND = "head -n {turn} " + FILE
_ARGUMENTS: Mapping[str, dict[str, Any]] = {
    "Read": {"file_path": _PATH},
    "shell": {"command": ["head", "-n", "{turn}", FILE]},
    "shell_command": {"command": _COMMAND},
    "exec_command": {"cmd": _COMMAND},
    "read_file": {"file_path": _PATH, "absolute_path": _PATH, "limit": "{turn}", "offset": 0},
    "read": {"filePath": _PATH},
    "view": {"path": _PATH},
    "get_weather": {"city": "Lisbon"},
    "WebSearch": {"query": "weather on day {turn}"},
}


def tool_call(names: Iterable[str], folder: str, turn: int) -> tuple[str, dict[str, Any]] | None:
    """Returns the first offered tool that is known here, with arguments of the turn: programs stop at a repeated call."""
    offered = set(names)
    for name, arguments in _ARGUMENTS.items():
        if name in offered:
            return name, {key: _filled(value, folder, turn) for key, value in arguments.items()}
    return None


def _filled(value: Any, folder: str, turn: int) -> Any:
    if value == "{turn}":
        return turn + 1
    if isinstance(value, list):
        return [str(_filled(word, folder, turn)) for word in value]
    if isinstance(value, str):
        return value.replace("{folder}", folder).replace("{turn}", str(turn + 1))
    return value
