"""Deciding which team a usage event belongs to, and by which rule. First hit wins; the rule's name is kept.

Rules have dates, and an event belongs where the rules of its own time say. Where none of that time knows it, the first
rule for its pattern decides, if nobody gave that rule a date: nobody said otherwise before.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, get_args

from bot.org.people import normalize_spelling
from bot.usage import Labels, UsageEvent

RuleKind = Literal["credential", "gateway_team", "workflow", "tag", "user"]
RULE_KINDS: tuple[RuleKind, ...] = get_args(RuleKind)
Origin = Literal["file", "claim"]
UNATTRIBUTED = "unattributed"


class Placement(NamedTuple):
    """Where an event belongs: the team's id and the name of the rule that said so."""

    team_id: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class AttributionRule:
    """One line of `attribution:` in teams.yml, or a claim. `pattern` may hold `*` and `?`.

    It holds from `from_at` on until `until_at`, if that is known. A `dated` one has its beginning from a person, who knew
    what they said; another one began when it was first imported.
    """

    kind: RuleKind
    pattern: str
    team_id: int
    from_at: int = 0
    until_at: int | None = None
    dated: bool = False
    origin: Origin = "file"

    def holds(self, at: int) -> bool:
        return self.from_at <= at and (self.until_at is None or at < self.until_at)

    def is_of(self, credential: str) -> bool:
        """Whether it names this very credential, and not a pattern that others match too."""
        return self.kind == "credential" and self.pattern.casefold() == literal_pattern(credential).casefold()

    @property
    def placed(self) -> Placement:
        return Placement(self.team_id, f"{self.kind}:{self.pattern}")


class Membership(NamedTuple):
    """A person's team from a moment on."""

    from_at: int
    team_id: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """A credential that sends usage events. `team_id` is the team its key is bound to, if any.

    `default_team_id` gets what no rule could place. With `reported_first` the cost that the sender reports stands before
    the price book. `signature` is `standard`, `helicone` or "" for none, checked with `secret`. `mapping` says which member of
    a sender's own event is what: native name → path. `signal` is what an OTLP source meters by: each producer's best signal,
    or one alone.
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
    signal: Literal["auto", "traces", "logs", "metrics"] = "auto"


class UnattributedKey(NamedTuple):
    """A credential whose usage nobody could place, over some days. `series_id` is one of its series', to know it by again;
    the credential is empty where senders named none. `team` is the name of the team that it counts for by now, if any,
    `by` who said so, and `is_moving` whether the worker brings what was used before there."""

    series_id: int
    credential: str
    calls: int
    cost_nanos: int
    last_day: int
    team: str = ""
    by: Origin | None = None
    is_moving: bool = False


def literal_pattern(credential: str) -> str:
    """The pattern that matches a credential and nothing else, whatever characters a sender put into it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", credential)


@dataclass(frozen=True, kw_only=True)
class AttributionStep:
    """One kind of rule that was asked about an event: what it looked at, and what it said, if anything.

    `since` and `until` are the dates between which the answer holds. An `early` answer was given by a rule that began after
    the event, because none of the event's own time knew it.
    """

    kind: str
    checked_value: str
    placed: Placement | None
    since: int = 0
    until: int | None = None
    early: bool = False
    origin: Origin | None = None


class _Patterns:
    """Rules of one kind: exact ones by look-up, patterns in the order of the file, claims after the file's lines."""

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
        """The rule that holds at a moment; or, `early`, the one that nobody dated and that began later."""
        folded = value.casefold()
        for rule in self._exact.get(folded, ()):
            if self._answers(rule, at, early):
                return rule
        for pattern, rule in self._globs:
            if self._answers(rule, at, early) and fnmatchcase(folded, pattern):
                return rule
        return None

    def _answers(self, rule: AttributionRule, at: int, early: bool) -> bool:
        return (at < rule.from_at and id(rule) in self._reach_back) if early else rule.holds(at)


class Attribution:
    """All rules with their dates, made ready for look-up. It remembers what it decided: senders repeat themselves."""

    _CACHE_SIZE = 50_000
    _CACHE_CHARACTERS = 10_000_000
    """Whatever clients write into their tags: 64 of them may have 16,000 characters."""

    def __init__(
        self,
        *,
        rules: Iterable[AttributionRule],
        team_ids: dict[str, int],
        team_of_user: dict[str, int],
        unattributed_id: int,
        memberships: Mapping[str, Sequence[Membership]] | None = None,
    ) -> None:
        """`team_ids` are the directory's teams by slug; `team_of_user` maps spellings of people to their team, and
        `memberships` to their teams with dates, oldest first, which go before it."""
        listed = [rule for rule in rules if rule.until_at is None or rule.from_at < rule.until_at]
        self._by_kind = {kind: _Patterns(r for r in listed if r.kind == kind) for kind in RULE_KINDS}
        self._team_ids = team_ids
        self._team_of_user = team_of_user
        self._memberships = memberships or {}
        self._unattributed = Placement(unattributed_id, UNATTRIBUTED)
        begun = {rule.from_at for rule in listed} | {m.from_at for own in self._memberships.values() for m in own}
        self._changes = sorted(begun | {rule.until_at for rule in listed if rule.until_at is not None})
        self._memory: dict[tuple[int, Labels], Placement] = {}
        self._remembered_characters = 0

    def place(self, event: UsageEvent, source: Source) -> Placement:
        """The team of an event: by the key's own team, credential, gateway's team, workflow, tag, declared team, user, and
        at last the source's own default."""
        if source.team_id is not None:
            return Placement(source.team_id, f"key:{source.name}")
        # Between two changes of the rules all moments are alike, so it is their count that is remembered, and no moment.
        asked = (bisect_right(self._changes, event.occurred_at), event.labels)
        placed = self._memory.get(asked)
        if placed is None:
            placed = self._memory[asked] = self._decide(event)
            self._remembered_characters += event.labels.characters
            if len(self._memory) > self._CACHE_SIZE or self._remembered_characters > self._CACHE_CHARACTERS:
                self._memory.clear()
                self._remembered_characters = 0
        if placed is self._unattributed and source.default_team_id is not None:
            return Placement(source.default_team_id, f"source:{source.name}")
        return placed

    def changes_within(self, start: int, end: int) -> bool:
        """Whether a rule or a membership begins or ends after `start`, up to `end`."""
        return bisect_right(self._changes, start) != bisect_right(self._changes, end)

    def rule_of(self, credential: str, at: int) -> AttributionRule | None:
        """The rule that says at a moment whose a credential is."""
        return self._by_kind["credential"].find(credential, at, early=False) if credential else None

    def explain(self, event: UsageEvent, source: Source) -> list[AttributionStep]:
        """What was asked about an event, in order, up to the answer."""
        own = Placement(source.team_id, f"key:{source.name}") if source.team_id is not None else None
        asked = [AttributionStep(kind="key", checked_value=source.name, placed=own)]
        if own is not None:
            return asked
        for step in self._steps(event):
            asked.append(step)
            if step.placed is not None:
                return asked
        default = source.default_team_id
        placed = Placement(default, f"source:{source.name}") if default is not None else None
        asked.append(AttributionStep(kind="source default", checked_value=source.name, placed=placed))
        if placed is None:
            asked.append(AttributionStep(kind=UNATTRIBUTED, checked_value="", placed=self._unattributed))
        return asked

    def _decide(self, event: UsageEvent) -> Placement:
        return next((step.placed for step in self._steps(event) if step.placed is not None), self._unattributed)

    def _steps(self, event: UsageEvent) -> Iterator[AttributionStep]:
        yield from self._asked(event, early=False)
        if self._changes and event.occurred_at < self._changes[-1]:
            yield from self._asked(event, early=True)

    def _asked(self, event: UsageEvent, *, early: bool) -> Iterator[AttributionStep]:
        yield self._rule("credential", (event.labels.credential,), event, early)
        yield self._rule("gateway_team", (event.labels.gateway_team,), event, early)
        yield self._rule("workflow", (event.labels.workflow,), event, early)
        yield self._rule("tag", event.labels.tags, event, early)
        if not early:
            declared = self._team_ids.get(event.labels.declared_team.casefold()) if event.labels.declared_team else None
            placed = None if declared is None else Placement(declared, "declared team")
            yield AttributionStep(kind="declared team", checked_value=event.labels.declared_team, placed=placed)
        yield self._rule("user", (event.labels.user,), event, early)
        yield self._team_of(event, early)

    def _rule(self, kind: RuleKind, values: Sequence[str], event: UsageEvent, early: bool) -> AttributionStep:
        patterns = self._by_kind[kind]
        if patterns:
            for value in values:
                rule = patterns.find(value, event.occurred_at, early=early) if value else None
                if rule is not None:
                    return AttributionStep(
                        kind=kind,
                        checked_value=value,
                        placed=rule.placed,
                        since=rule.from_at,
                        until=rule.until_at,
                        early=early,
                        origin=rule.origin,
                    )
        return AttributionStep(kind=kind, checked_value=", ".join(values), placed=None, early=early)

    def _team_of(self, event: UsageEvent, early: bool) -> AttributionStep:
        """A person's team of that day; else the one whose member or manager they are; else the first they ever had."""
        spelled = normalize_spelling(event.labels.user)
        own = self._memberships.get(spelled, ())
        at = bisect_right(own, event.occurred_at, key=lambda membership: membership.from_at) - 1
        found = own[at] if at >= 0 else None
        if found is None and early and own:
            found = own[0]
        if found is not None:
            until = next((later.from_at for later in own if later.from_at > found.from_at), None)
            placed = Placement(found.team_id, "user's team")
            return AttributionStep(
                kind="user's team",
                checked_value=event.labels.user,
                placed=placed,
                since=found.from_at,
                until=until,
                early=early,
            )
        team = None if early else self._team_of_user.get(spelled)
        placed_now = None if team is None else Placement(team, "user's team")
        return AttributionStep(kind="user's team", checked_value=event.labels.user, placed=placed_now, early=early)
