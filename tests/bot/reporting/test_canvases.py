"""Which channels have a canvas, what is due, and what Slack's refusals mean."""

from dataclasses import replace
from typing import Any

import pytest

from bot.org.alert_settings import Destination
from bot.org.teams import Directory, Team
from bot.reporting.canvases import (
    NEVER,
    CanvasPlace,
    StoredCanvas,
    canvas_fault,
    canvas_places,
    canvas_work,
    resting_channels,
)
from tests.bot.acme import ACME, PRODUCT, directory
from tests.bot.acme import SEARCH as UNLINKED

SEARCH = replace(UNLINKED, channel_ref="#team-search", channel_id="CSEARCH", channel_state="linked")
NOW = 1_000


def company(*teams: Team, root: Team = ACME) -> Directory:
    return replace(directory(), teams=(root, PRODUCT, *teams))


def with_channel(state: Any, ref: str = "CFINANCE") -> Team:
    return replace(ACME, alerts=replace(ACME.alerts, alerts_destination=Destination(ref=ref, state=state)))


def stored(**changed: Any) -> StoredCanvas:
    facts: dict[str, Any] = {
        "team_id": SEARCH.id,
        "channel": "CSEARCH",
        "canvas_id": "F1",
        "title": "AI spend of Search",
    }
    facts |= {"shown": "abc", "begun_at": 1, "made": 1, "next_at": NOW, "fault": ""}
    return StoredCanvas(**(facts | changed))


def test_a_linked_channel_has_one() -> None:
    assert canvas_places(company(SEARCH)) == (CanvasPlace(SEARCH, "CSEARCH"),)


@pytest.mark.parametrize(
    "changed",
    [
        {"mode": "preview"},
        {"channel_state": "paused"},
        {"channel_state": "broken"},
        {"channel_state": "unresolved", "channel_id": ""},
        {"channel_id": ""},
        {"has_ended": True},
        {"kind": "unattributed"},
    ],
)
def test_a_channel_that_should_not_see_figures_has_none(changed: dict[str, Any]) -> None:
    assert canvas_places(company(replace(SEARCH, **changed))) == ()


def test_announce_has_one() -> None:
    assert canvas_places(company(replace(SEARCH, mode="announce")))


@pytest.mark.parametrize(
    ("root", "has"),
    [
        (with_channel("linked"), True),
        (with_channel("paused"), False),
        (replace(with_channel("linked"), mode="preview"), False),
        (with_channel("linked", "CSEARCH"), False),
        (ACME, False),
    ],
)
def test_the_companys_stands_in_its_own_channel(root: Team, has: bool) -> None:
    found = [place.channel for place in canvas_places(company(SEARCH, root=root)) if place.team.id == ACME.id]

    assert found == (["CFINANCE"] if has else [])


def test_what_is_due() -> None:
    place = CanvasPlace(SEARCH, "CSEARCH")

    def due(known: StoredCanvas | None, *places: CanvasPlace, resting: frozenset[str] = frozenset()) -> list[str]:
        known_by_team = {} if known is None else {known.team_id: known}
        return [
            "withdraw" if work.place is None else "show"
            for work in canvas_work(places, known_by_team, resting=resting, now=NOW)
        ]

    assert due(None, place) == ["show"]
    assert due(stored(), place) == ["show"]
    assert due(stored(next_at=NOW + 1), place) == [], "at most once an hour"
    assert due(stored(next_at=NEVER, fault="deleted"), place) == []
    assert due(stored(next_at=NOW + 1)) == ["withdraw"], "at once, not after its hour"
    assert due(stored(next_at=NOW + 1), CanvasPlace(SEARCH, "COTHER")) == ["withdraw"]
    assert due(stored(next_at=NEVER, fault="deleted")) == ["withdraw"]
    assert due(stored(next_at=NOW + 1, fault="slack_away")) == [], "it waits for Slack"
    assert due(stored(next_at=NOW + 1, fault="withdrawal: no_permission")) == [], "it was refused already"
    assert due(stored(next_at=NOW + 1, fault="no_permission")) == ["withdraw"], "only an edit was refused"
    assert due(stored(), resting=frozenset({"CSEARCH"})) == [], "an archived channel keeps what it has"


def test_no_new_canvas_is_begun_while_there_are_none_in_the_workspace() -> None:
    other = replace(SEARCH, id=SEARCH.id + 90, channel_id="COTHER")
    places = (CanvasPlace(SEARCH, "CSEARCH"), CanvasPlace(other, "COTHER"))

    def due(known: StoredCanvas) -> list[int]:
        work = canvas_work(places, {known.team_id: known}, resting=frozenset(), now=NOW)
        return [one.place.team.id for one in work if one.place is not None]

    refused = stored(canvas_id="", next_at=NOW + 1, fault="missing_scope")
    assert due(refused) == []
    assert due(refused._replace(next_at=NOW)) == [other.id, SEARCH.id]
    assert due(refused._replace(fault="restricted_action")) == [other.id], "it is about the channel"


def test_the_one_that_waits_longest_is_first() -> None:
    others = [replace(SEARCH, id=SEARCH.id + 90 + at, channel_id=f"C{at}") for at in range(3)]
    waits = {
        team.id: stored(team_id=team.id, channel=team.channel_id, next_at=NOW - at) for at, team in enumerate(others)
    }

    work = canvas_work([CanvasPlace(t, t.channel_id) for t in others], waits, resting=frozenset(), now=NOW)

    assert [one.stored.next_at for one in work if one.stored is not None] == [NOW - 2, NOW - 1, NOW]


def test_an_archived_channel_rests() -> None:
    assert resting_channels(company(replace(SEARCH, channel_state="broken"))) == {"CSEARCH"}
    assert resting_channels(company(SEARCH, root=with_channel("broken"))) == {"CFINANCE"}
    assert resting_channels(company(SEARCH)) == frozenset()


@pytest.mark.parametrize(
    ("error", "means"),
    [
        ("missing_scope", "workspace"),
        ("canvas_disabled_user_team", "workspace"),
        ("canvas_not_found", "gone"),
        ("free_team_canvas_tab_already_exists", "channel"),
        ("is_archived", "channel"),
        ("something_new", "other"),
    ],
)
def test_refusals(error: str, means: str) -> None:
    assert canvas_fault(error) == means
