"""What deciders read of earlier requests, and of the teams that could not pay."""

from collections.abc import Sequence

from bot.money import usd
from bot.org.teams import Directory
from bot.requests.asked_before import AskedBefore
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policies import stored_policy
from bot.views.blocks import date_mark, name

_MOST_SHOWN = 3
_STATES = {"approved": "approved", "denied": "denied", "pending": "waiting"}


def asked_before_words(before: AskedBefore, *, asker: str) -> str:
    """Returns what was asked for the team before in the period, in mrkdwn; empty for the first request. A request that
    tries again after a denial comes first."""
    sentences = []
    if before.denied is not None:
        when = before.denied.decided_at or before.denied.created_at
        sentences.append(f"*Asked again*: {asker}'s {usd(before.denied.amount_nanos)} was denied {date_mark(when)}.")
    if before.own:
        sentences.append(f"{asker} asked before this period: {_listed(before.own)}.")
    if before.others:
        count = "1 other request" if len(before.others) == 1 else f"{len(before.others)} other requests"
        sentences.append(f"{count} for the team this period: {_summed(before.others)}.")
    return " ".join(sentences)


def _listed(requests: Sequence[BudgetRequest]) -> str:
    shown = [f"{usd(r.given_nanos)} {_STATES[r.state]}" for r in reversed(requests[-_MOST_SHOWN:])]
    rest = len(requests) - len(shown)
    return ", ".join([*shown, *([f"{rest} more"] if rest else [])])


def _summed(requests: Sequence[BudgetRequest]) -> str:
    sums = {state: sum(r.given_nanos for r in requests if r.state == state) for state in _STATES}
    return ", ".join(f"{usd(nanos)} {_STATES[state]}" for state, nanos in sums.items() if nanos)


def passed_over_words(request: BudgetRequest, directory: Directory) -> str:
    """Returns why the nearest team above does not pay, in mrkdwn: it lacks the amount, so the request moved up."""
    stored = stored_policy(request.policy)
    if stored is None or not stored.passed_over:
        return ""
    lacking = ", ".join(
        f"{name(directory.by_id(team_id).name)} has {usd(left)} left" for team_id, left in stored.passed_over
    )
    return f"It moved up: {lacking}."
