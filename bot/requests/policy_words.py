"""The policy in plain sentences, as people read it on a card and as the audit log keeps it beside a decision."""

from collections.abc import Mapping, Sequence

from bot.money import usd
from bot.requests.approvals import Deciding
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policies import ApprovalRule, Approver, AutoTerms, stored_policy

_ONE: Mapping[Approver, str] = {
    "team_manager": "a manager of the team",
    "parent_manager": "a manager of the team above",
    "finance": "finance",
    "admins": "an admin",
    "people": "a named person",
}
_SEVERAL: Mapping[Approver, str] = {
    "team_manager": "managers of the team",
    "parent_manager": "managers of the team above",
    "finance": "people in finance",
    "admins": "admins",
    "people": "named people",
}
_CAPS = {"team": "the team", "workflow": "a workflow", "tool": "a tool", "member": "one person", "key": "one key"}


def policy_text(rules: Sequence[ApprovalRule], slugs: Mapping[int, str] | None = None) -> tuple[str, ...]:
    """Returns one sentence per line of the policy. `slugs` names the teams of its conditions, by id."""
    return tuple(rule_text(rule, slugs) for rule in rules)


def rule_text(rule: ApprovalRule, slugs: Mapping[int, str] | None = None) -> str:
    """Returns a line as a sentence: `A manager of the team approves up to $5,000.00 a period.`"""
    about = "".join(_conditions(rule, slugs or {}))
    amount = _amount(rule)
    if rule.auto is not None:
        return f"Approved automatically: {amount}{about}{_auto_limits(rule.auto)}."
    who, is_plural = _subject(rule)
    verb = "approve" if is_plural else "approves"
    return f"{who[0].upper()}{who[1:]} {verb} {amount}{about}."


def _subject(rule: ApprovalRule) -> tuple[str, bool]:
    if rule.all_of:
        names = [_ONE[who] for who in rule.all_of]
        return f"{', '.join(names[:-1])} and {names[-1]} together" if len(names) > 1 else names[0], len(names) > 1
    who = rule.by or "finance"
    if who == "people":
        count = len(rule.people)
        return (f"{rule.quorum} of {count} named people", rule.quorum > 1) if count > 1 else (_ONE[who], False)
    return (_ONE[who], False) if rule.quorum == 1 else (f"{rule.quorum} {_SEVERAL[who]}", True)


def _amount(rule: ApprovalRule) -> str:
    limits = [] if rule.up_to_nanos is None else [usd(rule.up_to_nanos)]
    if rule.share_percent is not None:
        limits.append(f"{rule.share_percent}% of the team's budget")
    if not limits:
        return "any amount"
    return f"up to {' and '.join(limits)}" + (" a period" if rule.auto is None else "")


def _conditions(rule: ApprovalRule, slugs: Mapping[int, str]) -> list[str]:
    found = []
    if rule.tool_kind is not None:
        found.append(" for in-house tools" if rule.tool_kind == "in_house" else " for third-party tools")
    if rule.cap_kinds:
        found.append(f" for the cap of {' or '.join(_CAPS[kind] for kind in sorted(rule.cap_kinds))}")
    if rule.lasts == "period":
        found.append(" that ends with the period")
    elif rule.lasts == "open":
        found.append(" from now on")
    elif rule.lasts is not None:
        found.append(f" for at most {rule.lasts} day{'s' if rule.lasts != 1 else ''}")
    if rule.team_ids:
        names = sorted(slugs.get(team_id, str(team_id)) for team_id in rule.team_ids)
        found.append(f" in {', '.join(names)} and the teams below")
    return found


def _auto_limits(auto: AutoTerms) -> str:
    words = ""
    if auto.per_period is not None:
        often = {1: "once", 2: "twice"}.get(auto.per_period, f"{auto.per_period} times")
        words += f", {often} a period per person"
    if auto.per_person_nanos is not None:
        words += f", at most {usd(auto.per_person_nanos)} a period per person"
    if auto.per_team_nanos is not None:
        words += f", at most {usd(auto.per_team_nanos)} a period per team"
    return words


def policy_note(request: BudgetRequest) -> str:
    """Returns the line of the policy that a request is decided by, as the card shows it; empty for earlier versions."""
    stored = stored_policy(request.policy)
    return "" if stored is None else f"By policy: {stored.sentence}"


def missing_words(missing: Sequence[Deciding]) -> str:
    """Returns whose approvals are missing: `finance` or `2 named people and an admin`."""
    words = [_ONE[group.who] if group.needed == 1 else f"{group.needed} {_SEVERAL[group.who]}" for group in missing]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
