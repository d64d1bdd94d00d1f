"""Deciding which team a usage event belongs to, and by which rule. First hit wins; the rule's name is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from bot.people import spelling
from bot.usage import UsageEvent

RuleKind = Literal["credential", "gateway_team", "workflow", "tag", "user"]


class Placed(NamedTuple):
    """Where an event belongs: the team's id and the name of the rule that said so."""

    team_id: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of `attribution:` in teams.yml. `pattern` may hold `*` and `?`."""

    kind: RuleKind
    pattern: str
    team_id: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """A credential that sends usage events. `team_id` is the team its key is bound to, if any.

    `default_team_id` gets what no rule could place. With `reported_first` the cost that the sender reports stands before
    the price book. `signature` is `standard`, `helicone` or "" for none, checked with `secret`. `mapping` says which member of
    a sender's own event is what: native name → path.
    """

    id: int
    name: str
    format: str
    role: Literal["meter", "observe"]
    team_id: int | None
    default_team_id: int | None = None
    reported_first: bool = False
    signature: str = ""
    secret: str = field(default="", repr=False)
    mapping: Mapping[str, str] = field(default_factory=dict)


class _Patterns:
    """Rules of one kind: exact ones by look-up, patterns in the order of the file."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._exact: dict[str, Placed] = {}
        self._globs: list[tuple[str, Placed]] = []
        for rule in rules:
            pattern, placed = rule.pattern.casefold(), Placed(rule.team_id, f"{rule.kind}:{rule.pattern}")
            if any(c in pattern for c in "*?["):
                self._globs.append((pattern, placed))
            else:
                self._exact.setdefault(pattern, placed)

    def __bool__(self) -> bool:
        return bool(self._exact or self._globs)

    def find(self, value: str) -> Placed | None:
        folded = value.casefold()
        found = self._exact.get(folded)
        if found is None:
            found = next((placed for pattern, placed in self._globs if fnmatchcase(folded, pattern)), None)
        return found


class Attribution:
    """The rules in force, compiled for look-up. It remembers what it decided: senders repeat themselves."""

    _MEMORY = 50_000

    def __init__(
        self,
        *,
        rules: Iterable[Rule],
        team_ids: dict[str, int],
        team_of_user: dict[str, int],
        unattributed_id: int,
    ) -> None:
        """`team_ids` are the directory's teams by slug; `team_of_user` maps spellings of people to their team."""
        listed = list(rules)
        self._by_kind = {
            kind: _Patterns(r for r in listed if r.kind == kind)
            for kind in ("credential", "gateway_team", "workflow", "tag", "user")
        }
        self._team_ids = team_ids
        self._team_of_user = team_of_user
        self._unattributed = Placed(unattributed_id, "unattributed")
        self._memory: dict[tuple[object, ...], Placed] = {}

    def place(self, event: UsageEvent, source: Source) -> Placed:
        """The team of an event: by the key's own team, credential, gateway's team, workflow, tag, declared team, user."""
        if source.team_id is not None:
            return Placed(source.team_id, f"key:{source.name}")
        asked = (event.credential, event.gateway_team, event.workflow, event.tags, event.declared_team, event.user)
        placed = self._memory.get(asked)
        if placed is None:
            if len(self._memory) >= self._MEMORY:
                self._memory.clear()
            placed = self._memory[asked] = self._decide(event)
        return placed

    def _decide(self, event: UsageEvent) -> Placed:
        for kind, value in (
            ("credential", event.credential),
            ("gateway_team", event.gateway_team),
            ("workflow", event.workflow),
        ):
            if value and (found := self._by_kind[kind].find(value)):
                return found
        if self._by_kind["tag"]:
            for tag in event.tags:
                if found := self._by_kind["tag"].find(tag):
                    return found
        declared = self._team_ids.get(event.declared_team.casefold()) if event.declared_team else None
        if declared is not None:
            return Placed(declared, "declared team")
        if event.user:
            if found := self._by_kind["user"].find(event.user):
                return found
            own = self._team_of_user.get(spelling(event.user))
            if own is not None:
                return Placed(own, "user's team")
        return self._unattributed
