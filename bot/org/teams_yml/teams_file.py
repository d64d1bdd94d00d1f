"""Reads teams.yml and reports each fault with the path of its field."""

from typing import Any

import yaml
from pydantic import ValidationError

from bot.org.teams_yml.attendance import days_off_faults
from bot.org.teams_yml.faults import budget_faults, gateway_faults, lifecycle_faults, rule_faults, team_faults
from bot.org.teams_yml.models import TeamsFile
from bot.refusals import ConfigError
from bot.text import plain_spaces

_MAX_BYTES = 4_000_000


def read_teams_file(text: str) -> TeamsFile:
    """Reads and checks a teams.yml. Raises ConfigError with one line per fault."""
    if len(text) > _MAX_BYTES:
        raise ConfigError("The file is over 4 MB.")
    try:
        loaded = yaml.safe_load(plain_spaces(text))
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(
            f"The file is not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}"
        ) from error
    if not isinstance(loaded, dict):
        raise ConfigError("The file needs `organisation:` and `teams:`.")
    try:
        file = TeamsFile.model_validate(loaded)
    except ValidationError as error:
        raise ConfigError("\n".join(faults_of(error, loaded))) from error
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
        raise ConfigError("\n".join(faults))
    return file


def faults_of(error: ValidationError, loaded: Any) -> list[str]:
    """Returns one line per fault of what was loaded, each with the path of its field."""
    return list(dict.fromkeys(f"{_path(e['loc'], loaded)}: {_error_text(e)}" for e in error.errors()))


def _error_text(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is no field of this file; is it spelled right?"
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
