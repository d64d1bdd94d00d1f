"""The history of a team's settings: who changed what, when, from what to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import Message
from bot.money import usd
from bot.org.alert_settings import clock_text
from bot.views.blocks import actions, button, date_mark, mention_of_channel, name, section

OLDER_SETTINGS = "older_settings"
"""Action id of the button for older changes; its value is the number of the last record that is shown."""
PAGE_SIZE = 6
_MOST_NAMED = 4
ACTIONS = (
    "set up team",
    "create team",
    "set up organisation",
    "set company",
    "set budget",
    "set alert settings",
    "channel",
)
"""The actions of the audit log that change a team's settings."""
PEOPLE = frozenset({"managers", "members", "finance", "admins"})
_LABELS = {"quiet_from": "quiet from", "quiet_until": "quiet until", "quiet_weekends": "quiet weekends"}
_LABELS |= {"daily_cap": "alerts a day", "escalate_minutes": "escalated after minutes", "timezone": "time zone"}
_STATES = {"linked": "works", "paused": "is shared with another company", "broken": "can't be posted to"}


@dataclass(frozen=True, kw_only=True)
class SettingChange:
    """A record of the audit log about a team's settings. `by` is a mention; "" for what Slack or the clock did."""

    number: int
    at: int
    by: str
    action: str
    detail: Mapping[str, Any]


def history_message(
    team_name: str, changes: Sequence[SettingChange], people: Mapping[int, str], *, timezone: str, has_older: bool
) -> Message:
    """Returns a page of the changes, newest first. `people` are mentions by person id."""
    if not changes:
        text = f"Nobody has changed the settings of {name(team_name)} in Slack."
        return Message(text=text, blocks=(section(text, block_id="settings-history"),))
    lead = f"Settings of {name(team_name)}"
    lines = [f"{date_mark(one.at, timezone=timezone)} · {_line(one, people)}" for one in changes]
    first = changes[0].number
    blocks = [section(f"*{lead}*", block_id=f"settings-{first}")]
    blocks += [section(line, block_id=f"settings-{one.number}-what") for one, line in zip(changes, lines, strict=True)]
    if has_older:
        older = button("Older", action_id=OLDER_SETTINGS, value=changes[-1].number, label="Older changes")
        blocks.append(actions(older, block_id=f"settings-{changes[-1].number}-older"))
    return Message(text=f"{lead}: {'; '.join(lines)}", blocks=tuple(blocks))


def _line(change: SettingChange, people: Mapping[int, str]) -> str:
    who = f"{change.by}: " if change.by else ""
    if change.action == "channel":
        channel, state = str(change.detail.get("channel") or ""), str(change.detail.get("state") or "")
        place = mention_of_channel(channel) if channel.isalnum() else name(channel)
        return f"{who}channel {place} {_STATES.get(state, name(state))}"
    if change.action == "set budget":
        before, after = (_amount(change.detail.get(key)) for key in ("before_nanos", "after_nanos"))
        return f"{who}budget {before} → {after}"
    made = "created the team" if change.action == "create team" else ""
    fields = [_field(key, both, people) for key, both in change.detail.items() if _is_pair(both)]
    return f"{who}{', '.join(filter(None, [made, *fields])) or 'saved without a change'}"


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _field(field: str, both: Sequence[Any], people: Mapping[int, str]) -> str:
    before, after = both
    if field == "name":
        return "renamed it"
    label = _LABELS.get(field, field)
    if field in PEOPLE:
        return f"{label} {_people(after, people)} (before: {_people(before, people)})"
    return f"{label} {_words(field, before)} → {_words(field, after)}"


def _people(ids: Any, people: Mapping[int, str]) -> str:
    shown = [people.get(one, "somebody") for one in (ids or [])]
    more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
    return (", ".join(shown[:_MOST_NAMED]) or "nobody") + more


def _words(field: str, value: Any) -> str:
    if value in (None, "", [], {}):
        words = "none"
    elif field == "channel" and str(value).isalnum():
        words = mention_of_channel(str(value))
    elif field in ("quiet_from", "quiet_until"):
        words = clock_text(int(value))
    elif isinstance(value, bool):
        words = "yes" if value else "no"
    elif isinstance(value, list):
        words = name(", ".join(f"{one}%" if field == "thresholds" else str(one) for one in value))
    elif isinstance(value, dict):
        words = ", ".join(f"{name(str(key))} {mention_of_channel(str(one))}" for key, one in sorted(value.items()))
    else:
        words = name(str(value))
    return words


def _amount(nanos: Any) -> str:
    return usd(nanos) if isinstance(nanos, int) else "none"
