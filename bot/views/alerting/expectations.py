"""The messages and the form of expected spend."""

import json
from collections.abc import Sequence
from typing import Any

from bot.alerting.announcements import MAX_WHAT_CHARACTERS, AnnouncementDraft
from bot.alerting.expectations import Cause, Expectation
from bot.messages import Block, Message
from bot.money import usd, usd_round
from bot.org.teams import Team
from bot.periods import date_of
from bot.text import plain
from bot.views.alerting.alerts import CAUSE_FIELD, DURATION_FIELD, EXPECT_FORM
from bot.views.blocks import (
    actions,
    button,
    context,
    date_input,
    date_mark,
    field,
    modal,
    name,
    section,
    select,
    text_input,
)
from bot.views.wording import part_name, until_words

ANNOUNCE_FORM = "announce_form"
WHAT_FIELD, FIRST_DAY_FIELD, LAST_DAY_FIELD, LIMIT_FIELD = "what", "first_day", "last_day", "limit"
END_EXPECTATION = "end_expectation"
"""The button carries an expectation's id."""
_MAX_LISTED = 10
_KINDS = {"credential": "key"}


def cause_words(cause: Cause, *, team: str) -> str:
    """Returns `key ci-7` or `all spend of Search`, escaped."""
    if cause.is_total:
        return f"all spend of {team}" if team else "the team's spend"
    kind = _KINDS.get(cause.dimension, cause.dimension)
    return f"{kind} {part_name(cause.name, kind=kind)}"


def _until_words(expectation: Expectation) -> str:
    end = expectation.ends_at
    return "a week after it ends" if end is None else date_mark(end)


def muted_words(expectation: Expectation) -> str:
    """Returns the muted cause and its end, for an answered spike."""
    return f"alerts for {cause_words(expectation.cause, team='')} are muted until {_until_words(expectation)}"


def announcement_message(expectation: Expectation, *, team: Team, who: str, zone: str, command: str) -> Message:
    """Returns the message of an announcement. `who` is a mention, `zone` is the team's."""
    key = f"expectation-{expectation.id}"
    text = f"{who} announced more spend of {name(team.name)} than usual: {_figures(expectation, zone=zone)}."
    beyond = "spend beyond it still alerts" if expectation.limit_nanos is not None else "budget alerts still apply"
    notes = f"It raises no spike alert; {beyond}. `{command} expect` lists announcements."
    end = _end_button(expectation, team)
    blocks = (
        section(text, block_id=f"{key}-announced"),
        actions(end, block_id=f"{key}-actions"),
        context(notes, block_id=f"{key}-notes"),
    )
    return Message(text=f"{text} {notes}", blocks=blocks)


def over_message(
    expectation: Expectation, *, team: Team, who: str, ended_by: str | None, extra_nanos: int, zone: str
) -> Message:
    """Returns the message of an announcement that is over, with its cost above the usual. It replaces the
    announcement."""
    ended = f", ended early by {ended_by}" if ended_by else ""
    extra = f"It cost {usd(extra_nanos)} above the usual." if extra_nanos > 0 else "It cost nothing above the usual."
    text = (
        f"What {who} announced for {name(team.name)} is over{ended}: {_figures(expectation, zone=zone)}. {extra} "
        "Spike alerts are on again."
    )
    return Message(text=text, blocks=(section(text, block_id=f"expectation-{expectation.id}-over"),))


def _figures(expectation: Expectation, *, zone: str) -> str:
    """Returns `“launch”, from 26 Nov at 14:00 until …, up to $500 above the usual`."""
    until = until_words(expectation.until_at or expectation.ends_at or expectation.from_at, zone=zone)
    words = f"“{name(expectation.what)}”, from {date_mark(expectation.from_at, timezone=zone)} {until}"
    if expectation.limit_nanos is not None:
        words += f", up to {usd_round(expectation.limit_nanos)} above the usual"
    return words


def _end_button(expectation: Expectation, team: Team) -> Any:
    what = expectation.what or "the planned spike"
    label = f"End the announcement of {plain(team.name, limit=25)}: {plain(what, limit=25)}"
    return button("End it now", action_id=END_EXPECTATION, value=expectation.id, label=label)


def expectations_message(
    listed: Sequence[tuple[Expectation, str]], *, team: Team, zone: str, at: int, command: str
) -> Message:
    """Returns the answer to `/tokens expect`: the team's current and coming expectations, each with the person who
    made it."""
    example = f"`{command} expect launch 2 days from monday up to $500` announces more."
    if not listed:
        text = f"{name(team.name)} has announced no spend above its usual. {example}"
        return Message(text=text, blocks=(section(text, block_id="expected"),))
    lead = f"Announced for {name(team.name)}"
    blocks: list[Block] = [section(f"*{lead}*", block_id="expected")]
    lines = []
    for expectation, who in listed[:_MAX_LISTED]:
        line = _line(expectation, team=team, who=who, zone=zone, at=at)
        lines.append(line)
        end = _end_button(expectation, team)
        blocks.append(section(line, block_id=f"expected-{expectation.id}", accessory=end))
    rest = len(listed) - _MAX_LISTED
    more = f"{rest} more are not shown. " if rest > 0 else ""
    blocks.append(context(f"{more}{example}", block_id="expected-notes"))
    return Message(text=f"{lead}: {'; '.join(lines)}. {more}{example}", blocks=tuple(blocks))


def _line(expectation: Expectation, *, team: Team, who: str, zone: str, at: int) -> str:
    comes = "" if expectation.from_at <= at else " (to come)"
    if expectation.alert_id is None:
        return f"{_figures(expectation, zone=zone)}{comes}, says {who}"
    end = expectation.ends_at
    until = "until a week after its spike ends" if end is None else until_words(end, zone=zone)
    return f"{cause_words(expectation.cause, team=name(team.name))} {until}, says {who}"


def announce_form(draft: AnnouncementDraft, *, team: Team, zone: str, note: str, channel: str) -> dict[str, Any]:
    """Returns the form that announces spend, filled in with what was typed. `note` says what is unclear, in mrkdwn;
    `channel` is where it was typed."""
    what = text_input(
        action_id=WHAT_FIELD, initial=draft.what, placeholder="launch", max_length=MAX_WHAT_CHARACTERS, focus=True
    )
    days = [
        date_input(action_id=field_id, initial=date_of(day).isoformat())
        for field_id, day in ((FIRST_DAY_FIELD, draft.first_day), (LAST_DAY_FIELD, draft.last_day))
    ]
    limit = text_input(action_id=LIMIT_FIELD, initial=draft.limit, placeholder="500, $1,250.50 or 2k", max_length=40)
    blocks = [
        section(f"*{note}*", block_id="announce-note"),
        section(
            f"Announce more spend of *{name(team.name)}* than usual: its spike alerts stay quiet.",
            block_id="announce-team",
        ),
        field("What", what, block_id=WHAT_FIELD, hint="The team's channel reads it."),
        field("First day", days[0], block_id=FIRST_DAY_FIELD, hint="Today begins now."),
        field(
            "Last day",
            days[1],
            block_id=LAST_DAY_FIELD,
            hint=f"It ends with this day, in the team's time zone, {zone}.",
        ),
        field(
            "Up to, in US dollars",
            limit,
            block_id=LIMIT_FIELD,
            hint="Above the usual. Empty: no limit.",
            optional=True,
        ),
    ]
    return modal(
        title="Announce spend",
        submit="Announce",
        blocks=blocks,
        callback_id=ANNOUNCE_FORM,
        metadata=json.dumps({"id": team.id, "channel": channel}),
    )


def expect_form(
    *,
    title: str,
    causes: Sequence[tuple[str, str]],
    until: Sequence[tuple[str, str]],
    answered: str | None,
    metadata: str,
) -> dict[str, Any]:
    """Returns the form of a planned spike: its cause and how long it stays expected. `causes` and `until` are (words,
    value); `answered` is the sentence of the answer so far, in mrkdwn."""
    lead = f"{title} was planned: choose what to mute, and for how long. Spend that lasts becomes the new usual."
    blocks: list[Block] = [section(lead, block_id="planned")]
    if answered:
        blocks.append(context(answered, block_id="planned-said"))
    menu = select(causes, action_id=CAUSE_FIELD, chosen=causes[0][1], placeholder="What was planned")
    hint = "Everything else still alerts."
    blocks.append(field("What was planned?", menu, block_id=CAUSE_FIELD, hint=hint))
    menu = select(until, action_id=DURATION_FIELD, chosen=until[0][1], placeholder="For how long")
    hint = "Budget alerts still apply."
    blocks.append(field("For how long?", menu, block_id=DURATION_FIELD, hint=hint))
    return modal(title="This was planned", submit="Save", blocks=blocks, callback_id=EXPECT_FORM, metadata=metadata)
