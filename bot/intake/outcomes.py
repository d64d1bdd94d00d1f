"""Outcomes on their way into the books: whose each is, and what quarantine keeps of one."""

from dataclasses import dataclass

import msgspec

from bot.intake.quarantine import row_hash
from bot.org.attribution import Source
from bot.rulebook import Rulebook
from bot.usage import Outcome, UnusableRow

MERGED = "change_merged"
"""The kind of outcomes that GitHub and GitLab tell: a change was merged."""


@dataclass(frozen=True, kw_only=True)
class PlacedOutcome:
    """An outcome with its team, the rule that chose it, the team's local day, and the names of its tool and workflow."""

    outcome: Outcome
    source_id: int
    team_id: int
    rule: str
    local_day: int
    tool: str
    workflow: str

    @property
    def scope_id(self) -> int:
        """Returns within what the key is unique: its source, or 0 for all of them."""
        return 0 if self.outcome.is_merge else self.source_id


def placed_outcome(outcome: Outcome, source: Source, rulebook: Rulebook) -> PlacedOutcome:
    """Returns an outcome with its team, by the rules that hold for usage."""
    placement = rulebook.attribution.place(outcome, source)
    labels = rulebook.workflows.named(outcome.labels) or outcome.labels
    return PlacedOutcome(
        outcome=outcome,
        source_id=source.id,
        team_id=placement.team_id,
        rule=placement.rule,
        local_day=rulebook.directory.by_id(placement.team_id).day_of(outcome.occurred_at),
        tool=rulebook.tools.named(labels.tool, ""),
        workflow=labels.workflow,
    )


def outcome_row(index: int, outcome: Outcome, reason: str) -> UnusableRow:
    """Returns quarantine's content of a readable outcome: what was counted, without its author."""
    fields = {
        "event_id": outcome.event_id,
        "occurred_at": outcome.occurred_at,
        "kind": outcome.kind,
        "count": outcome.count,
        "tool": outcome.labels.tool,
        "workflow": outcome.labels.workflow,
        "team": outcome.labels.declared_team,
        "tags": list(outcome.labels.tags),
    }
    return UnusableRow(index=index, reason=reason, kept=msgspec.json.encode(fields), key=row_hash(outcome))
