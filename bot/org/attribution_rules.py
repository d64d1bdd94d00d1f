"""Attribution rules: lines of teams.yml and claims, each with a pattern, a team and dates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, get_args

RuleKind = Literal["credential", "gateway_team", "workflow", "tag", "user"]
RULE_KINDS: tuple[RuleKind, ...] = get_args(RuleKind)
Origin = Literal["file", "claim"]


class Placement(NamedTuple):
    """An event's team and the name of the rule that chose it."""

    team_id: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class AttributionRule:
    """One line of `attribution:` in teams.yml, or a claim. `pattern` may hold `*` and `?`.

    The rule is in force from `from_at` until `until_at`, or without end. A person gave a `dated` rule its start; any
    other rule starts at its first import.
    """

    kind: RuleKind
    pattern: str
    team_id: int
    from_at: int = 0
    until_at: int | None = None
    dated: bool = False
    origin: Origin = "file"

    def is_in_force(self, at: int) -> bool:
        """Returns whether the rule is in force at a moment in microseconds."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)

    def names_credential(self, credential: str) -> bool:
        """Returns whether the rule names exactly this credential, without wildcards."""
        return self.kind == "credential" and self.pattern.casefold() == literal_pattern(credential).casefold()

    @property
    def placement(self) -> Placement:
        """Returns the rule's team with the rule's name."""
        return Placement(self.team_id, f"{self.kind}:{self.pattern}")


def literal_pattern(credential: str) -> str:
    """Returns the pattern that matches this credential and no other, whatever characters it contains."""
    return re.sub(r"[*?\[]", r"[\g<0>]", credential)


class RulePatterns:
    """Rules of one kind: exact ones by look-up, then patterns in file order, then claims."""

    def __init__(self, rules: Iterable[AttributionRule]) -> None:
        self._exact: dict[str, list[AttributionRule]] = {}
        self._globs: list[tuple[str, AttributionRule]] = []
        firsts: dict[str, AttributionRule] = {}
        for rule in rules:
            pattern = rule.pattern.casefold()
            if any(c in pattern for c in "*?["):
                self._globs.append((pattern, rule))
            else:
                self._exact.setdefault(pattern, []).append(rule)
            if pattern not in firsts or rule.from_at < firsts[pattern].from_at:
                firsts[pattern] = rule
        self._reach_back = {id(rule) for rule in firsts.values() if not rule.dated}

    def __bool__(self) -> bool:
        return bool(self._exact or self._globs)

    def find(self, value: str, at: int, *, early: bool) -> AttributionRule | None:
        """Returns the rule in force at a moment; if `early`, an undated rule that starts later."""
        folded = value.casefold()
        for rule in self._exact.get(folded, ()):
            if self._answers(rule, at, early):
                return rule
        for pattern, rule in self._globs:
            if self._answers(rule, at, early) and fnmatchcase(folded, pattern):
                return rule
        return None

    def _answers(self, rule: AttributionRule, at: int, early: bool) -> bool:
        return (at < rule.from_at and id(rule) in self._reach_back) if early else rule.is_in_force(at)
