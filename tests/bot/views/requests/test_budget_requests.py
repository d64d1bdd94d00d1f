"""A request's card, forms and messages in each state."""

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.views.requests.budget_requests import APPROVE_REQUEST
from bot.views.requests.cards import GATEWAY_NOTE, approval_card, decided_card, withdrawn_card
from bot.views.requests.receipts import receipt_message, withdrawn_receipt
from bot.views.requests.request_forms import deny_form
from bot.views.requests.verdicts import verdict_message
from tests.bot.views.examples import (
    ANNA,
    BEN,
    CHLOE,
    COMMAND,
    HOSTILE,
    HOSTILE_TEAM,
    decided,
    dollars,
    pending,
    standing,
)
from tests.bot.views.surfaces import all_text, buttons, elements, obeys, posted

SECRET = "The launch is off, and nobody else may know."


def test_the_card_to_decide_on(snapshot: SnapshotAssertion) -> None:
    card = posted(approval_card(pending(), standing=standing(charged=11_940), deciders=[BEN], by_finance=False))

    assert buttons(card) == ["Approve", "Another amount or end…", "Deny", "Ask a question…"]
    assert {element["value"] for element in elements(card) if element["type"] == "button"} == {"r1:41"}
    for number in ("$750.00", "$60.00", "$12,000.00", "$810.00"):
        assert number in card["text"]
    assert card == snapshot


def test_a_request_that_nobody_has_the_money_for_goes_to_finance(snapshot: SnapshotAssertion) -> None:
    asked = pending(payer="", payer_id=None, held_nanos=0)
    card = posted(approval_card(asked, standing=standing(), deciders=[CHLOE, BEN], by_finance=True))

    assert "nothing is held; approving adds new money" in all_text(card)
    assert f"{CHLOE} or {BEN} decides for finance." in all_text(card)
    assert card == snapshot


@pytest.mark.parametrize(("amount", "asks"), [(999.99, False), (1_000, True)])
def test_a_large_approval_asks_once_more(amount: float, asks: bool) -> None:
    card = posted(approval_card(pending(amount_nanos=dollars(amount)), standing=None, deciders=[], by_finance=False))
    approve = next(e for e in elements(card) if e["action_id"] == APPROVE_REQUEST)

    assert ("confirm" in approve) is asks


def test_the_card_without_figures_and_with_hostile_words(snapshot: SnapshotAssertion) -> None:
    hostile = pending(HOSTILE_TEAM, payer=HOSTILE, reason="& < > <!here> " * 70 + "\n" * 40, amount_nanos=dollars(9e8))
    card = posted(approval_card(hostile, standing=None, deciders=[BEN] * 40, by_finance=False))

    assert "30 more" in all_text(card)
    assert card == snapshot


def test_an_approved_card_has_no_buttons(snapshot: SnapshotAssertion) -> None:
    card = posted(decided_card(decided("approved"), decided_by_mention=BEN, standing=standing(allocated=12_750)))

    assert elements(card) == []
    assert GATEWAY_NOTE in card["text"]
    assert card == snapshot


def test_a_denied_card_keeps_the_reason_to_itself(snapshot: SnapshotAssertion) -> None:
    card = posted(decided_card(decided("denied", decision_reason=SECRET), decided_by_mention=BEN, standing=standing()))

    assert SECRET not in all_text(card)
    assert elements(card) == []
    assert card == snapshot


def test_each_state_of_a_card_has_block_ids_of_its_own() -> None:
    """Slack asks for new block ids when a message is updated."""
    cards = [
        approval_card(pending(), standing=None, deciders=[BEN], by_finance=False),
        approval_card(pending(revision=2), standing=None, deciders=[BEN], by_finance=False),
        decided_card(decided("approved"), decided_by_mention=BEN, standing=None),
        withdrawn_card(decided("withdrawn")),
    ]
    ids = [block["block_id"] for card in cards for block in card.blocks]

    assert len(ids) == len(set(ids))


def test_a_withdrawn_card(snapshot: SnapshotAssertion) -> None:
    assert posted(withdrawn_card(decided("withdrawn"))) == snapshot


def test_the_asker_reads_that_it_is_approved_and_what_is_available(snapshot: SnapshotAssertion) -> None:
    message = posted(
        verdict_message(
            pending=decided("approved"), decided_by_mention=BEN, standing=standing(allocated=12_750), command=COMMAND
        )
    )

    assert "$3,350.00 available of $12,750.00" in message["text"]
    assert message == snapshot


def test_the_asker_reads_why_it_is_denied(snapshot: SnapshotAssertion) -> None:
    denied = decided("denied", decision_reason=SECRET)
    message = posted(verdict_message(pending=denied, decided_by_mention=BEN, standing=None, command=COMMAND))

    assert SECRET in message["text"]
    assert message == snapshot


def test_receipts(snapshot: SnapshotAssertion) -> None:
    sent = posted(receipt_message(pending=pending(), deciders=[BEN], by_finance=False))
    changed = posted(receipt_message(pending=pending(revision=2), deciders=[], by_finance=True))
    back = posted(withdrawn_receipt(decided("withdrawn")))

    assert buttons(sent) == ["Change", "Withdraw", "Nudge"]
    assert ("is sent" in sent["text"], "is changed" in changed["text"]) == (True, True)
    assert buttons(back) == []
    assert [sent, changed, back] == snapshot


def test_a_denial_asks_for_a_reason_that_the_asker_alone_sees(snapshot: SnapshotAssertion) -> None:
    form = deny_form(pending=pending(), metadata="41")
    obeys(form)

    assert "Only the person who asked sees this." in all_text(form)
    assert ANNA in all_text(form)
    assert form == snapshot


def test_a_limit_of_a_key_is_raised_where_it_is_kept() -> None:
    asked = decided("approved", cap_kind="key", cap_ref="key-12", payer_id=None, held_nanos=0)
    card = posted(decided_card(asked, decided_by_mention=BEN, standing=standing()))
    message = posted(verdict_message(pending=asked, decided_by_mention=BEN, standing=None, command=COMMAND))

    for shown in (card, message):
        assert "is raised there, by $750.00, by its admin" in shown["text"]
        assert GATEWAY_NOTE not in shown["text"]
