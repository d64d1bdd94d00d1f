"""The messages of a threshold and of a spike, before and after an answer."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.alerting.alerts import Contributor
from bot.messages import CHART_BLOCK
from bot.views.alerting.alert_opinions import opinion_form
from bot.views.alerting.alerts import alert_title
from bot.views.alerting.budget_alerts import threshold_message
from bot.views.detection.spikes import spike_message
from tests.bot.views.examples import BEN, COMMAND, HOSTILE, HOSTILE_TEAM, SEARCH, dollars, spike, spike_chart, standing
from tests.bot.views.surfaces import all_text, buttons, elements, posted

ANSWER = f"{BEN} is on it · 10:12"


def spike_shown(**changed: object) -> dict[str, object]:
    asked = {
        "alert": spike(),
        "team": SEARCH,
        "alert_id": 9,
        "command": COMMAND,
        "zone": "Europe/London",
        "answered": None,
        "closed": False,
        "chart": spike_chart(),
    } | changed
    alert = asked.pop("alert")
    return posted(spike_message(alert, **asked))  # type: ignore[arg-type]  # the examples above have its types


def test_eighty_per_cent_are_used(snapshot: SnapshotAssertion) -> None:
    alert = threshold_message(standing(charged=9_900), 80, alert_id=5, command=COMMAND, answered=None)
    message = posted(alert)

    assert message["text"].startswith("Search has passed 80% of its budget. Search has $2,100 left of $12,000")
    assert buttons(message) == ["I'm on it", "Request budget"]
    assert message == snapshot


def test_the_budget_is_used_up_and_somebody_is_on_it(snapshot: SnapshotAssertion) -> None:
    message = posted(threshold_message(standing(charged=12_400), 100, alert_id=5, command=COMMAND, answered=ANSWER))

    assert buttons(message) == ["Request budget"]
    assert ANSWER in message["text"]
    assert message == snapshot


def test_a_spike(snapshot: SnapshotAssertion) -> None:
    message = spike_shown()

    for number in ("$1,240", "6 hours", "$180", "6.9×", "severity high"):
        assert number in str(message["text"])
    assert "1. key ci-4 $900.00 (85% of it), new, first seen Mon 23 Nov 05:00 London time" in all_text(message)
    assert buttons(message) == ["I'm on it", "This was planned"]
    assert [element["type"] for element in elements(message)][-1] == "overflow"
    assert message == snapshot


def test_budget_is_offered_where_there_is_one_to_ask_for() -> None:
    offered = [all_text(spike_shown(team=replace(SEARCH, mode=mode))) for mode in ("govern", "announce", "preview")]

    assert ["Request budget" in words for words in offered] == [True, False, False]
    assert all("Snooze…" in words and "Details" in words for words in offered)


def test_a_spike_that_somebody_is_on(snapshot: SnapshotAssertion) -> None:
    message = spike_shown(answered=ANSWER)

    assert buttons(message) == []
    assert ANSWER in all_text(message)
    assert message == snapshot


def test_a_spike_that_ended(snapshot: SnapshotAssertion) -> None:
    message = spike_shown(alert=spike(ongoing=False), answered=ANSWER, closed=True)

    assert "The spike has ended." in str(message["text"])
    assert elements(message) == []
    assert message == snapshot


def test_a_spike_of_nothing_usual_without_a_chart_and_with_hostile_names(snapshot: SnapshotAssertion) -> None:
    parts = tuple(
        Contributor(
            dimension="model",
            name=f"{n} {HOSTILE}",
            cost_nanos=dollars(50),
            usual_nanos=0,
            first_hour=495_000 if n == 0 else None,
        )
        for n in range(9)
    )
    alert = spike(usual_nanos=0, excess_nanos=dollars(1_240), window_hours=1, contributors=parts)
    message = spike_shown(alert=alert, team=HOSTILE_TEAM, chart=None)

    assert "Usually nothing" in str(message["text"])
    assert "in 1 hour" in str(message["text"])
    assert message == snapshot


def test_the_chart_travels_with_the_message_and_its_place_is_marked() -> None:
    chart = spike_chart()
    message = spike_message(
        spike(), team=SEARCH, alert_id=9, command=COMMAND, zone="UTC", answered=None, closed=False, chart=chart
    )

    assert message.charts == (chart,)
    assert [block["chart"] for block in message.blocks if block["type"] == CHART_BLOCK] == [0]


def test_answered_and_closed_messages_have_block_ids_of_their_own() -> None:
    shown = [
        spike_shown(),
        spike_shown(answered=ANSWER),
        spike_shown(closed=True, alert=replace(spike(), ongoing=False)),
    ]
    ids = [block["block_id"] for message in shown for block in message["blocks"]]  # type: ignore[attr-defined]

    assert len(ids) == len(set(ids))


def test_a_planned_spike_can_be_undone(snapshot: SnapshotAssertion) -> None:
    answered = f"{BEN} says this was planned · alerts for key ci-4 are muted until 24 Nov at 10:00"
    message = spike_shown(answered=answered, is_planned=True)

    assert buttons(message) == ["Undo"]
    assert answered in str(message["text"])
    assert message == snapshot


def test_a_planned_spike_that_has_ended_has_no_undo() -> None:
    assert buttons(spike_shown(answered=ANSWER, is_planned=True, closed=True)) == []


def test_why_an_alert_is_not_useful_is_asked(snapshot: SnapshotAssertion) -> None:
    title = alert_title("spike", HOSTILE_TEAM)

    assert opinion_form(title=title, metadata="{}") == snapshot
