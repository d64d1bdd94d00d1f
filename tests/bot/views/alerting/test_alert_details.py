"""The details of a spike, and the message to the owner of a key."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.alerting.alert_details import AlertDetails, HourLine, PartLine
from bot.alerting.key_owners import RunawayKey
from bot.periods import hour_of, micros
from bot.views.alerting.alert_details import details_view
from bot.views.alerting.key_owners import owner_message
from tests.bot.views.examples import ANNA, BEN, HOSTILE, HOSTILE_TEAM, NOW, SEARCH, dollars
from tests.bot.views.surfaces import all_text, buttons, obeys, posted

FROM = hour_of(micros(NOW)) - 5
DETAILS = AlertDetails(
    team=SEARCH,
    alert_id=9,
    severity="high",
    from_hour=FROM,
    window_hours=6,
    observed_nanos=dollars(1_240),
    usual_nanos=dollars(180),
    hours=tuple(
        HourLine(hour=FROM - 1 + n, cost_nanos=dollars(30 * n + 20), low_nanos=dollars(10), high_nanos=dollars(40))
        for n in range(7)
    ),
    parts=(
        PartLine(dimension="credential", name="ci-4", cost_nanos=dollars(900), usual_nanos=0),
        PartLine(dimension="model", name="claude-opus-4-5", cost_nanos=dollars(820), usual_nanos=dollars(44)),
    ),
    people=None,
    people_note="",
    own_nanos=0,
    answered=None,
)
KEY = RunawayKey(
    team=SEARCH, credential="ci-4", cost_nanos=dollars(900), usual_nanos=dollars(12), hours=6, from_hour=FROM
)


def test_details(snapshot: SnapshotAssertion) -> None:
    view = details_view(replace(DETAILS, answered=f"{BEN} is on it", own_nanos=dollars(12)))
    obeys(view)

    shown = all_text(view)
    assert "$1,240 in 6 hours, 6.9× the $180 that this team normally spends at most" in shown
    assert "key ci-4: $900.00 (73% of the spend), usually nothing" in shown
    assert "$12.00 of it is your own use; only you see that." in shown
    assert shown.count(", above it") == 6
    assert buttons(view) == ["Request budget"]
    assert view == snapshot


def test_details_for_a_manager_who_may_see_people(snapshot: SnapshotAssertion) -> None:
    people = tuple((f"<@U0000000{n}>", dollars(100 - n)) for n in range(18))
    view = details_view(replace(DETAILS, people=people, people_note="Those can see that you looked."))
    obeys(view)

    assert "3 others: $" in all_text(view)
    assert view == snapshot


def test_details_of_long_and_hostile_names_stay_within_the_limits() -> None:
    parts = tuple(
        PartLine(dimension="model", name=f"{n}{HOSTILE}", cost_nanos=dollars(1), usual_nanos=0) for n in range(40)
    )
    hours = tuple(HourLine(hour=FROM + n, cost_nanos=n, low_nanos=0, high_nanos=0) for n in range(48))
    view = details_view(replace(DETAILS, team=HOSTILE_TEAM, parts=parts, hours=hours, usual_nanos=0))

    obeys(view)
    assert "this team normally spends nothing then" in all_text(view)
    assert max(len(block["text"]["text"]) for block in view["blocks"] if "text" in block) < 3_000


def test_the_owner_of_a_key_is_told(snapshot: SnapshotAssertion) -> None:
    message = posted(owner_message(KEY, alert_id=9, is_owner=True, answered=None, closed=False))

    assert "Key ci-4 of Search spent $900.00 in 6 hours, usually $12.00" in message["text"]
    assert "most of what it spends is yours" in message["text"]
    assert buttons(message) == ["I'm on it"]
    assert message == snapshot


def test_managers_are_told_of_a_key_without_an_owner(snapshot: SnapshotAssertion) -> None:
    key = replace(KEY, credential=HOSTILE, usual_nanos=0)
    message = posted(owner_message(key, alert_id=9, is_owner=False, answered=None, closed=False))

    assert "usually nothing" in message["text"]
    assert "Nobody is known to own it." in message["text"]
    assert message == snapshot


def test_what_the_owner_was_told_ends(snapshot: SnapshotAssertion) -> None:
    message = posted(owner_message(KEY, alert_id=9, is_owner=True, answered=f"{ANNA} is on it", closed=True))

    assert "The spike has ended." in message["text"]
    assert buttons(message) == []
    assert message == snapshot
