"""The messages of expected spend: an announcement and its end, the list, and the form of a planned spike."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.alerting.announcements import AnnouncementDraft
from bot.alerting.expectations import TEAM_TOTAL, Cause, Expectation
from bot.periods import DAY_MICROS, micros
from bot.views.alerting.alerts import snooze_form
from bot.views.alerting.expectations import (
    announce_form,
    announcement_message,
    expect_form,
    expectations_message,
    muted_words,
    over_message,
)
from tests.bot.views.examples import ANNA, BEN, COMMAND, HOSTILE, HOSTILE_TEAM, NOW, SEARCH, TODAY, dollars
from tests.bot.views.surfaces import all_text, buttons, obeys, posted

AT = micros(NOW)
LAUNCH = Expectation(
    id=4,
    team_id=SEARCH.id,
    what="launch",
    cause=TEAM_TOTAL,
    from_at=AT,
    until_at=AT + 2 * DAY_MICROS,
    limit_nanos=dollars(500),
    alert_id=None,
    alert_closed_at=None,
    made_by=1,
    made_at=AT,
    ended_at=None,
    ended_by=None,
)
PLANNED = replace(
    LAUNCH, id=5, what="", cause=Cause(dimension="credential", name="ci-7"), until_at=None, limit_nanos=None, alert_id=9
)
ZONE = "Europe/London"


def test_an_announcement(snapshot: SnapshotAssertion) -> None:
    message = posted(announcement_message(LAUNCH, team=SEARCH, who=ANNA, zone=ZONE, command=COMMAND))

    assert f"{ANNA} announced more spend of Search than usual: “launch”" in message["text"]
    assert "up to $500 above the usual" in message["text"]
    assert buttons(message) == ["End it now"]
    assert message == snapshot


def test_an_announcement_without_an_amount_and_with_hostile_names(snapshot: SnapshotAssertion) -> None:
    launch = replace(LAUNCH, what=HOSTILE, limit_nanos=None)
    message = posted(announcement_message(launch, team=HOSTILE_TEAM, who=ANNA, zone=ZONE, command=COMMAND))

    assert "budget alerts still apply" in message["text"]
    assert message == snapshot


def test_an_announcement_that_is_over(snapshot: SnapshotAssertion) -> None:
    message = posted(over_message(LAUNCH, team=SEARCH, who=ANNA, ended_by=BEN, extra_nanos=dollars(190.5), zone=ZONE))

    assert f"ended early by {BEN}" in message["text"]
    assert "It cost $190.50 above the usual." in message["text"]
    assert buttons(message) == []
    assert message == snapshot


def test_what_is_expected(snapshot: SnapshotAssertion) -> None:
    coming = replace(LAUNCH, id=6, what="sale", from_at=AT + DAY_MICROS, limit_nanos=None)
    listed = [(LAUNCH, ANNA), (PLANNED, BEN), (coming, ANNA)]
    message = posted(expectations_message(listed, team=SEARCH, zone=ZONE, at=AT, command=COMMAND))

    assert f"key ci-7 until a week after its spike ends, says {BEN}" in message["text"]
    assert message["text"].count("(to come)") == 1
    assert len(buttons(message)) == 3
    assert message == snapshot


def test_nothing_is_expected(snapshot: SnapshotAssertion) -> None:
    message = posted(expectations_message([], team=SEARCH, zone=ZONE, at=AT, command=COMMAND))

    assert "/tokens expect launch 2 days" in message["text"]
    assert message == snapshot


def test_many_expectations_are_cut_with_a_word_of_it() -> None:
    listed = [(replace(LAUNCH, id=n, what=HOSTILE), ANNA) for n in range(14)]
    message = posted(expectations_message(listed, team=SEARCH, zone=ZONE, at=AT, command=COMMAND))

    assert "4 more are not shown" in all_text(message)


def test_the_form_of_what_was_planned(snapshot: SnapshotAssertion) -> None:
    planned = expect_form(
        title="The spike of Search",
        causes=[("Key ci-7", "0"), ("All spend of Search", "1")],
        until=[("Until it has ended, and a week more", "ended"), ("For a day", "day")],
        answered=f"{ANNA} says this was planned · {muted_words(PLANNED)}",
        metadata="{}",
    )

    obeys(planned)
    assert planned == snapshot


def test_the_form_of_a_snooze(snapshot: SnapshotAssertion) -> None:
    snoozed = snooze_form(
        title="The spike of Search",
        until=[("hour", AT), ("morning", AT), ("period", AT)],
        is_snoozed=True,
        metadata="{}",
    )

    obeys(snoozed)
    assert snoozed == snapshot


def test_the_form_that_announces_shows_what_was_understood(snapshot: SnapshotAssertion) -> None:
    draft = AnnouncementDraft(what="launch", first_day=TODAY, last_day=TODAY + 4, limit="$500")
    form = announce_form(draft, team=SEARCH, zone=ZONE, note="Is Fri 27 Nov the last day?", channel="C0SEARCH1")

    obeys(form)
    assert form == snapshot


def test_the_form_that_announces_fits_with_the_longest_texts(snapshot: SnapshotAssertion) -> None:
    draft = AnnouncementDraft(what=HOSTILE[:60], first_day=TODAY, last_day=TODAY, limit="9" * 40)
    note = "Until when? " + "x" * 200
    form = announce_form(draft, team=HOSTILE_TEAM, zone=ZONE, note=note, channel="C0SEARCH1")

    obeys(form)
    assert form == snapshot
