"""Transfers: what people type, and how much may come back."""

import pytest

from bot.books.commitments.transfers import PlannedTransfer, Transfer, TransferState, parse_transfer, returnable_nanos
from bot.money import NANOS
from bot.refusals import Refusal


@pytest.mark.parametrize(
    ("typed", "dollars", "giver", "taker", "reason"),
    [
        ("500 from search to checkout", 500, "search", "checkout", ""),
        ("$1,250 to #checkout for the launch", 1250, "", "#checkout", "the launch"),
        ("2k  FROM search TO <#C123|checkout> load test", 2000, "search", "<#C123|checkout>", "load test"),
    ],
)
def test_amount_teams_and_reason_are_read(typed: str, dollars: int, giver: str, taker: str, reason: str) -> None:
    found = parse_transfer(typed, command="/tokens")
    assert found == PlannedTransfer(amount_nanos=dollars * NANOS, giver=giver, taker=taker, reason=reason)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Say how much to move"),
        ("500 checkout", "Say how much to move"),
        ("0 to checkout", "more than zero"),
        ("-5 to checkout", "more than zero"),
        ("1e99 to checkout", "not an amount"),
        ("NaN to checkout", "not an amount"),
        (f"5 to checkout {'x' * 301}", "under 300 characters"),
    ],
)
def test_what_can_not_be_read_is_said_with_what_to_do(typed: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        parse_transfer(typed, command="/tokens")


@pytest.mark.parametrize(
    ("state", "returned", "available", "back"),
    [
        ("booked", 0, 500, 100),
        ("booked", 0, 30, 30),
        ("booked", 80, 500, 20),
        ("booked", 0, -5, 0),
        ("waiting", 0, 500, 0),
        ("taken_back", 100, 500, 0),
    ],
)
def test_what_is_unspent_may_come_back(state: TransferState, returned: int, available: int, back: int) -> None:
    transfer = Transfer(
        id=1,
        giver_id=2,
        taker_id=3,
        amount_nanos=100,
        reason="",
        period="2026-11",
        state=state,
        made_by=1,
        made_at=0,
        returned_nanos=returned,
    )
    assert returnable_nanos(transfer, taker_available_nanos=available) == back
