"""Lines of a YAML file: where the field of a fault stands."""

import re
from typing import Any

import yaml

from bot.refusals import ConfigError

_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")
_NAMES = ("slug", "name", "alias")


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, which leaves a date that can't be as it is written: its field says so, with its line."""


def _date(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


def load_yaml(text: str) -> Any:
    """Loads a text as YAML. Raises ConfigError, with the line, for one that is not YAML."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        raise _no_yaml(error) from error


def _no_yaml(error: Exception) -> ConfigError:
    if not isinstance(error, yaml.MarkedYAMLError):
        return ConfigError("The file is not YAML: unreadable or nested too deeply")
    line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
    return ConfigError(f"{line}The file is not YAML: {error.problem or error.context or 'unreadable'}")


class FileLines:
    """The lines of a YAML file's fields, by paths such as `teams[search].budget.amount` or `policy.approvals[0].up_to`."""

    def __init__(self, text: str) -> None:
        """Raises ConfigError, with the line, for a text that is not YAML."""
        try:
            self._root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            raise _no_yaml(error) from error

    def line_of(self, path: str) -> int | None:
        """Returns the line of a field, or that of the nearest thing around it; None for an empty file."""
        node, line = self._root, None
        for match in _STEP.finditer(path):
            name, label = match.groups()
            if isinstance(node, yaml.MappingNode) and name is not None:
                found = next(((key, value) for key, value in node.value if key.value == name), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line, found[1]
            elif isinstance(node, yaml.SequenceNode) and label is not None:
                item = _item(node, label)
                if item is None:
                    break
                line, node = item.start_mark.line, item
            else:
                break
        if line is None and node is not None:
            line = node.start_mark.line
        return None if line is None else line + 1

    def located(self, error: ConfigError) -> ConfigError:
        """Returns a file's faults with the line of each: `line 4, policy.approvals[0].up_to: …`."""
        return ConfigError("\n".join(self._located(fault) for fault in str(error).splitlines()))

    def _located(self, fault: str) -> str:
        path, separator, _ = fault.partition(": ")
        line = self.line_of(path) if separator and " " not in path.partition("[")[0] else None
        return fault if line is None else f"line {line}, {fault}"


def _item(node: yaml.SequenceNode, label: str) -> yaml.Node | None:
    """Returns the item that a path names: by its slug or name, or by its place."""
    for item in node.value:
        if isinstance(item, yaml.MappingNode):
            names = {key.value: value.value for key, value in item.value if key.value in _NAMES}
            if label in names.values():
                return item
    return node.value[int(label)] if label.isdigit() and int(label) < len(node.value) else None
