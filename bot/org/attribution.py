"""The team a usage event belongs to, and the rule that decides it. The first match wins; the event keeps the rule's
name.

Rules have dates, and an event is placed by the rules of its own time. If none of them matches, the first rule for its
pattern decides, provided nobody gave that rule a date.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bot.org.attribution_rules import RULE_KINDS, AttributionRule, Origin, Placement, RuleKind, RulePatterns
from bot.org.people import normalize_spelling
from bot.usage import Attributable, Labels

UNATTRIBUTED = "unattributed"
_ALWAYS = (-(2**63), 2**63)
UNATTRIBUTED_DAYS = 30
"""Days of unattributed use that Home lists, and whose keys can be claimed."""


class Membership(NamedTuple):
    """A person's team from a moment on."""

    from_at: int
    team_id: int


class TeamEnding(NamedTuple):
    """The moment from which a closed or merged team takes no usage, and the team that does instead."""

    from_at: int
    taker_id: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A credential that sends usage events. `team_id` is the team that its key is bound to, if any.

    `default_team_id` takes usage that no rule matches. With `reported_first`, the cost that the sender reports goes
    before the price book. `signature` is `standard`, `helicone` or "" for none; `secret` checks it. `mapping` gives
    the path of each native field in the sender's own events. `signal` selects the OTLP signal to meter: each
    producer's best one, or a fixed one.
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
    """A credential with unattributed usage over some days.

    `series_id` identifies one of its series. The credential is empty if the sender named none. `team` is the team
    that the credential counts for now, if any, and `by` is where that rule comes from. `is_moving` says that the
    worker still moves its past usage there.
    """

    series_id: int
    credential: str
    calls: int
    cost_nanos: int
    last_day: int
    team: str = ""
    by: Origin | None = None
    is_moving: bool = False


@dataclass(frozen=True, kw_only=True)
class AttributionStep:
    """One kind of rule checked against an event: the checked value, and the placement if it matched.

    The placement holds from `since` until `until`. An `early` placement comes from a rule that started after the
    event, because no rule of the event's own time matched.
    """

    kind: str
    checked_value: str
    placement: Placement | None
    since: int = 0
    until: int | None = None
    early: bool = False
    origin: Origin | None = None


_NAMED: tuple[RuleKind, ...] = ("credential", "gateway_team", "workflow", "tag")
"""Rules that go before the declared team, in their order."""


class Attribution:
    """All attribution rules with their dates, prepared for look-up. Placements are cached, because senders repeat
    themselves.
    """

    _CACHE_SIZE = 50_000
    _CACHE_CHARACTERS = 10_000_000
    """A limit on the cached labels: an event may carry 64 tags of 16,000 characters in all."""

    def __init__(
        self,
        *,
        rules: Iterable[AttributionRule],
        team_ids: dict[str, int],
        team_of_user: dict[str, int],
        unattributed_id: int,
        memberships: Mapping[str, Sequence[Membership]] | None = None,
        endings: Mapping[int, TeamEnding] | None = None,
    ) -> None:
        """Prepares the rules.

        `team_ids` maps slugs to teams, and `team_of_user` maps spellings of people to their current team. `memberships`
        maps spellings to dated teams, oldest first, and goes before `team_of_user`. `endings` has the teams that end, by id.
        """
        listed = [rule for rule in rules if rule.until_at is None or rule.from_at < rule.until_at]
        self._by_kind = {kind: RulePatterns(r for r in listed if r.kind == kind) for kind in RULE_KINDS}
        self._named = tuple(kind for kind in _NAMED if self._by_kind[kind])
        self._declared = {slug: Placement(team_id, "declared team") for slug, team_id in team_ids.items()}
        self._team_of_user = team_of_user
        self._memberships = memberships or {}
        self._endings = endings or {}
        self._unattributed = Placement(unattributed_id, UNATTRIBUTED)
        begun = {rule.from_at for rule in listed} | {m.from_at for own in self._memberships.values() for m in own}
        ended = {ending.from_at for ending in self._endings.values()}
        changed = begun | {rule.until_at for rule in listed if rule.until_at is not None}
        self._rules_until = max(changed, default=0)
        self._changes = sorted(changed | ended)
        self._memory: dict[tuple[int, Labels], Placement] = {}
        self._remembered_characters = 0

    def place(self, event: Attributable, source: Source) -> Placement:
        """Returns the team of an event.

        The order is: the key's own team, credential, gateway team, workflow, tag, declared team, user, the source's
        default team.
        """
        placed = self._place(event, source)
        return self._continued(placed, event.occurred_at) if self._endings else placed

    def _continued(self, placed: Placement, at: int) -> Placement:
        """Returns who takes the usage at a moment: of a team that ended, the one it was merged into, or its parent."""
        while (ending := self._endings.get(placed.team_id)) is not None and ending.from_at <= at:
            placed = Placement(ending.taker_id, ending.rule)
        return placed

    def _place(self, event: Attributable, source: Source) -> Placement:
        if source.team_id is not None:
            return Placement(source.team_id, f"key:{source.name}")
        # Between two changes of the rules every moment gives the same answer, so the key counts changes, not moments.
        query = (bisect_right(self._changes, event.occurred_at), event.labels)
        placed = self._memory.get(query)
        if placed is None:
            placed = self._memory[query] = self._decide(event)
            self._remembered_characters += event.labels.characters
            if len(self._memory) > self._CACHE_SIZE or self._remembered_characters > self._CACHE_CHARACTERS:
                self._memory.clear()
                self._remembered_characters = 0
        if placed is self._unattributed and source.default_team_id is not None:
            return Placement(source.default_team_id, f"source:{source.name}")
        return placed

    def unchanged_around(self, at: int) -> tuple[int, int]:
        """Returns the longest time around a moment in which no rule or membership starts or ends: from, and until before."""
        place = bisect_right(self._changes, at)
        begins = self._changes[place - 1] if place else _ALWAYS[0]
        return begins, self._changes[place] if place < len(self._changes) else _ALWAYS[1]

    def rule_of(self, credential: str, at: int) -> AttributionRule | None:
        """Returns the rule in force for a credential at a moment in microseconds."""
        return self._by_kind["credential"].find(credential, at, early=False) if credential else None

    def explain(self, event: Attributable, source: Source) -> list[AttributionStep]:
        """Returns the steps checked for an event, in order, up to the one that places it. If that team has ended, the last
        steps name who takes its usage."""
        steps = self._explained(event, source)
        placed = steps[-1].placement
        while placed is not None and self._continued(placed, event.occurred_at) != placed:
            ending = self._endings[placed.team_id]
            placed = Placement(ending.taker_id, ending.rule)
            kind, slug = ending.rule.split(":", 1)
            steps.append(AttributionStep(kind=kind, checked_value=slug, placement=placed, since=ending.from_at))
        return steps

    def _explained(self, event: Attributable, source: Source) -> list[AttributionStep]:
        own = Placement(source.team_id, f"key:{source.name}") if source.team_id is not None else None
        steps = [AttributionStep(kind="key", checked_value=source.name, placement=own)]
        if own is not None:
            return steps
        for step in self._steps(event):
            steps.append(step)
            if step.placement is not None:
                return steps
        default = source.default_team_id
        placed = Placement(default, f"source:{source.name}") if default is not None else None
        steps.append(AttributionStep(kind="source default", checked_value=source.name, placement=placed))
        if placed is None:
            steps.append(AttributionStep(kind=UNATTRIBUTED, checked_value="", placement=self._unattributed))
        return steps

    def _decide(self, event: Attributable) -> Placement:
        """Returns the placement of the last of `_steps`, without making a step of each kind: labels may all be new."""
        placed = self._placed(event, early=False)
        if placed is None and event.occurred_at < self._rules_until:
            placed = self._placed(event, early=True)
        return placed or self._unattributed

    def _placed(self, event: Attributable, *, early: bool) -> Placement | None:
        labels = event.labels
        for kind in self._named:
            values = labels.tags if kind == "tag" else (getattr(labels, kind),)
            if (rule := self._rule(kind, values, event, early)) is not None:
                return rule.placement
        if not early and (declared := self._declared_team(event)) is not None:
            return declared
        if (rule := self._rule("user", (labels.user,), event, early)) is not None:
            return rule.placement
        return self._check_membership(event, early).placement

    def _steps(self, event: Attributable) -> Iterator[AttributionStep]:
        yield from self._check(event, early=False)
        if event.occurred_at < self._rules_until:
            yield from self._check(event, early=True)

    def _check(self, event: Attributable, *, early: bool) -> Iterator[AttributionStep]:
        yield self._check_rules("credential", (event.labels.credential,), event, early)
        yield self._check_rules("gateway_team", (event.labels.gateway_team,), event, early)
        yield self._check_rules("workflow", (event.labels.workflow,), event, early)
        yield self._check_rules("tag", event.labels.tags, event, early)
        if not early:
            placed = self._declared_team(event)
            yield AttributionStep(kind="declared team", checked_value=event.labels.declared_team, placement=placed)
        yield self._check_rules("user", (event.labels.user,), event, early)
        yield self._check_membership(event, early)

    def _declared_team(self, event: Attributable) -> Placement | None:
        declared = event.labels.declared_team
        return self._declared.get(declared.casefold()) if declared else None

    def _rule(self, kind: RuleKind, values: Sequence[str], event: Attributable, early: bool) -> AttributionRule | None:
        patterns = self._by_kind[kind]
        if patterns:
            for value in values:
                rule = patterns.find(value, event.occurred_at, early=early) if value else None
                if rule is not None:
                    return rule
        return None

    def _check_rules(self, kind: RuleKind, values: Sequence[str], event: Attributable, early: bool) -> AttributionStep:
        for value in values:
            rule = self._rule(kind, (value,), event, early)
            if rule is not None:
                return AttributionStep(
                    kind=kind,
                    checked_value=value,
                    placement=rule.placement,
                    since=rule.from_at,
                    until=rule.until_at,
                    early=early,
                    origin=rule.origin,
                )
        return AttributionStep(kind=kind, checked_value=", ".join(values), placement=None, early=early)

    def _check_membership(self, event: Attributable, early: bool) -> AttributionStep:
        """Finds the person's team of that day, else the team they are a member or manager of, else their first dated
        team.
        """
        spelled = normalize_spelling(event.labels.user)
        own = self._memberships.get(spelled, ())
        at = bisect_right(own, event.occurred_at, key=lambda membership: membership.from_at) - 1
        current = own[at] if at >= 0 else None
        if current is None and early and own:
            current = own[0]
        if current is not None:
            until = next((later.from_at for later in own if later.from_at > current.from_at), None)
            placed = Placement(current.team_id, "user's team")
            return AttributionStep(
                kind="user's team",
                checked_value=event.labels.user,
                placement=placed,
                since=current.from_at,
                until=until,
                early=early,
            )
        team = None if early else self._team_of_user.get(spelled)
        placed_now = None if team is None else Placement(team, "user's team")
        return AttributionStep(kind="user's team", checked_value=event.labels.user, placement=placed_now, early=early)
