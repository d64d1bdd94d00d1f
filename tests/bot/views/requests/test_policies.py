"""What people read of policies: emergency grants, earlier requests and the history."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.messages import Message
from bot.money import NANOS
from bot.reporting.reports import PendingRequest
from bot.requests.asked_before import AskedBefore
from bot.requests.budget_requests import BudgetRequest
from bot.requests.emergencies import Emergency, EmergencyTerms, emergency_text
from bot.requests.policies import FINANCE_RULE, StoredPolicy
from bot.requests.policy_words import rule_text
from bot.views.requests.asked_before import asked_before_words, passed_over_words
from bot.views.requests.emergencies import emergency_card, emergency_taken
from bot.views.requests.history import PastRequest, history_message
from tests.bot.acme import PRODUCT, SEARCH, directory
from tests.bot.views.surfaces import posted

POLICY = StoredPolicy(
    rule=FINANCE_RULE, sentence=rule_text(FINANCE_RULE), limit_nanos=None, passed_over=((PRODUCT.id, 200 * NANOS),)
)
REQUEST = BudgetRequest(
    id=7,
    team_id=SEARCH.id,
    person_id=1,
    amount_nanos=200 * NANOS,
    reason="The release is blocked",
    period="2026-11",
    state="approved",
    payer_id=PRODUCT.id,
    held_nanos=0,
    revision=1,
    created_at=1_795_000_000_000_000,
    decided_at=1_795_000_000_000_000,
    decided_by=None,
    decision_reason="",
    end_kind="date",
    ends_at=1_795_050_000_000_000,
    policy=POLICY.json(),
    origin="emergency",
)
LONGEST = replace(REQUEST, amount_nanos=999_999_999 * NANOS, reason="*Approved by* <!channel> \u202eevil " + "W" * 970)
TERMS = emergency_text(EmergencyTerms(up_to_nanos=300 * NANOS, per_person_per_period=2, lasts_hours=12))


def pending(request: BudgetRequest, *, long: bool = False) -> PendingRequest:
    team = replace(SEARCH, name="&" * 80) if long else SEARCH
    return PendingRequest(
        request=request, team=team, asker_mention="<@UANNA>", payer_name="&" * 80 if long else "Product"
    )


@pytest.mark.parametrize("answer", ["", "confirmed", "ended", "lapsed"])
@pytest.mark.parametrize("length", ["usual", "longest"])
def test_an_emergency_grant(answer: str, length: str, snapshot: SnapshotAssertion) -> None:
    emergency = Emergency(request_id=7, grant_id=3, ask_at=1, answer=answer)  # type: ignore[arg-type]
    shown = pending(REQUEST if length == "usual" else LONGEST, long=length == "longest")

    _check(emergency_card(shown, emergency, policy=TERMS, by_mention="<@UBEN>", is_morning=True), snapshot)


def test_the_answer_to_who_takes_it(snapshot: SnapshotAssertion) -> None:
    _check(emergency_taken(pending(REQUEST)), snapshot)


def test_the_history(snapshot: SnapshotAssertion) -> None:
    past = [
        PastRequest(pending=pending(REQUEST), decided_by="the policy"),
        PastRequest(pending=pending(replace(REQUEST, id=6, state="denied")), decided_by="<@UBEN>"),
        PastRequest(pending=pending(replace(LONGEST, id=5, state="pending"), long=True)),
    ]
    _check(history_message(past, team_name="&" * 80, has_older=True, command="/tokens"), snapshot)
    empty = history_message([], team_name="", has_older=False, command="/tokens")
    assert empty.text == "There are no budget requests you made. Ask with `/tokens request`."


def test_what_was_asked_before() -> None:
    denied = replace(REQUEST, id=3, state="denied", amount_nanos=500 * NANOS)
    others = (replace(REQUEST, id=4), replace(REQUEST, id=5, state="pending"))
    words = asked_before_words(AskedBefore(own=(denied,), others=others), asker="<@UANNA>")

    assert words.startswith("*Asked again*: <@UANNA>'s $500.00 was denied <!date^")
    assert words.endswith(
        "<@UANNA> asked before this period: $500.00 denied. "
        "2 other requests for the team this period: $200.00 approved, $200.00 waiting."
    )
    assert asked_before_words(AskedBefore(own=(), others=()), asker="<@UANNA>") == ""
    assert passed_over_words(REQUEST, directory()) == "It moved up: Product has $200.00 left."


def _check(message: Message, snapshot: SnapshotAssertion) -> None:
    assert posted(message) == snapshot
