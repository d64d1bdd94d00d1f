"""Reads teams.yml and reports each fault with the path of its field."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.org.teams_yml.attendance import days_off_faults
from bot.org.teams_yml.faults import budget_faults, gateway_faults, lifecycle_faults, rule_faults, team_faults
from bot.org.teams_yml.file_lines import FileLines, load_yaml
from bot.org.teams_yml.known_fields import known_fields
from bot.org.teams_yml.models import TeamsFile
from bot.refusals import ConfigError
from bot.text import plain_spaces

_MAX_BYTES = 4_000_000


def read_teams_file(text: str) -> TeamsFile:
    """Reads and checks a teams.yml. Raises ConfigError with one line per fault: its line in the file, its field, and what
    to do."""
    if len(text) > _MAX_BYTES:
        raise ConfigError("The file is over 4 MB.")
    lines = FileLines(plain_spaces(text))
    loaded = load_yaml(plain_spaces(text))
    if not isinstance(loaded, dict):
        raise ConfigError("The file needs `organisation:` and `teams:`.")
    try:
        file = TeamsFile.model_validate(loaded)
    except ValidationError as error:
        raise lines.located(ConfigError("\n".join(faults_of(error, loaded, TeamsFile)))) from error
    faults = [
        *team_faults(file),
        *lifecycle_faults(file),
        *budget_faults(file),
        *rule_faults(file),
        *gateway_faults(file),
        *days_off_faults(file.organisation, file.teams),
        *file.policy.faults({team.slug for team in file.teams}),
    ]
    if faults:
        raise lines.located(ConfigError("\n".join(faults)))
    return file


def faults_of(error: ValidationError, loaded: Any, model: type[BaseModel]) -> list[str]:
    """Returns one line per fault of what was loaded, each with the path of its field."""
    return list(dict.fromkeys(f"{_path(e['loc'], loaded)}: {_error_text(e, model)}" for e in error.errors()))


def _error_text(error: Any, model: type[BaseModel]) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), known_fields(model, error["loc"][:-1]), n=1)
        return f"unknown field. Did you mean `{near[0]}`?" if near else "unknown field"
    return str(error["msg"]).removeprefix("Value error, ")


def _path(location: tuple[int | str, ...], loaded: Any) -> str:
    """Returns the path of a field, such as `teams[search].budget.amount`. List items show their slug or name, if any."""
    text, node = "", loaded
    for part in location:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            node = None
        if isinstance(part, int):
            label = node.get("slug") or node.get("name") or node.get("alias") if isinstance(node, dict) else None
            text += f"[{label or part}]"
        else:
            text += f".{part}" if text else part
    return text
