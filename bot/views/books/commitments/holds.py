"""The messages and the form of holds."""

import json
from collections.abc import Sequence
from typing import Any

from bot.books.commitments.holds import MAX_NAME_CHARACTERS, Hold, HoldDraft, HoldUse
from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.periods import date_of, day_text
from bot.text import plain
from bot.views.blocks import actions, button, confirmation, context, date_input, field, modal, name, section, text_input

RELEASE_HOLD = "release_hold"
CHANGE_HOLD = "change_hold"
"""These buttons carry a hold's id."""
CHANGE_HOLD_FORM = "change_hold_form"
HOLD_FORM = "hold_form"
NAME_FIELD = "run"
AMOUNT_FIELD = "amount"
END_FIELD = "until"

_MAX_LISTED = 15
_MAX_SHOWN = 3


def already_words(known: Hold, *, command: str) -> str:
    return (
        f"{usd(known.amount_nanos)} is set aside for “{name(known.name)}” already, until {day_text(known.end_day - 1)}. "
        f"`{command} hold` lists it, with a button to change it."
    )


def which_words(team: Team, listed: Sequence[str], *, command: str) -> str:
    """Returns what to type to release a hold."""
    if not listed:
        return f"Nothing is set aside for a run of {name(team.name)}."
    named = ", ".join(f"“{name(text)}”" for text in listed[:_MAX_LISTED])
    return f"Which one? Type `{command} release` and its name. Set aside now: {named}."


def hold_message(hold: Hold, *, team: Team, who: str, left_nanos: int, short_nanos: int = 0) -> Message:
    """Returns the message of an active hold, for the team's channel. `who` is a mention, `left_nanos` what the team has
    beside it, and `short_nanos` what a carried hold lost."""
    text = (
        f"{who} set {usd(hold.amount_nanos)} of {name(team.name)}'s budget aside for “{name(hold.name)}”, until "
        f"{day_text(hold.end_day - 1)}."
    )
    if short_nanos:
        text += f" {usd(short_nanos)} more was set aside before, which the new period does not have."
    notes = (
        f"Usage whose workflow or tag is “{name(hold.name)}” is paid from it first; {usd(max(0, left_nanos))} is left for all "
        "else. What is not used comes back by itself."
    )
    key = f"hold-{hold.id}-{hold.revision}"
    blocks = (
        section(text, block_id=f"{key}-held"),
        actions(*_buttons(hold), block_id=f"{key}-actions"),
        context(notes, block_id=f"{key}-notes"),
    )
    return Message(text=f"{text} {notes}", blocks=blocks)


def ended_message(
    hold: Hold, *, team: Team, who: str, ended_by: str | None, used_nanos: int, is_carried: bool
) -> Message:
    """Returns the message of an ended hold. It replaces the hold's own."""
    released = hold.amount_nanos - used_nanos
    how = f"released by {ended_by}" if ended_by else "carried into the next period" if is_carried else "over"
    where = "goes on in the next period as far as there is budget" if is_carried else "is available again"
    rest = f" {usd(released)} {where}." if released else ""
    text = (
        f"What {who} set aside of {name(team.name)}'s budget for “{name(hold.name)}” is {how}: {usd(used_nanos)} of "
        f"{usd(hold.amount_nanos)} was used.{rest}"
    )
    return Message(text=text, blocks=(section(text, block_id=f"hold-{hold.id}-{hold.revision}-over"),))


def used_up_message(hold: Hold, *, team: Team, command: str) -> Message:
    """Returns the private message that a hold is used up, for who made it."""
    text = (
        f"The {usd(hold.amount_nanos)} that you set aside of {name(team.name)}'s budget for “{name(hold.name)}” is used up. "
        "From now on the run uses the rest of the team's budget."
    )
    note = f"`{command} hold` in the team's channel lists what is set aside, with a button to change it."
    key = f"hold-{hold.id}-{hold.revision}-used"
    return Message(text=f"{text} {note}", blocks=(section(text, block_id=key), context(note, block_id=f"{key}-note")))


def holds_message(listed: Sequence[tuple[HoldUse, str]], *, team: Team, may_change: bool, command: str) -> Message:
    """Returns the answer to `/tokens hold`: each hold with what is used of it and who made it."""
    example = f"`{command} hold 500 eval-run until Friday` sets more aside."
    if not listed:
        text = f"Nothing is set aside for a run of {name(team.name)}. {example}"
        return Message(text=text, blocks=(section(text, block_id="no-holds"),))
    blocks: list[Block] = [section(f"*Set aside by {name(team.name)}*", block_id="holds")]
    lines = []
    for use, who in listed[:_MAX_LISTED]:
        line = _line(use, who)
        lines.append(line)
        blocks.append(section(line, block_id=f"hold-{use.hold.id}"))
        if may_change:
            blocks.append(actions(*_buttons(use.hold), block_id=f"hold-{use.hold.id}-actions"))
    if len(listed) > _MAX_LISTED:
        example = f"{len(listed) - _MAX_LISTED} more are not shown. {example}"
    blocks.append(context(example, block_id="holds-note"))
    return Message(text=f"Set aside by {name(team.name)}: {' '.join(lines)} {example}", blocks=tuple(blocks))


def held_lines(uses: Sequence[HoldUse]) -> list[str]:
    """Returns a line on what a team has set aside, for its standing; none if that is nothing."""
    if not uses:
        return []
    shown = [
        f"{usd(use.left_nanos)} of {usd(use.hold.amount_nanos)} for “{name(use.hold.name)}” until "
        f"{day_text(use.hold.end_day - 1)}"
        for use in uses[:_MAX_SHOWN]
    ]
    more = f", and {len(uses) - _MAX_SHOWN} more" if len(uses) > _MAX_SHOWN else ""
    return [f"Set aside and left: {', '.join(shown)}{more}."]


def change_form(use: HoldUse, *, team: Team) -> dict[str, Any]:
    """Returns the form to change a hold, prefilled with it."""
    hold = use.hold
    used = f"{usd(use.used_nanos)} of it is used." if use.used_nanos else "Nothing of it is used yet."
    words = f"Set aside of *{name(team.name)}*'s budget for “{name(hold.name)}”. {used}"
    amount = text_input(
        action_id=AMOUNT_FIELD, initial=usd(hold.amount_nanos), placeholder="500, $1,250.50 or 2k", max_length=40
    )
    end = date_input(action_id=END_FIELD, initial=date_of(hold.end_day - 1).isoformat())
    blocks = [
        section(words, block_id="changed-hold"),
        field("Amount in US dollars", amount, block_id=AMOUNT_FIELD, hint="In all, with what is used."),
        field("Until", end, block_id=END_FIELD, hint="The last day of the run, in the team's time zone."),
    ]
    return modal(
        title="Change what is set aside",
        submit="Change",
        blocks=blocks,
        callback_id=CHANGE_HOLD_FORM,
        metadata=json.dumps({"id": hold.id}),
    )


def hold_form(draft: HoldDraft, *, team: Team, zone: str, note: str) -> dict[str, Any]:
    """Returns the form that sets budget aside, filled in with what was typed. `note` says what is unclear, in mrkdwn."""
    amount = text_input(
        action_id=AMOUNT_FIELD, initial=draft.amount, placeholder="500, $1,250.50 or 2k", max_length=40, focus=True
    )
    run = text_input(action_id=NAME_FIELD, initial=draft.name, placeholder="eval-run", max_length=MAX_NAME_CHARACTERS)
    end = date_input(action_id=END_FIELD, initial=date_of(draft.last_day).isoformat())
    blocks = [
        section(f"*{note}*", block_id="hold-note"),
        section(f"Set budget of *{name(team.name)}* aside for a planned run.", block_id="hold-team"),
        field("Amount in US dollars", amount, block_id=AMOUNT_FIELD, hint="What is not used comes back by itself."),
        field("Run", run, block_id=NAME_FIELD, hint="The workflow or tag that the run's usage has."),
        field("Until", end, block_id=END_FIELD, hint=f"The last day of the run, in the team's time zone, {zone}."),
    ]
    return modal(
        title="Set budget aside",
        submit="Set aside",
        blocks=blocks,
        callback_id=HOLD_FORM,
        metadata=json.dumps({"id": team.id}),
    )


def _line(use: HoldUse, who: str) -> str:
    hold = use.hold
    return (
        f"“{name(hold.name)}”: {usd(use.left_nanos)} of {usd(hold.amount_nanos)} left until {day_text(hold.end_day - 1)}, "
        f"set aside by {who}."
    )


def _buttons(hold: Hold) -> list[Any]:
    spoken = plain(hold.name, limit=MAX_NAME_CHARACTERS)
    confirm = confirmation(
        title="Release it?",
        text=f"What “{name(hold.name)}” has not used is available to the whole team again.",
        confirm="Release",
    )
    return [
        button("Change", action_id=CHANGE_HOLD, value=hold.id, label=f"Change what is set aside for {spoken}"),
        button(
            "Release",
            action_id=RELEASE_HOLD,
            value=hold.id,
            label=f"Release what is set aside for {spoken}",
            confirm=confirm,
        ),
    ]
