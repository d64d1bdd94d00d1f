"""The list of all budget requests that wait for somebody, as a modal: decided in place, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import Block, Message
from bot.money import usd
from bot.requests.budget_requests import BudgetRequest
from bot.views.blocks import Element, actions, button, context, date_mark, divider, header, name, page, section
from bot.views.requests.waiting.reminders import LIST_REQUESTS, WaitingRequest, waiting_blocks
from bot.views.wording import requests_waiting

LIST_VIEW = "waiting-requests"
PAGE_SIZE = 5
_IN_MODALS = frozenset({"section", "context", "divider", "header"})


@dataclass(frozen=True, kw_only=True)
class RequestList:
    """A page of the requests that wait for a person, or of all for finance, with what they decided lately.

    `decided` has each request with its team's name. `times` are sentences on how long decisions take.
    """

    which: str
    page: int
    total: int
    waiting: Sequence[WaitingRequest]
    decided: Sequence[tuple[BudgetRequest, str]]
    times: Sequence[str]
    is_finance: bool

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def list_view(shown: RequestList) -> dict[str, Any]:
    """Returns the modal. It carries what it shows, so that it can be shown anew after each decision."""
    whom = "a decision" if shown.which == "all" else "you"
    lead = requests_waiting(shown.total, whom) if shown.total else f"Nothing is waiting for {whom}"
    blocks: list[Block] = [header(lead, block_id=f"list-title-{shown.which}-{shown.total}")]
    blocks += waiting_blocks(shown.waiting, prefix="list", can_open=True)
    if turns := _turns(shown):
        blocks.append(actions(*turns, block_id=f"list-turns-{shown.which}-{shown.page}-{shown.total}"))
    if shown.decided:
        lines = "\n".join(f"• {_decided_words(request, team)}" for request, team in shown.decided)
        blocks += [divider(block_id="list-rule"), section(f"*Decided by you lately*\n{lines}", block_id="list-decided")]
    if shown.times:
        blocks.append(context(*shown.times, block_id="list-times"))
    view = page(title="Budget requests", blocks=blocks)
    return {**view, "callback_id": LIST_VIEW, "private_metadata": f"{shown.which}:{shown.page}"}


def all_teams_button() -> Element:
    """Returns the button with which finance opens the list of what waits in all teams."""
    return _turn("All that waits", "all", 0, "Show all budget requests that wait for a decision")


def _turns(shown: RequestList) -> list[Element]:
    found = []
    if shown.page:
        found.append(_turn("Previous", shown.which, shown.page - 1, "Show the page before"))
    if shown.page + 1 < shown.pages:
        label = f"Page {shown.page + 2} of {shown.pages}"
        found.append(_turn("Next", shown.which, shown.page + 1, label))
    if shown.is_finance:
        other, text = ("mine", "Only mine") if shown.which == "all" else ("all", "All teams")
        found.append(_turn(text, other, 0, "Show other budget requests that wait"))
    return found


def _turn(text: str, which: str, page_number: int, label: str) -> Element:
    """Returns a button that shows another page, whose number it carries. Its action id says of which list; a block has each
    action id once."""
    action_id = f"{LIST_REQUESTS}_{which}_{text.split(maxsplit=1)[0].casefold()}"
    return button(text, action_id=action_id, value=page_number, label=label)


def _decided_words(request: BudgetRequest, team: str) -> str:
    did = "Approved" if request.state == "approved" else "Denied"
    when = date_mark(request.decided_at if request.decided_at is not None else request.created_at)
    amount = request.given_nanos if request.state == "approved" else request.amount_nanos
    return f"{did} {usd(amount)} for {name(team)} · {when}"


def opened_view(card: Message | None) -> dict[str, Any]:
    """Returns the page of one request: its card without buttons. They are in the list."""
    blocks = [block for block in card.blocks if block["type"] in _IN_MODALS] if card is not None else []
    if not blocks:
        blocks = [section("There is no such request any more.", block_id="opened-none")]
    return page(title="Budget request", blocks=blocks)
