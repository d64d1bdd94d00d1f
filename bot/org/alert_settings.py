"""A team's alert settings: thresholds, quiet hours, daily cap, channels and muted kinds."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.refusals import FieldRefusal

MessageRoute = Literal["", "alerts", "approvals"]
"""The channel a message goes to: the team's own (""), or a separate one for alerts or approvals."""
DestinationState = Literal["none", "unresolved", "linked", "paused", "broken"]

THRESHOLDS_FIELD, FROM_FIELD, UNTIL_FIELD, WEEKENDS_FIELD = "thresholds", "quiet_from", "quiet_until", "quiet_weekends"
CAP_FIELD, ESCALATE_FIELD, MUTED_FIELD = "daily_cap", "escalate", "muted"
ALERTS_FIELD, APPROVALS_FIELD, BACK_FIELD = "alerts_channel", "approvals_channel", "own_channel"
"""The form's fields: each is both the block id and the action id of its element."""

NO_TIME = "none"
"""The value of a quiet-hours menu that has no time."""
HALF_HOURS = range(0, 24 * 60, 30)
DAILY_CAPS = (1, 3, 5, 10, 20)
ESCALATION_MINUTES = (0, 15, 30, 60, 120)
"""In minutes; 0 means never."""
MUTABLE_KINDS = ("spike:low", "spike:medium", "threshold:medium", "forecast")
"""Kinds of alerts that a team may mute, some by severity. Critical alerts and a used-up budget are never muted."""
_MAX_THRESHOLDS = 8


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A channel for messages. `ref` is a channel name or id."""

    ref: str
    state: DestinationState


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """A team's alert settings. Minutes count from local midnight; `thresholds` of None means those of teams.yml."""

    thresholds: tuple[int, ...] | None
    quiet_from: int | None
    quiet_until: int | None
    quiet_weekends: bool
    daily_cap: int
    muted: frozenset[str]
    escalate_minutes: int
    alerts_destination: Destination | None
    approvals_destination: Destination | None

    def to_json(self) -> dict[str, Any]:
        """Returns all settings but the channels, whose state changes on its own."""
        return {
            "thresholds": self.thresholds,
            "quiet_from": self.quiet_from,
            "quiet_until": self.quiet_until,
            "quiet_weekends": self.quiet_weekends,
            "daily_cap": self.daily_cap,
            "muted": sorted(self.muted),
            "escalate_minutes": self.escalate_minutes,
        }


DEFAULT_SETTINGS = AlertSettings(
    thresholds=None,
    quiet_from=None,
    quiet_until=None,
    quiet_weekends=False,
    daily_cap=5,
    muted=frozenset(),
    escalate_minutes=30,
    alerts_destination=None,
    approvals_destination=None,
)
"""The settings of a team that set none. They have no quiet hours: Slack already mutes people in hours they set there.
"""


def settings_of(
    kept: Mapping[str, Any], *, alerts_destination: Destination | None, approvals_destination: Destination | None
) -> AlertSettings:
    """Returns settings from the JSON that `to_json` wrote."""
    thresholds = kept["thresholds"]
    return AlertSettings(
        thresholds=None if thresholds is None else tuple(thresholds),
        quiet_from=kept["quiet_from"],
        quiet_until=kept["quiet_until"],
        quiet_weekends=kept["quiet_weekends"],
        daily_cap=kept["daily_cap"],
        muted=frozenset(kept["muted"]),
        escalate_minutes=kept["escalate_minutes"],
        alerts_destination=alerts_destination,
        approvals_destination=approvals_destination,
    )


def parse_thresholds(text: str) -> tuple[int, ...] | None:
    """Parses `50, 80, 100%` into ascending whole percents; None if the field is empty."""
    words = [word for word in re.split(r"[\s,;%]+", text) if word]
    if not words:
        return None
    if not all(re.fullmatch(r"[0-9]{1,3}", word) and 1 <= int(word) <= 200 for word in words):
        raise FieldRefusal(THRESHOLDS_FIELD, "Thresholds are whole percents from 1 to 200, such as 50, 80, 100.")
    percents = tuple(sorted({int(word) for word in words}))
    if len(percents) > _MAX_THRESHOLDS:
        raise FieldRefusal(THRESHOLDS_FIELD, f"At most {_MAX_THRESHOLDS} thresholds.")
    return percents


def parse_quiet_hours(begin: str, end: str) -> tuple[int | None, int | None]:
    """Parses two times of day from menus into minutes; either both or neither."""
    if begin == end == NO_TIME:
        return None, None
    if NO_TIME in (begin, end):
        missing = FROM_FIELD if begin == NO_TIME else UNTIL_FIELD
        raise FieldRefusal(
            missing, "Quiet hours need a beginning and an end. Choose “none” in both for no quiet hours."
        )
    minutes = (parse_choice(FROM_FIELD, begin, among=HALF_HOURS), parse_choice(UNTIL_FIELD, end, among=HALF_HOURS))
    if minutes[0] == minutes[1]:
        raise FieldRefusal(UNTIL_FIELD, "Quiet hours can't end when they begin. Mute kinds of alerts below instead.")
    return minutes


def parse_choice(field: str, text: str, *, among: Collection[int]) -> int:
    """Parses a number from a menu."""
    if not text.isdigit() or int(text) not in among:
        raise FieldRefusal(field, "Choose one of the menu.")
    return int(text)


def clock_text(minute: int) -> str:
    """Formats a minute of the day as `22:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
