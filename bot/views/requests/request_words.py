"""A budget request in words: what is asked, for how long, who pays, who decides, and how long it took."""

from collections.abc import Sequence

from bot.books.grants import GrantEnd
from bot.money import usd
from bot.org.teams import Team
from bot.periods import MICROS
from bot.reporting.reports import PendingRequest
from bot.requests.asking import asks
from bot.requests.budget_requests import BudgetRequest, RequestEnd
from bot.text import cut, isolated, plain
from bot.views.blocks import escape, name
from bot.views.grant_ends import end_text
from bot.views.wording import counted, period_words

MAX_DECIDERS = 10


def ask_words(pending: PendingRequest) -> str:
    """Returns `$750.00 for Search`, in mrkdwn."""
    return f"{usd(pending.request.amount_nanos)} for {name(pending.team.name)}"


def typed_words(text: str, *, limit: int) -> str:
    """Returns what somebody typed on one line, escaped, for a message's text; it is cut further where marks make it long."""
    shown = plain(text, limit=limit)
    while len(escape(shown)) > 2 * limit:
        shown = cut(shown, len(shown) * 3 // 4)
    return isolated(escape(shown))


def spoken_ask(pending: PendingRequest) -> str:
    """Returns the same for a label."""
    return f"{usd(pending.request.amount_nanos)} for {plain(pending.team.name, limit=30)}"


def lasting_words(request: BudgetRequest, end: RequestEnd, team: Team) -> str:
    """Returns how long budget lasts: `November 2026 only`, `until 15 Jan`, or `from now on`."""
    if end.kind == "open":
        return "from now on"
    if end.kind == "date" and end.at is not None:
        zone = team.zone_on(request.created_at)
        return end_text(GrantEnd(at=end.at), zone=zone, today=team.day_of(request.decided_at or request.created_at))
    return f"{period_words(request.period)} only"


def asked_lasting(pending: PendingRequest) -> str:
    """Returns how long the asked budget lasts."""
    return lasting_words(pending.request, pending.request.ask.end, pending.team)


def cap_words(pending: PendingRequest) -> str:
    """Returns whose cap a request is for: `for the workflow evals`; empty for the team's own."""
    of = pending.cap_name or name(pending.request.cap_ref)
    part = name(asks.cap_words(pending.request.cap_kind, pending.request.cap_ref))
    return {
        "team": "",
        "workflow": f"for the {part}",
        "tool": f"for the {part}",
        "member": f"for the gateway cap of {of}",
        "key": f"for the gateway cap of the key {of}",
    }[pending.request.cap_kind]


def granted_words(pending: PendingRequest) -> str:
    """Returns what was approved, `$500.00 of the $750.00 asked, for Search, until 15 Jan`."""
    request = pending.request
    given, lasts = usd(request.given_nanos), lasting_words(request, request.given_end, pending.team)
    asked = "" if request.given_nanos == request.amount_nanos else f" (asked: {usd(request.amount_nanos)})"
    return f"{given}{asked} for {name(pending.team.name)}, {lasts}"


def changed_words(request: BudgetRequest, *, team: Team, asker: str, period: str) -> str:
    """Returns why a click on an old card did nothing, and what the request is now. `asker` is the mention of the asker
    if they changed it; `period` is the present one."""
    now = f"{usd(request.amount_nanos)} for {name(team.name)} ({period_words(period)})"
    why = f"{asker} changed this request" if asker else "This request waited into another budget period"
    return f"{why}: it is {now} now. Nothing was done; look again, then decide."


def is_paid(pending: PendingRequest) -> bool:
    return pending.request.payer_id is not None and bool(pending.payer_name)


def who_pays(pending: PendingRequest) -> str:
    """Returns where the amount comes from, and what is held there meanwhile."""
    request, amount = pending.request, usd(pending.request.amount_nanos)
    if not request.ask.moves_budget:
        return "No budget moves: this raises a limit within what the team has."
    if not is_paid(pending):
        return f"No parent budget can cover {amount}, so nothing is held; approving adds new money."
    held = f" {usd(request.held_nanos)} is reserved there until the decision." if request.held_nanos else ""
    verb = "moves from" if request.giver_id is not None else "comes out of the budget of"
    return f"It {verb} {name(pending.payer_name)}.{held}"


def who_decides(deciders: Sequence[str], *, by_finance: bool, needed: int = 1) -> str:
    """Returns one sentence with the deciders' mentions, as the card and the receipt show it."""
    shown = list(deciders[:MAX_DECIDERS])
    if len(deciders) > MAX_DECIDERS:
        shown.append(f"{len(deciders) - MAX_DECIDERS} more")
    if not shown:
        return "Finance decides." if by_finance else "The team's managers decide."
    if needed > 1:
        names = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
        return f"{needed} of {names} decide{' for finance' if by_finance else ''}."
    names = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
    return f"{names} decides for finance." if by_finance else f"{names} decides."


def took_words(micros: int) -> str:
    """Returns a duration: `40 seconds`, `12 minutes`, `3 hours`, `2 days`."""
    seconds = max(0, micros // MICROS)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and unit == "minute"):
            return counted(seconds // size, unit)
    if seconds >= 60:
        return counted(seconds // 60, "minute")
    return counted(seconds, "second")
