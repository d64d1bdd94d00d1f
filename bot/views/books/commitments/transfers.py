"""The messages of transfers: the card that waits for agreement, and its ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.books.commitments.transfers import Transfer, missing_agreements
from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.text import plain
from bot.views.blocks import actions, button, confirmation, context, date_mark, name, quote, section
from bot.views.wording import period_words

AGREE_TRANSFER = "agree_transfer"
DECLINE_TRANSFER = "decline_transfer"
RETURN_TRANSFER = "return_transfer"
"""These buttons carry a transfer's id."""
_MAX_SHOWN = 3


def transfer_words(transfer: Transfer, *, giver: Team, taker: Team) -> str:
    """Returns `$500.00 from Search to Checkout`, in mrkdwn."""
    return f"{usd(transfer.amount_nanos)} from {name(giver.name)} to {name(taker.name)}"


def waiting_card(transfer: Transfer, *, giver: Team, taker: Team, called: Mapping[int, str]) -> Message:
    """Returns the card of a transfer that waits for the managers of a team. `called` has people's mentions by id."""
    words = transfer_words(transfer, giver=giver, taker=taker)
    text = f"{called[transfer.made_by]} wants to move {words} ({period_words(transfer.period)})."
    agreed = [
        f"{called[by]} agreed for {name(team.name)}"
        for team, by in ((giver, transfer.giver_agreed), (taker, transfer.taker_agreed))
        if by is not None
    ]
    missing = " and of ".join(name(team.name) for team in missing_agreements(transfer, giver=giver, taker=taker))
    waits = f"It waits for a manager of {missing}."
    note = f"{'; '.join(agreed)}. {waits}" if agreed else waits
    spoken = f"the transfer of {usd(transfer.amount_nanos)} from {plain(giver.name, limit=20)}"
    blocks = [
        section(f"*{text}*", block_id=f"{_key(transfer)}-ask"),
        *_reason(transfer),
        actions(
            button("Agree", action_id=AGREE_TRANSFER, value=transfer.id, label=f"Agree to {spoken}", style="primary"),
            button("Decline", action_id=DECLINE_TRANSFER, value=transfer.id, label=f"Decline {spoken}"),
            block_id=f"{_key(transfer)}-actions",
        ),
        context(note, "Nothing moves before both teams agreed.", block_id=f"{_key(transfer)}-note"),
    ]
    return Message(text=f"{text} {note}", blocks=tuple(blocks))


def waiting_lines(waiting: Sequence[tuple[Transfer, Team, Team]]) -> list[str]:
    """Returns a line on the transfers of a team that wait, for its standing; none if there are none."""
    if not waiting:
        return []
    shown = [
        f"{transfer_words(transfer, giver=giver, taker=taker)} waits for "
        + " and ".join(name(team.name) for team in missing_agreements(transfer, giver=giver, taker=taker))
        for transfer, giver, taker in waiting[:_MAX_SHOWN]
    ]
    more = f"; {len(waiting) - _MAX_SHOWN} more wait" if len(waiting) > _MAX_SHOWN else ""
    return [f"Transfers: {'; '.join(shown)}{more}."]


def booked_card(transfer: Transfer, *, giver: Team, taker: Team, called: Mapping[int, str], at: int) -> Message:
    """Returns the card of a booked transfer, with a button that takes back what is unspent."""
    words = transfer_words(transfer, giver=giver, taker=taker)
    text = f"*Moved*: {words} ({period_words(transfer.period)})."
    assert transfer.giver_agreed is not None
    assert transfer.taker_agreed is not None
    note = (
        f"{called[transfer.giver_agreed]} agreed for {name(giver.name)}, {called[transfer.taker_agreed]} for "
        f"{name(taker.name)} · {date_mark(at)}"
    )
    back = ""
    if transfer.returned_nanos:
        back = f"{usd(transfer.returned_nanos)} of it was taken back."
    confirm = confirmation(
        title="Take it back?",
        text=f"What {name(taker.name)} has not spent of it goes back to {name(giver.name)}.",
        confirm="Take back",
    )
    spoken = f"Take back what is unspent of {usd(transfer.amount_nanos)}"
    blocks: list[Block] = [
        section(f"{text} {back}".rstrip(), block_id=f"{_key(transfer)}-moved"),
        *_reason(transfer),
    ]
    if transfer.returned_nanos < transfer.amount_nanos:
        taking: Any = button("Take back", action_id=RETURN_TRANSFER, value=transfer.id, label=spoken, confirm=confirm)
        blocks.append(actions(taking, block_id=f"{_key(transfer)}-actions"))
    blocks.append(context(note, block_id=f"{_key(transfer)}-note"))
    return Message(text=f"{text.replace('*', '')} {back} {note}".replace("  ", " "), blocks=tuple(blocks))


def ended_card(transfer: Transfer, *, giver: Team, taker: Team, ended_by: str | None) -> Message:
    """Returns the card of a transfer that was declined, withdrawn, or lapsed with its period."""
    verdict = {"declined": "Declined", "withdrawn": "Withdrawn"}.get(transfer.state, "Lapsed with its period")
    by = f" by {ended_by}" if ended_by else ""
    text = f"*{verdict}*{by}: {transfer_words(transfer, giver=giver, taker=taker)}. Nothing was moved."
    blocks = (section(text, block_id=f"{_key(transfer)}-ended"), *_reason(transfer))
    return Message(text=text.replace("*", ""), blocks=blocks)


def _reason(transfer: Transfer) -> list[Block]:
    return [section(quote(transfer.reason), block_id=f"{_key(transfer)}-reason")] if transfer.reason else []


def _key(transfer: Transfer) -> str:
    """Returns the prefix of block ids. It changes with each state, as Slack asks for updated messages."""
    step = sum(agreed is not None for agreed in (transfer.giver_agreed, transfer.taker_agreed))
    return f"transfer-{transfer.id}-{transfer.state}-{step}-{transfer.returned_nanos}"
