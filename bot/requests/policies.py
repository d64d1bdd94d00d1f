"""The policy of budget requests: lines of `policy.approvals`, of which the first that fits a request decides it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from bot.org.teams import Directory, Team
from bot.org.tools import ToolKind
from bot.requests.splits import NOTHING_EARLIER, Earlier

Approver = Literal["team_manager", "parent_manager", "finance", "admins", "people"]
Lasts = Literal["period", "open"] | int
"""How long the budget is asked for: within the period, for good, or at most so many days."""


@dataclass(frozen=True, kw_only=True)
class AutoTerms:
    """What a line approves by itself: how often and how much for a person in a period, and how much for a team."""

    per_period: int | None = None
    per_person_nanos: int | None = None
    per_team_nanos: int | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalRule:
    """One line of `policy.approvals`: its conditions, and who decides. Without a condition it fits every request.

    `up_to_nanos` and `share_percent`, of the team's declared budget, limit what the team gets by such lines in a period.
    `quorum` of those in `by` decide, or one of each in `all_of`; with `auto` nobody does.
    """

    up_to_nanos: int | None = None
    by: Approver | Literal[""] = ""
    quorum: int = 1
    all_of: tuple[Approver, ...] = ()
    people: frozenset[int] = frozenset()
    share_percent: int | None = None
    tool_kind: ToolKind | None = None
    lasts: Lasts | None = None
    team_ids: frozenset[int] = frozenset()
    cap_kinds: frozenset[str] = frozenset()
    auto: AutoTerms | None = None

    @property
    def approvers(self) -> tuple[tuple[Approver, int], ...]:
        """Returns who decides, and how many of them."""
        if self.all_of:
            return tuple((who, 1) for who in self.all_of)
        return ((self.by, self.quorum),) if self.by else ()

    def limit_nanos(self, team: Team) -> int | None:
        """Returns the line's limit for a team, None for no limit. A share of no budget is nothing."""
        limits = [] if self.up_to_nanos is None else [self.up_to_nanos]
        if self.share_percent is not None:
            limits.append((team.budget_nanos or 0) * self.share_percent // 100)
        return min(limits, default=None)


DEFAULT_RULE = ApprovalRule(up_to_nanos=None, by="team_manager")
DEFAULT_APPROVAL_RULES = (DEFAULT_RULE,)
"""Without a policy, managers decide any amount that a budget above the team can pay."""
FINANCE_RULE = ApprovalRule(up_to_nanos=None, by="finance")
"""Finance decides what no line fits."""


@dataclass(frozen=True, kw_only=True)
class RequestTerms:
    """What a request is about beside its amount. `lasts_days` is None for good; `tool_kind` is that of a tool's cap."""

    lasts_days: int | None = 31
    is_within_period: bool = True
    cap_kind: str = "team"
    tool_kind: ToolKind | None = None


PERIOD_TERMS = RequestTerms()


def rule_for(
    rules: Sequence[ApprovalRule],
    *,
    directory: Directory,
    team: Team,
    amount_nanos: int,
    is_paid: bool,
    terms: RequestTerms = PERIOD_TERMS,
    earlier: Earlier = NOTHING_EARLIER,
) -> ApprovalRule:
    """Returns the first line that fits a request, else that finance decides.

    A limit counts the whole period: with this request, what lines up to the same limit gave the team, or gave the asker in
    any team, and what is asked of them, must be within it. The same holds for the larger limits of later lines, so that no
    split passes one. A line that approves by itself needs a payer, an end, and an asker whose request was not denied this period.
    """
    levels = {team.id, *(above.id for above in directory.ancestors(team))}
    fitting = [rule for rule in rules if _fits_kind(rule, levels, terms)]
    for place, rule in enumerate(fitting):
        limit = rule.limit_nanos(team)
        ceilings = [other.limit_nanos(team) for other in fitting[place + 1 :] if other.auto is None]
        larger = {other for other in ceilings if limit is not None and other is not None and other >= limit}
        if any(earlier.counted(amount_nanos, up_to=other) > other for other in larger):
            continue
        if rule.auto is not None:
            if is_paid and terms.lasts_days is not None and _fits_auto(rule, rule.auto, team, amount_nanos, earlier):
                return rule
        elif limit is None or earlier.counted(amount_nanos, up_to=limit) <= limit:
            return rule
    return FINANCE_RULE


def _fits_kind(rule: ApprovalRule, levels: set[int], terms: RequestTerms) -> bool:
    if rule.team_ids and not rule.team_ids & levels:
        return False
    if rule.cap_kinds and terms.cap_kind not in rule.cap_kinds:
        return False
    if rule.tool_kind is not None and rule.tool_kind != terms.tool_kind:
        return False
    if rule.lasts == "period":
        return terms.is_within_period
    if rule.lasts == "open":
        return terms.lasts_days is None
    return rule.lasts is None or (terms.lasts_days is not None and terms.lasts_days <= rule.lasts)


def _fits_auto(rule: ApprovalRule, auto: AutoTerms, team: Team, amount_nanos: int, earlier: Earlier) -> bool:
    """Whether a line approves a request by itself: the person's own limits, and the team's."""
    own_limits = [rule.up_to_nanos, auto.per_person_nanos if auto.per_person_nanos is not None else rule.up_to_nanos]
    if rule.up_to_nanos is not None and amount_nanos > rule.up_to_nanos:
        return False
    by_person = earlier.auto_nanos(of_person=True) + amount_nanos
    if own_limits[1] is not None and by_person > own_limits[1]:
        return False
    by_team = earlier.auto_nanos(of_person=False) + amount_nanos
    share = replace(rule, up_to_nanos=None).limit_nanos(team)
    if any(limit is not None and by_team > limit for limit in (auto.per_team_nanos, share)):
        return False
    if auto.per_period is not None and earlier.autos_of_person >= auto.per_period:
        return False
    return not earlier.was_denied


def in_force(rules: Sequence[ApprovalRule]) -> tuple[ApprovalRule, ...]:
    """Returns the lines of a file as they are in force.

    Where nobody decides what the lines that approve by themselves leave, managers do. A file of the first versions, whose
    lines limit managers or name finance, means the largest of its limits wherever its lines stand.
    """
    autos = tuple(rule for rule in rules if rule.auto is not None)
    others = tuple(rule for rule in rules if rule.auto is None)
    if not others:
        return (*autos, *DEFAULT_APPROVAL_RULES)
    if not all(_is_first_kind(rule) for rule in others):
        return tuple(rules)
    limits = [rule.up_to_nanos for rule in others if rule.by == "team_manager"]
    if not limits:
        return (*autos, FINANCE_RULE)
    if None in limits:
        return (*autos, DEFAULT_RULE)
    most = max(limit for limit in limits if limit is not None)
    return (*autos, replace(DEFAULT_RULE, up_to_nanos=most), FINANCE_RULE)


def _is_first_kind(rule: ApprovalRule) -> bool:
    """Whether a line says only what lines of the first versions could say."""
    plain = ApprovalRule(up_to_nanos=rule.up_to_nanos, by=rule.by)
    return rule == plain and rule.by in ("team_manager", "finance")


def approvals_of(
    policy: Mapping[str, Any] | None, *, people: Mapping[str, int], team_ids: Mapping[str, int]
) -> tuple[ApprovalRule, ...]:
    """Returns the lines in force of the stored `policy` document, with the ids of the people and teams that it names.

    A line with `auto` and `by` is two: what it does not approve by itself, `by` decides up to the same limit.
    """
    found: list[ApprovalRule] = []
    for line in (policy or {}).get("approvals") or []:
        named: Any = line.get("by") or ""
        conditions = ApprovalRule(
            up_to_nanos=line.get("up_to"),
            share_percent=line.get("share"),
            tool_kind=line.get("tool_kind"),
            lasts=line.get("lasts"),
            team_ids=frozenset(team_ids[slug] for slug in line.get("team") or [] if slug in team_ids),
            cap_kinds=frozenset(line.get("cap") or []),
        )
        if line.get("team") and not conditions.team_ids:
            continue  # its teams are gone
        if line.get("auto"):
            terms = AutoTerms(
                per_period=line.get("per_period"),
                per_person_nanos=line.get("per_person_up_to"),
                per_team_nanos=line.get("per_team_up_to"),
            )
            found.append(replace(conditions, auto=terms))
        who: tuple[Approver, ...] = tuple(line.get("all_of") or [])
        if isinstance(named, list):
            ids = frozenset(people[reference] for reference in named if reference in people)
            found.append(replace(conditions, by="people", people=ids, quorum=line.get("quorum") or 1))
        elif named or who:
            found.append(replace(conditions, by=named, all_of=who, quorum=line.get("quorum") or 1))
    return in_force(found)


def people_of(policy: Mapping[str, Any] | None) -> list[str]:
    """Returns the e-mails and Slack ids of the people that a stored `policy` document names."""
    lines = (policy or {}).get("approvals") or []
    return list(dict.fromkeys(person for line in lines if isinstance(line.get("by"), list) for person in line["by"]))


def rule_json(rule: ApprovalRule) -> dict[str, Any]:
    """Returns a line as it is stored with a request: what differs from a line without conditions."""
    plain = ApprovalRule()
    facts = {
        item.name: getattr(rule, item.name)
        for item in fields(rule)
        if getattr(rule, item.name) != getattr(plain, item.name)
    }
    found = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in facts.items()}
    if rule.auto is not None:
        found["auto"] = {name: value for name, value in asdict(rule.auto).items() if value is not None}
    if rule.all_of:
        found["all_of"] = list(rule.all_of)
    return found


def rule_from_json(stored: Mapping[str, Any]) -> ApprovalRule:
    facts = dict(stored)
    for name in ("people", "team_ids", "cap_kinds"):
        if name in facts:
            facts[name] = frozenset(facts[name])
    if "all_of" in facts:
        facts["all_of"] = tuple(facts["all_of"])
    if "auto" in facts:
        facts["auto"] = AutoTerms(**facts["auto"])
    return ApprovalRule(**facts)


@dataclass(frozen=True, kw_only=True)
class StoredPolicy:
    """The policy as it stands with a request: the line that applies, in words too, its limit for the team, and every line
    in words. `passed_over` has the teams that could not pay, by id, with what they had available."""

    rule: ApprovalRule
    sentence: str
    limit_nanos: int | None
    text: tuple[str, ...] = ()
    passed_over: tuple[tuple[int, int], ...] = ()

    def json(self) -> str:
        facts: dict[str, Any] = {"rule": rule_json(self.rule), "sentence": self.sentence}
        facts |= {"limit_nanos": self.limit_nanos, "text": list(self.text)}
        return json.dumps(facts | ({"passed_over": self.passed_over} if self.passed_over else {}), sort_keys=True)


def stored_policy(text: str) -> StoredPolicy | None:
    """Returns the policy that stands with a request; None for requests of earlier versions."""
    if not text.startswith("{"):
        return None
    facts = json.loads(text)
    return StoredPolicy(
        rule=rule_from_json(facts["rule"]),
        sentence=facts["sentence"],
        limit_nanos=facts["limit_nanos"],
        text=tuple(facts["text"]),
        passed_over=tuple((team_id, nanos) for team_id, nanos in facts.get("passed_over") or ()),
    )
