"""Home, from a new person to finance with forty teams."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.alerting.alert_quality import AlertQuality
from bot.views.reporting.home.home import home_view, outsider_home
from tests.bot.views.company_examples import company, home, many_standings, prices, unpriced
from tests.bot.views.examples import HOSTILE, HOSTILE_TEAM, NO_USE, SEARCH, decided, pending, request, standing
from tests.bot.views.surfaces import all_text, buttons, elements, obeys

NOISY = AlertQuality(alerts=12, answered=8, acknowledged=4, expected=2, not_useful=2, median_seconds=9_000)


def test_annas_home(snapshot: SnapshotAssertion) -> None:
    denied = decided("denied", id=40, decision_reason="Use the smaller model first.").request
    view = home_view(home(own_requests=((request(), "Search"), (denied, "Search"))))
    obeys(view)

    assert "Search  ███████░░░  78%  $9,400 of $12,000" in all_text(view)
    assert buttons(view) == ["Request budget", "Change", "Withdraw"]
    assert "Use the smaller model first." in all_text(view)
    assert view == snapshot


def test_bens_home_has_what_waits_for_him_first_in_its_status(snapshot: SnapshotAssertion) -> None:
    view = home_view(home(approvals=(pending(), pending(id=42)), standings=(standing(charged=12_500),)))
    obeys(view)

    assert "*2 requests are waiting for you. Nothing is left for Search.*" in all_text(view)
    assert buttons(view).count("Approve") == 2
    assert {e["value"] for e in elements(view) if e["action_id"] == "approve_request"} == {"r1:41", "r1:42"}
    assert view == snapshot


def test_chloes_home_has_the_company(snapshot: SnapshotAssertion) -> None:
    view = home_view(home(standings=(), company=company()))
    obeys(view)

    assert "$310.00 (1% of spend)" in all_text(view)
    assert "*metacode-9 of acme*" in all_text(view)
    assert "*&lt;!channel&gt;*" in all_text(view)
    assert view == snapshot


def test_somebody_who_used_nothing_in_preview(snapshot: SnapshotAssertion) -> None:
    view = home_view(home(use=NO_USE, standings=(), in_preview=True))
    obeys(view)

    assert "Nothing is recorded for you this month." in all_text(view)
    assert view == snapshot


def test_forty_hostile_teams_and_requests_fit(snapshot: SnapshotAssertion) -> None:
    hostile = tuple(unpriced(n, provider=HOSTILE, model=HOSTILE) for n in range(40))
    full = home(
        standings=many_standings(40, name="<!channel> & co"),
        approvals=tuple(pending(HOSTILE_TEAM, id=n, reason=HOSTILE) for n in range(1, 41)),
        own_requests=tuple((request(id=n), HOSTILE) for n in range(50, 90)),
        company=company(many_standings(40, name="<!channel> & co"), prices=prices(unpriced=hostile)),
        managed_alerts=tuple((replace(HOSTILE_TEAM, id=n), NOISY) for n in range(40)),
        company_alerts=(NOISY, ((HOSTILE_TEAM, NOISY),) * 40),
    )
    view = home_view(full)
    obeys(view)

    assert len(view["blocks"]) <= 100
    assert "Back" not in buttons(view)
    assert buttons(view).count("Next") == 5
    assert view == snapshot


def test_announce_shows_no_bar_and_no_button() -> None:
    view = home_view(home(standings=(standing(replace(SEARCH, mode="announce")),)))

    assert "█" not in all_text(view)
    assert buttons(view) == []


def test_outsiders_see_nothing(snapshot: SnapshotAssertion) -> None:
    assert home_view(home(is_outsider=True, company=company())) == outsider_home()
    assert outsider_home() == snapshot
