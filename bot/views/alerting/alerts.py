"""The buttons, the menu and the forms that answer an alert of any kind."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from bot.messages import Block
from bot.org.teams import Team
from bot.views.blocks import Element, actions, button, context, date_mark, field, modal, name, overflow, section, select

ACKNOWLEDGE_ALERT = "acknowledge_alert"
EXPECT_ALERT = "expect_alert"
ALERT_MENU = "alert_menu"
"""A button carries the alert's id; an option of the menu carries its choice and the alert's id."""
SNOOZE_FORM = "snooze_form"
SNOOZE_FIELD = "snooze"


EXPECT_FORM = "expect_form"
CAUSE_FIELD = "cause"
DURATION_FIELD = "how_long"
UNDO_PLANNED = "undo_planned"
NOT_USEFUL_FORM = "not_useful_form"
REASON_FIELD = "why"


class Choice(StrEnum):
    """The choices of an alert's menu."""

    SNOOZE = "snooze"
    PLANNED = "planned"
    DETAILS = "details"
    BUDGET = "request"
    STANDING = "standing"
    NOT_USEFUL = "useless"


_WORDS = {
    Choice.SNOOZE: "Snooze…",
    Choice.PLANNED: "This was planned…",
    Choice.DETAILS: "Details",
    Choice.BUDGET: "Request budget",
    Choice.STANDING: "How the team stands",
    Choice.NOT_USEFUL: "Not useful…",
}


def answer_blocks(
    key: str,
    alert_id: int,
    answered: str | None,
    *,
    what: str,
    others: tuple[Element, ...],
    expectable: bool,
    may_request: bool,
    is_planned: bool = False,
) -> list[Block]:
    """Returns the buttons and the menu of an alert; once somebody answered, the sentence of the answer and the menu.

    `others` are further buttons of this kind of alert. An `expectable` alert has a cause to plan, and details.
    `may_request` adds a choice to request budget. A planned one has a button that takes the answer back.
    """
    if answered:
        undo = button("Undo", action_id=UNDO_PLANNED, value=alert_id, label=f"Undo: {what} was not planned")
        return [
            context(answered, block_id=f"{key}-answer"),
            actions(
                *((undo,) if is_planned else ()),
                *others,
                _menu(alert_id, answered=True, expectable=expectable, may_request=may_request),
                block_id=f"{key}-after",
            ),
        ]
    given = [button("I'm on it", action_id=ACKNOWLEDGE_ALERT, value=alert_id, label=f"I'm on it: {what}")]
    if expectable:
        planned = f"This was planned: {what}"
        given.append(button("This was planned", action_id=EXPECT_ALERT, value=alert_id, label=planned))
    menu = _menu(alert_id, answered=False, expectable=expectable, may_request=may_request)
    return [actions(*given, *others, menu, block_id=f"{key}-actions")]


def _menu(alert_id: int, *, answered: bool, expectable: bool, may_request: bool) -> Element:
    """Returns the menu, with five choices at most. A threshold shows its budget button beside the menu instead."""
    offered = [Choice.SNOOZE, Choice.STANDING, Choice.NOT_USEFUL]
    if expectable:
        last = Choice.PLANNED if answered else Choice.STANDING
        budget = [Choice.BUDGET] if may_request else []
        offered = [Choice.SNOOZE, Choice.DETAILS, *budget, last, Choice.NOT_USEFUL]
    return overflow(*((_WORDS[choice], f"{choice}:{alert_id}") for choice in offered), action_id=ALERT_MENU)


def answer_sentence(state: str, *, who: str, at: int, until: int | None, expected: str | None = None) -> str | None:
    """Returns who answered an alert, how and when, in mrkdwn; None without an answer. `who` is a mention; `expected`
    names the muted cause and its end."""
    when = date_mark(at)
    said = {
        "acknowledged": f"{who} is on it · {when}",
        "expected": f"{who} says this was planned · {when}",
    }.get(state)
    if state == "snoozed" and until is not None:
        said = f"{who} snoozed this until {date_mark(until)} · {when}"
    if said and expected:
        said += f" · {expected}"
    return said


def alert_title(kind: str, team: Team) -> str:
    """Returns the name of an alert in a form, in mrkdwn."""
    budget = "The budget alert of"
    words = {"spike": "The spike of", "threshold": budget, "part": budget, "forecast": "The forecast of"}
    what = words.get(kind, "The alert of")
    return f"{what} {name(team.name)}"


def snooze_form(*, title: str, until: Sequence[tuple[str, int]], is_snoozed: bool, metadata: str) -> dict[str, Any]:
    """Returns the form that snoozes an alert. `title` names the alert in mrkdwn; `until` are the choices and when
    each ends, in microseconds."""
    words = {"hour": "For an hour", "morning": "Until tomorrow morning", "period": "Until the budget period ends"}
    offered: list[tuple[str, str]] = [(words[choice], choice) for choice, _ in until]
    if is_snoozed:
        offered.append(("End the snooze now", "now"))
    ends = " ".join(f"{words[choice]}: {date_mark(at)}." for choice, at in until)
    menu = select(offered, action_id=SNOOZE_FIELD, chosen=offered[0][1], placeholder="For how long")
    hint = "Numbers keep updating. If it's still running then, we'll ask again."
    blocks = [
        section(
            f"{title} stays quiet for everybody: no reminder, and no other message of the same cause.",
            block_id="snoozed",
        ),
        field("For how long?", menu, block_id=SNOOZE_FIELD, hint=hint),
        context(ends, block_id="snooze-ends"),
    ]
    return modal(title="Snooze alert", submit="Snooze", blocks=blocks, callback_id=SNOOZE_FORM, metadata=metadata)
