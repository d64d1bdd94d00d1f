"""The history of a team's settings."""

from syrupy.assertion import SnapshotAssertion

from bot.periods import micros
from bot.views.org.setting_history import PAGE_SIZE, SettingChange, history_message
from tests.bot.views.examples import ANNA, BEN, CHLOE, HOSTILE, NOW, dollars
from tests.bot.views.surfaces import posted

PEOPLE = {1: ANNA, 2: BEN, 3: CHLOE}


def change(number: int, action: str, by: str = BEN, **detail: object) -> SettingChange:
    return SettingChange(number=number, at=micros(NOW), by=by, action=action, detail=detail)


CHANGES = (
    change(9, "set up team", channel=["", "C0SEARCH1"], managers=[[1], [1, 2]], name=["a1", "b2"], slug="search"),
    change(8, "set budget", before_nanos=None, after_nanos=dollars(12_000)),
    change(7, "set alert settings", thresholds=[None, [50, 90]], quiet_from=[None, 1320], quiet_weekends=[False, True]),
    change(6, "channel", by="", channel="C0SEARCH1", state="paused"),
    change(5, "create team", slug="search", members=[None, [3]], channel=[None, "C0SEARCH1"]),
    change(4, "set company", mode=["preview", "govern"], finance=[[3], [99]], admins=[[], [1]]),
    change(3, "set alert settings", channels=[{}, {"alerts": "C0ALERTS1"}], muted=[[], ["forecast"]]),
    change(2, "set up team", slug="search"),
)


def test_each_change_says_who_when_and_from_what_to_what(snapshot: SnapshotAssertion) -> None:
    message = posted(history_message("Search", CHANGES, PEOPLE, timezone="Europe/London", has_older=True))

    assert "budget none → $12,000.00" in message["text"]
    assert message == snapshot


def test_a_team_whose_settings_nobody_changed(snapshot: SnapshotAssertion) -> None:
    assert posted(history_message(HOSTILE, [], {}, timezone="UTC", has_older=False)) == snapshot


def test_the_longest_page(snapshot: SnapshotAssertion) -> None:
    many = [list(range(60)), list(range(60, 120))]
    long = [
        change(n, "set up team", managers=many, members=many, timezone=[HOSTILE, "America/Argentina/Buenos_Aires"])
        for n in range(20, 20 - PAGE_SIZE, -1)
    ]

    people = dict.fromkeys(range(120), CHLOE)

    assert posted(history_message(HOSTILE, long, people, timezone="UTC", has_older=True)) == snapshot
