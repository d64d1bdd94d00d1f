"""A company's workflows: the name of a call's workflow, by its tags and other labels, and its priority."""

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

import msgspec

from bot.usage import Labels

Priority = Literal["protected", "normal", "deferrable"]
MatchedLabel = Literal["tag", "workflow", "service", "credential", "tool", "model", "user_agent", "gateway_team"]
"""The labels that a line may match; `service` is an alias of `workflow`."""
_MATCHED = frozenset(get_args(MatchedLabel))


@dataclass(frozen=True, kw_only=True)
class WorkflowRule:
    """One line of `workflows:` in teams.yml. All its patterns must match; `*` and `?` are wildcards. A line without patterns
    only gives a workflow its priority."""

    name: str
    match: Mapping[str, str]
    priority: Priority = "normal"

    def fits(self, labels: Labels) -> bool:
        return all(
            any(fnmatchcase(value.casefold(), pattern.casefold()) for value in _values(labels, label) if value)
            for label, pattern in self.match.items()
        )


class Workflows:
    """The workflows in the order of teams.yml: the first line that matches names a call's workflow."""

    def __init__(self, rules: Iterable[WorkflowRule] = ()) -> None:
        listed = tuple(rules)
        self._naming = tuple(rule for rule in listed if rule.match and _MATCHED.issuperset(rule.match))
        self._priorities = {rule.name.casefold(): rule.priority for rule in reversed(listed)}

    def named(self, labels: Labels) -> Labels | None:
        """Returns labels with the workflow's name in teams.yml; None if no line gives another one."""
        for rule in self._naming:
            if rule.fits(labels):
                return None if labels.workflow == rule.name else msgspec.structs.replace(labels, workflow=rule.name)
        return None

    def priority_of(self, workflow: str) -> Priority:
        return self._priorities.get(workflow.casefold(), "normal")


def _values(labels: Labels, label: str) -> tuple[str, ...]:
    if label == "tag":
        return labels.tags
    found: str = getattr(labels, "workflow" if label == "service" else label)
    return (found,)


def workflows_of(stored: Sequence[Mapping[str, Any]] | None, *, held: Iterable[str] = ()) -> Workflows:
    """Returns workflows from the stored `workflows` document. Before its lines come the names of `held`: budget is set
    aside for these runs, and a call that has one as its tag belongs to it."""
    declared = [
        WorkflowRule(name=line["name"], match=line.get("match") or {}, priority=line.get("priority") or "normal")
        for line in stored or []
    ]
    priorities = {rule.name.casefold(): rule.priority for rule in reversed(declared)}
    runs = [
        WorkflowRule(name=name, match={"tag": glob.escape(name)}, priority=priorities.get(name.casefold(), "normal"))
        for name in sorted(set(held))
    ]
    return Workflows([*runs, *declared])
