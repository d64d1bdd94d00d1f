"""Alerts about a silent source and about an unreachable channel."""

import re

from bot.messages import Message
from bot.org.teams import Team
from bot.periods import HOUR_MICROS, MICROS
from bot.reporting.reports import SilentSource
from bot.views.blocks import context, date_mark, name, section
from bot.views.wording import counted

_DAY_HOURS = 48
_ID = re.compile(r"[CG][A-Z0-9]+")


def silence_message(source: SilentSource, *, alert_id: int, zone: str) -> Message:
    """Returns the alert about an unusually long silence of a source, or its end."""
    who, since = name(source.name), date_mark(source.since, timezone=zone)
    key = f"alert-{alert_id}-silence"
    if source.is_revoked:
        text = f"{who} sends no more: its keys were revoked. It was last heard {since}."
        return Message(text=text, blocks=(section(text, block_id=f"{key}-revoked"),))
    if source.heard_at is not None:
        back = date_mark(source.heard_at, timezone=zone)
        text = f"{who} is heard again since {back}; it was silent for {span_words(source.heard_at - source.since)}."
        missed = (
            "A sender that keeps what it could not send makes it good; else send the hours again: no call counts twice."
        )
        blocks = (section(text, block_id=f"{key}-over"), context(missed, block_id=f"{key}-missed"))
        return Message(text=f"{text} {missed}", blocks=blocks)
    lead = f"{who} has sent nothing since {since}, at hours at which it usually does."
    misses = (
        "Its spend is missing from the books meanwhile."
        if source.role == "meter"
        else "It is missing as a check alone."
    )
    advice = (
        f"Look whether its sender runs, whether its key is in force (`tokens keys list`) and whether what it sends is refused "
        f"(`tokens quarantine list`). If it has ended: `tokens keys revoke {name(source.name)}`."
    )
    blocks = (section(f"*{lead}* {misses}", block_id=key), context(advice, block_id=f"{key}-advice"))
    return Message(text=f"{lead} {misses} {advice}", blocks=blocks)


def route_message(
    team: Team, *, channel: str, since: int, works_since: int | None, alert_id: int, zone: str
) -> Message:
    """Returns the alert about a channel that rejects messages, or its recovery. `channel` is `#its-name`, or its id."""
    channel = f"<#{channel}>" if _ID.fullmatch(channel) else name(channel)
    key = f"alert-{alert_id}-route"
    if works_since is not None:
        back = date_mark(works_since, timezone=zone)
        text = f"{channel} of {name(team.name)} can be posted to again since {back}."
        return Message(text=text, blocks=(section(text, block_id=f"{key}-works"),))
    text = (
        f"Tokens can't post to {channel} of {name(team.name)} since {date_mark(since, timezone=zone)}. What the team should "
        "know comes to its managers instead. Invite the app there, unarchive the channel, or link another in teams.yml."
    )
    return Message(text=text, blocks=(section(text, block_id=key),))


def silence_line(source: SilentSource) -> str:
    """Returns one line about a silent source."""
    return f"{name(source.name, limit=40)} has sent nothing since {date_mark(source.since)}, when it usually does."


def span_words(micros: int) -> str:
    """Formats a span as `45 minutes`, `5 hours` or `3 days`."""
    hours = micros // HOUR_MICROS
    if hours < 1:
        return counted(max(1, micros // (60 * MICROS)), "minute")
    return counted(hours, "hour") if hours < _DAY_HOURS else counted(hours // 24, "day")
