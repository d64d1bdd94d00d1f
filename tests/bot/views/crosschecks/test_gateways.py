"""The message about a blocked call, and finance's message about drift."""

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.crosschecks.gateways import DriftLine, ModelFigures
from bot.money import NANOS
from bot.periods import micros
from bot.usage import BudgetBlock
from bot.views.crosschecks.gateways import block_message, block_preview_message, drift_line, drift_message
from tests.bot.views.examples import COMMAND, HOSTILE, HOSTILE_TEAM, NOW, SEARCH, dollars, standing
from tests.bot.views.surfaces import all_text, buttons, elements, posted

AT = micros(NOW)


def block(**changed: Any) -> BudgetBlock:
    stopped = BudgetBlock(
        user="anna@acme.test",
        credential="search-ide",
        gateway_team="team-search",
        entity="team",
        entity_id="team-search",
        limit_nanos=500 * NANOS,
        spend_nanos=501_250_000_000,
        resets_at=None,
        at=AT,
    )
    fields = {name: getattr(stopped, name) for name in BudgetBlock.__struct_fields__} | changed
    return BudgetBlock(**fields)


def message_to(stopped: BudgetBlock, **changed: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"alias": "Search", "standing": standing(charged=12_400), "block_id": 3} | changed
    return posted(block_message(stopped, command=COMMAND, zone="Europe/London", **arguments))


def line(**changed: Any) -> DriftLine:
    known: dict[str, Any] = {
        "gateway_team": "team-checkout",
        "alias": "Checkout",
        "base_at": AT - 86_400_000_000,
        "more": "gateway",
        "counted_nanos": 500 * NANOS,
        "booked_nanos": 430 * NANOS,
        "cost_nanos": 425 * NANOS,
        "drift_nanos": 70 * NANOS,
        "model": None,
    }
    return DriftLine(**(known | changed))


def drifting(*lines: DriftLine) -> dict[str, Any]:
    return posted(drift_message(lines, source="litellm", alert_id=9, zone="Europe/London"))


def test_a_teams_cap_with_both_counters_and_the_button(snapshot: SnapshotAssertion) -> None:
    message = message_to(block())

    assert message["text"].startswith(
        "The gateway refused your call: the budget of team Search is used up there, $501.25 of $500.00. "
        "It does not say when that resets. In Tokens, Search is $400 over its budget of $12,000"
    )
    assert buttons(message) == ["Request budget"]
    assert elements(message)[0]["value"] == str(SEARCH.id)
    assert message == snapshot


def test_a_keys_cap_names_its_reset_and_whom_to_ask(snapshot: SnapshotAssertion) -> None:
    message = message_to(block(entity="key", entity_id="7" * 64, resets_at=AT + 3_600_000_000), standing=standing())

    assert "the budget of your key search-ide is used up there" in message["text"]
    assert "ask whoever runs the gateway to raise it" in message["text"]
    assert "7777" not in all_text(message)
    assert message == snapshot


def test_a_team_that_is_not_governed_and_a_call_of_no_team_have_no_button() -> None:
    announced = standing(replace(SEARCH, mode="announce"))

    assert buttons(message_to(block(), standing=announced)) == []
    assert "budget of $" not in message_to(block(), standing=announced)["text"]
    assert buttons(message_to(block(), standing=None)) == []


@pytest.mark.parametrize(
    ("entity", "said"),
    [
        ("user", "your own budget is used up"),
        ("team_member", "the budget of team member u-7 is used up"),
        ("end_user", "the budget of end user u-7 is used up"),
        ("organization", "the budget of organization u-7 is used up"),
    ],
)
def test_every_kind_of_cap_is_named(entity: str, said: str) -> None:
    assert said in message_to(block(entity=entity, entity_id="u-7"))["text"]


def test_finance_reads_the_preview_message_without_names(snapshot: SnapshotAssertion) -> None:
    stopped = block(entity="user", entity_id="anna@acme.test")
    preview = standing(replace(SEARCH, mode="preview"))
    message = posted(block_preview_message(stopped, alias="Search", standing=preview, block_id=3, zone="UTC"))

    assert "anna" not in all_text(message)
    assert buttons(message) == []
    assert message == snapshot


def test_hostile_names_mention_nobody(snapshot: SnapshotAssertion) -> None:
    stopped = block(entity=HOSTILE, entity_id=HOSTILE, credential=HOSTILE)
    message = message_to(stopped, alias=HOSTILE, standing=standing(HOSTILE_TEAM))

    assert message == snapshot


def test_calls_that_did_not_arrive(snapshot: SnapshotAssertion) -> None:
    message = drifting(line(), line(gateway_team="t2", alias="", drift_nanos=5 * NANOS))

    assert message["text"].startswith("The gateway litellm counts $75.00 more than Tokens booked, for 2 teams.")
    assert "$70.00 (14%) missing here" in message["text"]
    assert "tokens backfill --source litellm" in all_text(message)
    assert message == snapshot


def test_calls_that_the_gateway_does_not_count_and_a_price_that_differs(snapshot: SnapshotAssertion) -> None:
    model = ModelFigures("our-llama-70b", 1_000, 0, 40 * NANOS)
    message = drifting(line(more="books", counted_nanos=400 * NANOS, booked_nanos=470 * NANOS, model=model))

    assert "counts $70.00 less than Tokens booked, for 1 team" in message["text"]
    assert "most for our-llama-70b: $0.00 at the gateway's, $40.00 as booked" in all_text(message)
    assert message == snapshot


def test_one_has_gone_and_then_all(snapshot: SnapshotAssertion) -> None:
    gone = line(gateway_team="t2", alias="Mobile", is_closed=True)
    partly, wholly = drifting(line(), gone), drifting(line(is_closed=True), gone)

    assert "Mobile: agrees again" in all_text(partly)
    assert wholly["text"].startswith("The gateway litellm and Tokens agree again.")
    assert "Likely causes" not in all_text(wholly)
    assert wholly == snapshot


def test_many_teams_fit() -> None:
    lines = [line(gateway_team=f"team-{n}", alias=f"{n} {HOSTILE}", drift_nanos=dollars(90)) for n in range(80)]

    assert "and 68 teams more" in all_text(drifting(*lines))


def test_homes_line_names_the_direction() -> None:
    assert drift_line("litellm", line()).startswith("litellm counts $70.00 more for Checkout than arrived here")
    assert drift_line("litellm", line(more="books")).startswith("litellm counts $70.00 less for Checkout")
