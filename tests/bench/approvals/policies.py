"""The policy that a simulated year is played with: a file of one's own, or the bench's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.org.teams_yml.policy_file import read_policy_file
from bot.requests.policies import ApprovalRule, approvals_of
from bot.requests.waiting.reminders import WaitingRules, waiting_rules_of

POLICY = """
approvals:
  - {up_to: 200, auto: true, per_period: 1}
  - {up_to: 2000, by: team_manager}
  - {up_to: 20000, by: parent_manager}
  - {by: finance, quorum: 2}
remind_after_hours: 4
escalate_after_hours: 24
lapse_after_days: 5
"""


@dataclass(frozen=True, kw_only=True)
class Played:
    """The lines of a policy, and its rules of waiting."""

    rules: Sequence[ApprovalRule]
    waiting: WaitingRules

    @property
    def least_limit_nanos(self) -> int:
        """Returns the limit that splitters try to stay below: the smallest of lines that people decide."""
        limits = [rule.up_to_nanos for rule in self.rules if rule.up_to_nanos is not None and rule.auto is None]
        return min(limits, default=5_000 * 10**9)


def played(file: Path | None) -> Played:
    """Reads a policy file. People and teams that it names are not in the simulation."""
    policy = read_policy_file(POLICY if file is None else file.read_text()).policy.model_dump(
        mode="json", by_alias=True
    )
    return Played(rules=approvals_of(policy, people={}, team_ids={}), waiting=waiting_rules_of(policy))
