"""Reads a policy file: a whole teams.yml, or only its `policy:`. Each fault has its line."""

from dataclasses import dataclass

from pydantic import ValidationError

from bot.org.teams_yml.file_lines import FileLines, load_yaml
from bot.org.teams_yml.models import TeamsFile
from bot.org.teams_yml.policies import PolicyFile
from bot.org.teams_yml.teams_file import faults_of, read_teams_file
from bot.refusals import ConfigError
from bot.text import plain_spaces

_WHOLE = "write a whole teams.yml, or only its `policy:`"


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """A policy, and the whole file around it, if there is one. A bare file holds what stands under `policy:`."""

    policy: PolicyFile
    whole: TeamsFile | None
    lines: FileLines
    is_bare: bool = False

    def located(self, error: ConfigError) -> ConfigError:
        """Returns faults with the line of each."""
        faults = str(error)
        if self.is_bare:
            faults = "\n".join(fault.removeprefix("policy.") for fault in faults.splitlines())
        return self.lines.located(ConfigError(faults))


def read_policy_file(text: str) -> PlannedFile:
    """Reads a teams.yml, its `policy:` alone, or what stands under `policy:`. Raises ConfigError with a line per fault."""
    lines = FileLines(plain_spaces(text))
    loaded = load_yaml(plain_spaces(text))
    if not isinstance(loaded, dict):
        raise ConfigError(f"The file is empty: {_WHOLE}")
    if "organisation" in loaded or "teams" in loaded:
        whole = read_teams_file(text)
        return PlannedFile(policy=whole.policy, whole=whole, lines=lines)
    bare = "policy" not in loaded and bool(set(loaded) & set(PolicyFile.model_fields))
    given = {"policy": loaded} if bare else loaded
    unknown = [name for name in given if name != "policy"]
    if unknown:
        raise lines.located(
            ConfigError("\n".join(f"{name}: does not belong in a policy; {_WHOLE}" for name in unknown))
        )
    try:
        policy = PolicyFile.model_validate(given["policy"] or {})
    except ValidationError as error:
        found = faults_of(error, given["policy"], PolicyFile)
        faults = [fault if bare else f"policy.{fault}" for fault in found]
        raise lines.located(ConfigError("\n".join(faults))) from error
    return PlannedFile(policy=policy, whole=None, lines=lines, is_bare=bare)
