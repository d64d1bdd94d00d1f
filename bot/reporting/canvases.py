"""Standing pictures of channels: which channels have a canvas of their team's figures, and what is due for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, NamedTuple

from bot.books.budgets import Standing
from bot.org.teams import Directory, Team
from bot.periods import HOUR_MICROS, MICROS
from bot.reporting.figures import Share
from bot.reporting.spans import Span
from bot.requests.budget_requests import BudgetRequest

PACE_MICROS = HOUR_MICROS
"""A canvas is edited once in this time at most."""
LEASE_MICROS = 600 * MICROS
"""The time in which a worker writes a canvas. If it is killed, another worker goes on after it."""
AWAY_MICROS = 300 * MICROS
UNAVAILABLE_MICROS = 24 * HOUR_MICROS
"""When to try again where canvases are not available, such as without their scope."""
NEVER = 2**62
"""People deleted the canvas twice: they don't want it."""

AWAY, WITHDRAWAL = "slack_away", "withdrawal: "
"""Faults that a deletion waits after: no answer, and, before Slack's own word, a refused deletion. No other delays one."""

Fault = Literal["workspace", "gone", "channel", "other"]
_WORKSPACE = frozenset(
    {
        "missing_scope", "not_allowed_token_type", "canvas_disabled_user_team", "team_tier_cannot_create_channel_canvases",
        "free_teams_cannot_create_non_tabbed_canvases", "free_teams_cannot_create_standalone_canvases",
        "free_teams_cannot_edit_standalone_canvases", "unknown_method",
    }
)  # fmt: skip
_GONE = frozenset({"canvas_not_found", "canvas_deleted", "file_not_found", "file_deleted"})
_CHANNEL = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "channel_type_not_supported",
        "free_team_canvas_tab_already_exists",
        "no_permission",
        "restricted_action",
        "canvas_tab_creation_failed",
    }
)


def canvas_fault(error: str) -> Fault:
    """Returns what an error of Slack's means: for every canvas, for this one, for its channel, or none of these."""
    if error in _WORKSPACE:
        return "workspace"
    return "gone" if error in _GONE else "channel" if error in _CHANNEL else "other"


class CanvasPlace(NamedTuple):
    """A team whose figures have a canvas in a channel; the organisation stands for the company."""

    team: Team
    channel: str


class StoredCanvas(NamedTuple):
    """What is known of a team's canvas: `shown` is the hash of its content, `begun_at` when its creation was begun.

    `made` counts how often it was created, as people may delete it.
    """

    team_id: int
    channel: str
    canvas_id: str
    title: str
    shown: str
    begun_at: int
    made: int
    next_at: int
    fault: str


class CanvasWork(NamedTuple):
    """What is due: to show figures in a place, or without one to withdraw a canvas."""

    stored: StoredCanvas | None
    place: CanvasPlace | None


@dataclass(frozen=True, kw_only=True)
class TeamCanvas:
    """The figures of a team's canvas. `tools` are those of `span`, the last seven full days, largest first."""

    standing: Standing
    at: int
    tools: Sequence[Share]
    span: Span
    waiting: Sequence[BudgetRequest]


class CanvasPage(NamedTuple):
    """A canvas as Markdown. The body changes with the figures; the footer says of when they are."""

    title: str
    body: str
    footer: str

    @property
    def shown(self) -> str:
        """Returns the hash that tells whether the figures changed."""
        return sha256(self.body.encode()).hexdigest()[:32]

    @property
    def markdown(self) -> str:
        return f"{self.body}\n\n---\n\n{self.footer}\n"


def canvas_places(directory: Directory) -> tuple[CanvasPlace, ...]:
    """Returns the channels whose figures everybody there may see: each team's own, and the company's.

    A team in preview has none, nor has one whose channel is shared with another company. The company's canvas stands in the
    organisation's channel for alerts, unless that is a team's own.
    """
    found = [
        CanvasPlace(team, team.channel_id)
        for team in directory.open_teams
        if team.kind == "team" and team.channel_id and team.channel_state == "linked" and team.mode != "preview"
    ]
    root, place = directory.root, directory.root.alerts.alerts_destination
    taken = {one.channel for one in found}
    if place is not None and place.state == "linked" and root.mode != "preview" and place.ref not in taken:
        found.append(CanvasPlace(root, place.ref))
    return tuple(found)


def resting_channels(directory: Directory) -> frozenset[str]:
    """Returns the channels that take no messages for now, such as archived ones: their canvases stay as they are."""
    places = [place for team in directory.open_teams for place in team.destinations]
    root = directory.root.alerts.alerts_destination
    return frozenset(place.ref for place in [*places, *([root] if root is not None else [])] if place.state == "broken")


def canvas_work(
    places: Iterable[CanvasPlace], stored: Mapping[int, StoredCanvas], *, resting: frozenset[str], now: int
) -> list[CanvasWork]:
    """Returns what is due, canvases to withdraw first: they show figures to people who should not see them any more. The
    others follow by how long they wait.

    While canvases are not available, no new one is begun: each would ask Slack once more.
    """
    wanted = {place.team.id: place for place in places}
    due: list[CanvasWork] = []
    for team_id, canvas in stored.items():
        place = wanted.get(team_id)
        moved = place is None or place.channel != canvas.channel
        waits = canvas.fault.startswith((WITHDRAWAL, AWAY)) and canvas.next_at > now
        if moved and canvas.channel not in resting and not waits:
            due.append(CanvasWork(canvas, None))
    unavailable = any(canvas_fault(one.fault) == "workspace" and one.next_at > now for one in stored.values())
    shown: list[CanvasWork] = []
    for team_id, place in wanted.items():
        known = stored.get(team_id)
        if (known is None and not unavailable) or (
            known is not None and known.channel == place.channel and known.next_at <= now
        ):
            shown.append(CanvasWork(known, place))
    return due + sorted(shown, key=lambda work: work.stored.next_at if work.stored is not None else 0)
