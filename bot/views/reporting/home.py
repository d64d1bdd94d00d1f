"""A person's Home: own use, teams, approvals, requests, and for some the company."""

from typing import Any

from bot.books.budgets import Standing
from bot.messages import Block
from bot.money import usd, usd_round
from bot.periods import day_text
from bot.reporting.reports import Home, PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.requests.revisions import button_value
from bot.text import plain
from bot.views.alerting.alert_quality import company_quality_block, managed_quality_blocks
from bot.views.blocks import actions, button, context, date_mark, divider, header, home, name, quote, section
from bot.views.books.budgets import REQUEST_BUDGET, has_budget, headline, may_request, no_budget_words, subtree_words
from bot.views.crosschecks import caps as cap_views
from bot.views.org.attribution import unattributed_blocks
from bot.views.org.people import my_use_text
from bot.views.reporting.company import company_blocks
from bot.views.requests.budget_requests import (
    CHANGE_REQUEST,
    WITHDRAW_REQUEST,
    decision_buttons,
)
from bot.views.requests.request_words import ask_words
from bot.views.requests.waiting.reminders import list_button
from bot.views.wording import counted, period_words, progress_bar, requests_waiting

_MAX_TEAMS = 8
_MAX_REQUESTS = 8
_STATES = {
    "pending": "waits for a decision",
    "approved": "approved",
    "denied": "denied",
    "withdrawn": "withdrawn",
    "expired": "expired, as nobody decided in time",
}


def home_view(shown: Home) -> dict[str, Any]:
    """Returns a person's Home. Outsiders see `outsider_home`."""
    if shown.is_outsider:
        return outsider_home()
    blocks: list[Block] = [
        header("AI spend", block_id="home-title"),
        section(f"*{_status(shown)}*", block_id="home-status"),
    ]
    if shown.in_preview:
        note = (
            "Tokens is in preview: it counts usage, and only finance sees the figures of teams until they switch it on."
        )
        blocks.append(context(note, block_id="home-preview"))
    blocks.append(section(f"*My use*\n{my_use_text(shown.use)}", block_id="home-use"))
    if shown.standings:
        blocks += [divider(block_id="home-teams-rule"), *_teams(shown)]
    if shown.approvals:
        blocks += [divider(block_id="home-approvals-rule"), *_approvals(shown)]
    if shown.cap_conflicts:
        blocks += [divider(block_id="home-caps-rule"), *cap_views.home_blocks(shown.cap_conflicts)]
    if shown.decision_times:
        blocks += _decisions(shown)
    if shown.own_requests:
        blocks += [divider(block_id="home-requests-rule"), *_own_requests(shown)]
    if shown.managed_alerts:
        blocks += [divider(block_id="home-alerts-rule"), *managed_quality_blocks(shown.managed_alerts)]
    if shown.company is not None:
        organisation = shown.company.organisation.team
        quality = (
            [company_quality_block(*shown.company_alerts, organisation=organisation)] if shown.company_alerts else []
        )
        blocks += [
            divider(block_id="home-company-rule"),
            *company_blocks(shown.company),
            *quality,
            *unattributed_blocks(shown.company.unattributed),
        ]
    updated = f"Updated {date_mark(shown.now)}. In a channel, `{shown.command} help` lists what you can type."
    blocks.append(context(updated, block_id="home-notes"))
    return home(blocks)


def outsider_home() -> dict[str, Any]:
    """Returns the Home of guests and people of other companies."""
    text = "Tokens is for members of this workspace. Guests and people from other companies can't use it."
    return home([section(text, block_id="home-outsider")])


def _status(shown: Home) -> str:
    parts = []
    if shown.approvals:
        parts.append(f"{requests_waiting(len(shown.approvals), 'you')}.")
    governed = [s for s in shown.standings if has_budget(s)]
    spent_out = [s for s in governed if s.balance.left_nanos <= 0 < s.balance.charged_nanos]
    running_out = [s for s in governed if s.balance.left_nanos > 0 and s.forecast.run_out_day is not None]
    if spent_out:
        names = ", ".join(name(s.team.name) for s in spent_out[:3])
        more = f" and {len(spent_out) - 3} more" if len(spent_out) > 3 else ""
        parts.append(f"Nothing is left for {names}{more}.")
    if running_out:
        soonest = min(running_out, key=lambda s: s.forecast.run_out_day or 0)
        assert soonest.forecast.run_out_day is not None
        parts.append(f"{name(soonest.team.name)} runs out on {day_text(soonest.forecast.run_out_day)}.")
    if not parts and len(shown.standings) == 1:
        return headline(shown.standings[0])
    if not parts and governed:
        parts.append("All your teams are within their budgets, and nothing waits for you.")
    return " ".join(parts) or "Nothing waits for you."


def _teams(shown: Home) -> list[Block]:
    blocks = [section("*My teams*", block_id="home-teams")]
    for standing in shown.standings[:_MAX_TEAMS]:
        team = standing.team
        label = f"Request budget for {plain(team.name, limit=40)}"
        request = button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label)
        asks = request if may_request(standing) else None
        blocks.append(section(_team_words(standing), block_id=f"home-team-{team.id}", accessory=asks))
    rest = len(shown.standings) - _MAX_TEAMS
    if rest > 0:
        more = f"And {counted(rest, 'more team')}: type `{shown.command}` in the team's channel."
        blocks.append(context(more, block_id="home-teams-more"))
    return blocks


def _team_words(standing: Standing) -> str:
    below = subtree_words(standing)
    return f"{_own_words(standing)}\n{below}" if below else _own_words(standing)


def _own_words(standing: Standing) -> str:
    burn = f"{usd_round(standing.forecast.usual_nanos_per_day)} a day"
    if not has_budget(standing):
        none = f" {no_budget_words(standing)}" if standing.team.mode != "announce" else ""
        return f"*{name(standing.team.name)}*\n{headline(standing)} {burn}.{none}"
    balance = standing.balance
    if balance.allocated_nanos <= 0:
        return f"*{headline(standing)}*\n{burn}"
    bar = progress_bar(balance.charged_nanos, balance.allocated_nanos)
    return f"*{headline(standing)}*\n{bar} · spent {usd(balance.charged_nanos)} · {burn}"


def _approvals(shown: Home) -> list[Block]:
    blocks = [section("*Waiting for my decision*", block_id="home-approvals")]
    for pending in shown.approvals[:_MAX_REQUESTS]:
        key = f"home-approval-{pending.request.id}-{pending.request.revision}"
        blocks.append(section(_approval_words(pending), block_id=key))
        blocks.append(actions(*decision_buttons(pending), block_id=f"{key}-actions"))
    rest = len(shown.approvals) - _MAX_REQUESTS
    if rest > 0:
        blocks.append(context(f"And {rest:,} more, in the list.", block_id="home-approvals-more"))
    return blocks


def _decisions(shown: Home) -> list[Block]:
    """Returns how long decisions take, and the button that opens the list of all that waits."""
    blocks: list[Block] = [context(*shown.decision_times, block_id="home-decision-times")]
    return [*blocks, actions(list_button(), block_id="home-decisions")]


def _approval_words(pending: PendingRequest) -> str:
    asked_at = date_mark(pending.request.created_at)
    lead = f"{pending.asker_mention} asks for *{ask_words(pending)}* · {asked_at}"
    return f"{lead}\n{quote(pending.request.reason, limit=140)}"


def _own_requests(shown: Home) -> list[Block]:
    blocks = [section("*My requests*", block_id="home-requests")]
    for request, team in shown.own_requests[:_MAX_REQUESTS]:
        key = f"home-request-{request.id}-{request.revision}-{request.state}"
        blocks.append(section(_request_words(request, team), block_id=key))
        if request.state == "pending":
            what = f"the request of {usd(request.amount_nanos)} for {plain(team, limit=30)}"
            value = button_value(request)
            change = button("Change", action_id=CHANGE_REQUEST, value=value, label=f"Change {what}")
            withdraw = button("Withdraw", action_id=WITHDRAW_REQUEST, value=value, label=f"Withdraw {what}")
            blocks.append(actions(change, withdraw, block_id=f"{key}-actions"))
    rest = len(shown.own_requests) - _MAX_REQUESTS
    if rest > 0:
        blocks.append(context(f"And {rest:,} more.", block_id="home-requests-more"))
    return blocks


def _request_words(request: BudgetRequest, team: str) -> str:
    when = date_mark(request.decided_at if request.decided_at is not None else request.created_at)
    summary = f"*{usd(request.amount_nanos)} for {name(team)}*, {period_words(request.period)}"
    reason = (
        f"\n> {name(request.decision_reason, limit=300)}"
        if request.state == "denied" and request.decision_reason
        else ""
    )
    return f"{summary}: {_STATES[request.state]} · {when}{reason}"
