"""The states of a budget request and its entries, from the hold to the grant."""

from dataclasses import replace
from typing import Any

import pytest

from bot.books.ledger import Account, Entry
from bot.money import NANOS
from bot.refusals import FieldRefusal, Refusal
from bot.requests.budget_requests import (
    BudgetRequest,
    Decision,
    RequestEnd,
    checked_reason,
    require_pending,
    with_decision,
    with_expiry,
    with_withdrawal,
)
from bot.requests.request_entries import grant_entries, hold_entry, release_entry
from tests.bot.acme import ACME, ANNA, BEN, PRODUCT, SEARCH, directory


def request(**changed: Any) -> BudgetRequest:
    """Anna requests $750 for Search; Product holds it."""
    asked: dict[str, Any] = {"id": 7, "team_id": SEARCH.id, "person_id": ANNA, "amount_nanos": 750 * NANOS}
    asked |= {"reason": "a launch", "period": "2026-11", "state": "pending", "payer_id": PRODUCT.id}
    asked |= {"held_nanos": 750 * NANOS, "revision": 2, "created_at": 10, "decided_at": None, "decided_by": None}
    return BudgetRequest(**{**asked, "decision_reason": "", **changed})


def account(team_id: int, bucket: Any) -> Account:
    return Account(team_id=team_id, period="2026-11", bucket=bucket)


def test_a_reason_is_kept_without_blanks_and_null_characters() -> None:
    assert checked_reason("  a \x00launch\n") == "a launch"


@pytest.mark.parametrize("text", ["", "  \n", "\x00"])
def test_a_request_needs_a_reason(text: str) -> None:
    with pytest.raises(FieldRefusal) as raised:
        checked_reason(text)
    assert raised.value.field == "reason"
    assert raised.value.sentence == "Write in a few words what it is for. Your approver sees this."


def test_a_reason_has_at_most_a_thousand_characters() -> None:
    assert len(checked_reason("x" * 1_000)) == 1_000
    with pytest.raises(FieldRefusal) as raised:
        checked_reason("x" * 1_001)
    assert raised.value.field == "reason"
    assert raised.value.sentence == "Keep it under 1,000 characters."


@pytest.mark.parametrize(
    ("state", "decider", "sentence"),
    [
        ("approved", "Ben", "Ben already approved this request."),
        ("denied", "Ben", "Ben already denied this request."),
        ("denied", "", "Somebody already denied this request."),
        (
            "withdrawn",
            "",
            "This request was withdrawn by the person who asked. Nothing more can be done with it.",
        ),
    ],
)
def test_a_request_that_has_ended_stays_as_it_is(state: str, decider: str, sentence: str) -> None:
    with pytest.raises(Refusal) as raised:
        require_pending(request(state=state), decided_by_name=decider)
    assert raised.value.sentence == sentence


def test_somebody_decided_where_no_name_is_given() -> None:
    with pytest.raises(Refusal, match=r"^Somebody already denied this request\.$"):
        require_pending(request(state="denied"))


def test_a_pending_request_may_still_be_decided() -> None:
    require_pending(request())


def test_a_decision_is_kept_with_its_time_its_person_and_its_reason() -> None:
    kept = {"decided_by": BEN, "decided_at": 20, "decision_reason": "go"}
    given = {"granted_nanos": 750 * NANOS, "granted_end_kind": "period"}

    approved = with_decision(request(), Decision(approve=True, reason="go"), by=BEN, at=20)
    assert approved == request(state="approved", **given, **kept)
    denied = with_decision(request(), Decision(approve=False, reason="go"), by=BEN, at=20)
    assert denied == request(state="denied", **kept)
    assert with_decision(request(), Decision(approve=True), by=BEN, at=20).decision_reason == ""


def test_an_approval_may_give_another_amount_and_end() -> None:
    other = Decision(approve=True, amount_nanos=NANOS, end=RequestEnd(kind="date", at=99))

    given = with_decision(request(), other, by=BEN, at=20, decided_for=ANNA)

    assert (given.amount_nanos, given.given_nanos) == (750 * NANOS, NANOS)
    assert (given.given_end, given.decided_for) == (RequestEnd(kind="date", at=99), ANNA)


def test_nobody_is_reminded_of_a_request_that_is_over() -> None:
    waiting = request(remind_at=30, expires_at=40)

    ends = (
        with_decision(waiting, Decision(approve=True), by=BEN, at=20),
        with_withdrawal(waiting, by=ANNA, at=20),
        with_expiry(waiting, at=40),
    )

    assert [end.state for end in ends] == ["approved", "withdrawn", "expired"]
    assert {(end.remind_at, end.expires_at) for end in ends} == {(None, None)}


def test_only_the_asker_withdraws_a_request() -> None:
    assert with_withdrawal(request(), by=ANNA, at=20) == request(state="withdrawn", decided_by=ANNA, decided_at=20)
    with pytest.raises(Refusal) as raised:
        with_withdrawal(request(), by=BEN, at=20)
    assert raised.value.sentence == "Only the person who asked can withdraw a request."


def test_a_hold_sets_the_amount_aside_and_a_release_gives_it_back() -> None:
    hold = Entry(
        kind="hold",
        dedupe_key="hold:request:7:2",
        period="2026-11",
        effective_at=20,
        from_account=account(PRODUCT.id, "available"),
        to_account=account(PRODUCT.id, "held"),
        amount_nanos=750 * NANOS,
        actor_id=ANNA,
        reason="pending budget request",
        document="request:7",
    )

    assert hold_entry(request(), at=20) == hold
    assert release_entry(request(), by=BEN, at=30) == replace(
        hold,
        kind="release",
        dedupe_key="release:request:7:2",
        effective_at=30,
        from_account=account(PRODUCT.id, "held"),
        to_account=account(PRODUCT.id, "available"),
        actor_id=BEN,
        reason="budget request ended",
    )


@pytest.mark.parametrize("changed", [{"payer_id": None}, {"held_nanos": 0}])
def test_nothing_is_held_or_released_where_nobody_pays(changed: dict[str, Any]) -> None:
    assert hold_entry(request(**changed), at=20) is None
    assert release_entry(request(**changed), by=BEN, at=20) is None


def granted(payer_id: int | None) -> list[Entry]:
    return grant_entries(request(), directory=directory(), team=SEARCH, payer_id=payer_id, by=BEN, at=20)


def steps(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(e.kind, e.dedupe_key) for e in entries]


def test_the_payer_grants_the_amount_to_the_team_below() -> None:
    assert granted(PRODUCT.id) == [
        Entry(
            kind="allocation",
            dedupe_key="grant:request:7:20>30",
            period="2026-11",
            effective_at=20,
            from_account=account(PRODUCT.id, "available"),
            to_account=account(SEARCH.id, "available"),
            amount_nanos=750 * NANOS,
            actor_id=BEN,
            reason="approved budget request",
            document="request:7",
        )
    ]


def test_a_grant_passes_every_level_on_its_way() -> None:
    assert steps(granted(ACME.id)) == [("allocation", "grant:request:7:10>20"), ("allocation", "grant:request:7:20>30")]


def test_a_grant_that_nobody_pays_is_appropriated_first() -> None:
    entries = granted(None)

    assert steps(entries) == [
        ("appropriation", "grant:request:7:funding"),
        ("allocation", "grant:request:7:10>20"),
        ("allocation", "grant:request:7:20>30"),
    ]
    assert entries[0].from_account == account(ACME.id, "funding")
    assert entries[0].to_account == account(ACME.id, "available")
