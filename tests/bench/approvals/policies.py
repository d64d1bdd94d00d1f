"""The policy that a simulated year is played with: a file of one's own, or the bench's."""

from collections.abc import Sequence
from pathlib import Path

from bot.org.teams_yml.policy_file import read_policy_file
from bot.requests.policies import ApprovalRule, approvals_of

POLICY = """
approvals:
  - {up_to: 200, auto: true, per_period: 1}
  - {up_to: 2000, by: team_manager}
  - {up_to: 20000, by: parent_manager}
  - {by: finance, quorum: 2}
"""


def rules_of(file: Path | None) -> Sequence[ApprovalRule]:
    """Returns the lines of a policy file. People and teams that it names are not in the simulation."""
    policy = read_policy_file(POLICY if file is None else file.read_text()).policy
    return approvals_of(policy.model_dump(mode="json", by_alias=True), people={}, team_ids={})


def manager_limit_nanos(rules: Sequence[ApprovalRule]) -> int:
    """Returns the limit that splitters try to stay below: the smallest of lines that people decide."""
    limits = [rule.up_to_nanos for rule in rules if rule.up_to_nanos is not None and rule.auto is None]
    return min(limits, default=5_000 * 10**9)
