"""The form of a team's alert settings, and the text for people who may not change them."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.org.alert_settings import DEFAULT_SETTINGS, Destination
from bot.views.org.alert_settings import alert_settings_form, alert_settings_message, which_team_message
from tests.bot.views.differences import difference
from tests.bot.views.examples import ACME, BEN, COMMAND, HOSTILE_TEAM, SEARCH
from tests.bot.views.surfaces import all_text, obeys, posted

OWN = replace(
    SEARCH,
    thresholds=(50, 90),
    alerts=replace(
        DEFAULT_SETTINGS,
        thresholds=(50, 90),
        quiet_from=22 * 60,
        quiet_until=7 * 60,
        quiet_weekends=True,
        daily_cap=3,
        muted=frozenset({"spike:low", "forecast"}),
        escalate_minutes=60,
        alerts_destination=Destination(ref="C0ALERTS1", state="linked"),
        approvals_destination=Destination(ref="C0APPROV1", state="broken"),
    ),
)


def test_the_form_of_a_team_that_set_nothing(snapshot: SnapshotAssertion) -> None:
    assert alert_settings_form(SEARCH, declared=(80, 100)) == snapshot


def test_the_form_shows_what_holds(snapshot: SnapshotAssertion) -> None:
    form = alert_settings_form(OWN, declared=(80, 100))
    obeys(form)

    assert "Empty: as in teams.yml, 80, 100." in all_text(form)
    assert difference(alert_settings_form(SEARCH, declared=(80, 100)), form) == snapshot


def test_the_form_of_the_organisation_offers_its_own_alerts(snapshot: SnapshotAssertion) -> None:
    form = alert_settings_form(ACME, declared=(80, 100))
    obeys(form)

    assert "approvals" not in all_text(form)
    assert "Spikes" not in all_text(form)
    assert difference(alert_settings_form(SEARCH, declared=(80, 100)), form) == snapshot


def test_a_number_that_the_menu_no_longer_offers_is_still_shown() -> None:
    odd = replace(SEARCH, alerts=replace(DEFAULT_SETTINGS, daily_cap=7, escalate_minutes=45))

    assert "45 minutes" in all_text(alert_settings_form(odd, declared=(80, 100)))


def test_a_member_reads_the_settings(snapshot: SnapshotAssertion) -> None:
    message = posted(alert_settings_message(OWN, who_may=[BEN]))

    assert "Quiet hours: 22:00 to 07:00 (Europe/London) and Saturday and Sunday" in message["text"]
    assert "after 60 and 120 minutes" in message["text"]
    assert message == snapshot


def test_the_settings_of_a_team_that_set_none() -> None:
    message = posted(alert_settings_message(SEARCH, who_may=[]))

    assert "Quiet hours: none" in message["text"]
    assert "Thresholds: 80%, 100%, from teams.yml" in message["text"]
    assert "Finance can change them." in message["text"]


def test_a_manager_of_several_teams_reads_what_to_type(snapshot: SnapshotAssertion) -> None:
    assert posted(which_team_message([SEARCH, replace(SEARCH, slug="mobile")], command=COMMAND)) == snapshot


def test_a_hostile_name_mentions_nobody() -> None:
    posted(alert_settings_message(HOSTILE_TEAM, who_may=[BEN]))
