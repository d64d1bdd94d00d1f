"""The messages about a part's budget, and about a person's limit."""

from dataclasses import replace

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from bot.alerting.part_alerts import PartFacts, part_alerts_due, part_key
from bot.books.gatekeeping.parts import Part
from bot.views.alerting.part_alerts import limit_message, limit_set_message, part_ended_message, part_message
from tests.bot.views.examples import BEN, COMMAND, HOSTILE_TEAM, SEARCH, dollars
from tests.bot.views.surfaces import all_text, buttons, posted

FACTS = PartFacts(
    kind="workflow",
    pattern="research",
    percent=100,
    amount_nanos=dollars(2_000),
    spent_nanos=dollars(2_010),
    period="2026-11",
)
RESEARCH = Part(kind="workflow", pattern="research", amount_nanos=dollars(2_000))


def test_a_used_part_says_what_stops_and_what_goes_on(snapshot: SnapshotAssertion) -> None:
    message = posted(part_message(FACTS, team=SEARCH, alert_id=7, command=COMMAND, answered=None))

    assert buttons(message) == ["I'm on it", "Request budget"]
    assert "the team's other calls go on" in message["text"]
    assert message == snapshot


def test_an_answered_alert_of_hostile_names(snapshot: SnapshotAssertion) -> None:
    facts = msgspec.structs.replace(FACTS, pattern="<!channel>", percent=80, enforce="warn")
    message = posted(
        part_message(facts, team=HOSTILE_TEAM, alert_id=7, command=COMMAND, answered=f"{BEN} is on it · 10:12")
    )

    assert "<!channel>" not in all_text(message)
    assert message == snapshot


def test_a_kind_of_tool_is_named_in_words_and_an_end_says_why() -> None:
    facts = msgspec.structs.replace(FACTS, kind="tool_kind", pattern="in_house")

    grew = part_ended_message(facts, team=SEARCH, alert_id=7, amount_nanos=dollars(3_000)).text
    assert grew == "Search: the budget for in-house tools is $3,000.00 now, so less than 100% of it is spent."
    gone = part_ended_message(facts, team=SEARCH, alert_id=7, amount_nanos=None).text
    assert gone == "Search: the budget for in-house tools is gone, so its alert at 100% has ended."


def test_limits(snapshot: SnapshotAssertion) -> None:
    amounts = {"amount_nanos": dollars(40), "spent_nanos": dollars(32), "command": COMMAND}
    own = posted(limit_message(percent=80, where="", **amounts))  # type: ignore[arg-type]  # of one dict
    each = posted(limit_message(percent=100, where="Search", **amounts))  # type: ignore[arg-type]  # of one dict
    shown = posted(limit_set_message(**amounts))  # type: ignore[arg-type]  # of one dict
    none = posted(limit_set_message(amount_nanos=None, spent_nanos=0, command=COMMAND))

    assert all("Only you see this" in message["text"] for message in (own, each, shown, none))
    assert [own, each, shown, none] == snapshot


@pytest.mark.parametrize(
    ("spent", "earlier", "due"),
    [
        (1_599, 0, []),
        (1_600, 0, [(80, False)]),
        (2_000, 0, [(80, True), (100, False)]),
        (2_000, 1_600, [(80, True), (100, False)]),
        (2_000, 2_000, [(80, True), (100, True)]),
    ],
)
def test_only_the_highest_new_threshold_is_posted_and_none_of_history(
    spent: int, earlier: int, due: list[tuple[int, bool]]
) -> None:
    found = part_alerts_due(
        3, "2026-11", RESEARCH, spent_nanos=dollars(spent), earlier_nanos=dollars(earlier), known=(), quiet=False
    )

    assert [(alert.percent, alert.silent) for alert in found] == due


def test_a_recorded_threshold_is_due_again_only_with_another_amount() -> None:
    known = {part_key(3, "2026-11", RESEARCH, percent) for percent in (80, 100)}
    larger = replace(RESEARCH, amount_nanos=dollars(2_100))

    again, more = (
        part_alerts_due(3, "2026-11", part, spent_nanos=dollars(2_100), earlier_nanos=0, known=known, quiet=False)
        for part in (RESEARCH, larger)
    )
    assert again == []
    assert [alert.percent for alert in more] == [80, 100]
