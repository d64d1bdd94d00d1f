"""Charts with nothing to see are not drawn."""

from dataclasses import replace

import pytest

from bot.charts.kinds import Chart
from bot.charts.worth import is_worth_drawing
from bot.money import NANOS
from tests.bot.charts.examples import AWKWARD, CHANGE, FAMILY, MIX, MONDAY, PERIOD_PLAN, TEAMS, spend, spike

NOTHING: dict[str, Chart] = {
    "no days": AWKWARD["no days"],
    "no tools": AWKWARD["no tools"],
    "one day": AWKWARD["one day"],
    "one day of a week": spend(("Claude Code", (0, 0, 5, 0, 0, 0, 0))),
    "nothing spent": AWKWARD["nothing spent"],
    "less than a dollar": spend(("Claude Code", (0.1, 0.2, 0.05, 0.1, 0, 0, 0.1))),
    "a flat line of small change": spend(("Claude Code", (2.0, 2.01, 2, 2, 2, 2.02, 2))),
    "no hours": AWKWARD["no hours"],
    "free": AWKWARD["free"],
    "one day of a period": replace(PERIOD_PLAN, spent_nanos=(90 * NANOS,)),
    "one team": replace(TEAMS, teams=(("Search", NANOS, None, None), ("Idle", 0, None, None))),
    "one week": replace(MIX, mondays=(MONDAY,), in_house_nanos=(NANOS,), third_party_nanos=(NANOS,)),
    "no budget in question": replace(CHANGE, grown_nanos=0),
}
SOMETHING: dict[str, Chart] = {
    **{name: chart for name, chart in FAMILY.items() if name != "plan on its first day"},
    "corrections": AWKWARD["corrections"],
    "the same every day": spend(("Claude Code", (50,) * 7)),
    "small and uneven": spend(("Claude Code", (0.5, 0, 1, 0, 0, 0, 0.2))),
    "a spike": spike(),
}


@pytest.mark.parametrize("name", NOTHING)
def test_words_say_it_better(name: str) -> None:
    assert not is_worth_drawing(NOTHING[name])


@pytest.mark.parametrize("name", SOMETHING)
def test_there_is_something_to_see(name: str) -> None:
    assert is_worth_drawing(SOMETHING[name])
