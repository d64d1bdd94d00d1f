"""What waits for a person on their Home, decided in place: budget requests and alerts; and their own requests."""

import re
from collections.abc import Sequence

from bot.messages import Block
from bot.money import usd
from bot.reporting.home_places import HomePlace
from bot.reporting.reports import OpenAlert, PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.requests.revisions import button_value
from bot.text import plain
from bot.views.alerting.alerts import ACKNOWLEDGE_ALERT, ALERT_MENU, EXPECT_ALERT, Choice
from bot.views.alerting.delivery_rules import one_line
from bot.views.blocks import Element, actions, button, date_mark, name, overflow, quote, section
from bot.views.reporting.home.pages import page_blocks, page_words
from bot.views.requests.budget_requests import CHANGE_REQUEST, WITHDRAW_REQUEST, decision_buttons
from bot.views.requests.request_words import ask_words
from bot.views.wording import period_words

_APPROVALS, _ALERTS, _OWN = 4, 3, 4
_ALERT_CHARACTERS = 200
_SENTENCE_END = re.compile(r"\.(?= )")
_STATES = {
    "pending": "waits for a decision",
    "approved": "approved",
    "denied": "denied",
    "withdrawn": "withdrawn",
    "expired": "expired, as nobody decided in time",
}


def approval_blocks(approvals: Sequence[PendingRequest], *, place: HomePlace) -> list[Block]:
    """Returns the requests that wait for a person, with the buttons that decide them."""
    page = place.page("waiting", approvals, size=_APPROVALS)
    blocks = [section(f"*Waiting for my decision*{page_words(page)}", block_id="home-approvals")]
    for pending in page.shown:
        key = f"home-approval-{pending.request.id}-{pending.request.revision}"
        blocks.append(section(_approval_words(pending), block_id=key))
        blocks.append(actions(*decision_buttons(pending), block_id=f"{key}-actions"))
    return [*blocks, *page_blocks(page, "waiting", what="requests waiting for me")]


def _approval_words(pending: PendingRequest) -> str:
    asked_at = date_mark(pending.request.created_at)
    lead = f"{pending.asker_mention} asks for *{ask_words(pending)}* · {asked_at}"
    return f"{lead}\n{quote(pending.request.reason, limit=140)}"


def alert_blocks(alerts: Sequence[OpenAlert], *, place: HomePlace) -> list[Block]:
    """Returns the alerts that nobody has answered, with the buttons that answer them."""
    page = place.page("alerts", alerts, size=_ALERTS)
    blocks = [section(f"*Unanswered alerts*{page_words(page)}", block_id="home-open-alerts")]
    for alert in page.shown:
        key = f"home-alert-{alert.alert_id}"
        blocks.append(section(_alert_words(alert), block_id=key))
        blocks.append(actions(*_answers(alert), block_id=f"{key}-actions"))
    return [*blocks, *page_blocks(page, "alerts", what="alerts without an answer")]


def _alert_words(alert: OpenAlert) -> str:
    """Returns the first sentences of an alert, as many as fit, and when it began."""
    text = one_line(alert.text, limit=_ALERT_CHARACTERS)
    if text.endswith("…") and (ends := list(_SENTENCE_END.finditer(text))):
        text = text[: ends[-1].start() + 1]
    team = name(alert.team.name, limit=40)
    return f"{text}\n{date_mark(alert.opened_at)}" if team in text else f"{text}\n{team} · {date_mark(alert.opened_at)}"


def _answers(alert: OpenAlert) -> list[Element]:
    what = f"the alert of {plain(alert.team.name, limit=40)}"
    given = [button("I'm on it", action_id=ACKNOWLEDGE_ALERT, value=alert.alert_id, label=f"I'm on it: {what}")]
    if alert.kind == "spike" and alert.may_mute:
        planned = f"This was planned: {what}"
        given.append(button("This was planned", action_id=EXPECT_ALERT, value=alert.alert_id, label=planned))
    choices = [("Details", Choice.DETAILS)] if alert.kind == "spike" else [("How the team stands", Choice.STANDING)]
    choices += [("Snooze…", Choice.SNOOZE)] if alert.may_mute else []
    given.append(overflow(*((text, f"{choice}:{alert.alert_id}") for text, choice in choices), action_id=ALERT_MENU))
    return given


def own_request_blocks(requests: Sequence[tuple[BudgetRequest, str]], *, place: HomePlace) -> list[Block]:
    """Returns what a person asked for, each with its team's name."""
    page = place.page("requests", requests, size=_OWN)
    blocks = [section(f"*My requests*{page_words(page)}", block_id="home-requests")]
    for request, team in page.shown:
        key = f"home-request-{request.id}-{request.revision}-{request.state}"
        blocks.append(section(_request_words(request, team), block_id=key))
        if request.state == "pending":
            what = f"the request of {usd(request.amount_nanos)} for {plain(team, limit=30)}"
            value = button_value(request)
            change = button("Change", action_id=CHANGE_REQUEST, value=value, label=f"Change {what}")
            withdraw = button("Withdraw", action_id=WITHDRAW_REQUEST, value=value, label=f"Withdraw {what}")
            blocks.append(actions(change, withdraw, block_id=f"{key}-actions"))
    return [*blocks, *page_blocks(page, "requests", what="my requests")]


def _request_words(request: BudgetRequest, team: str) -> str:
    when = date_mark(request.decided_at if request.decided_at is not None else request.created_at)
    summary = f"*{usd(request.amount_nanos)} for {name(team)}*, {period_words(request.period)}"
    reason = (
        f"\n> {name(request.decision_reason, limit=300)}"
        if request.state == "denied" and request.decision_reason
        else ""
    )
    return f"{summary}: {_STATES[request.state]} · {when}{reason}"
