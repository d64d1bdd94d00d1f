"""The messages of exhausted budgets and of forecasts, open and ended."""

from dataclasses import replace
from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.alerting.budget_alerts import ForecastOutcome, PostedForecast
from bot.org.teams import Team
from bot.periods import day_number
from bot.views.alerting.budget_alerts import forecast_message, threshold_message, threshold_resolved_message
from tests.bot.views.examples import ACME, BEN, COMMAND, HOSTILE_TEAM, SEARCH, dollars, standing
from tests.bot.views.surfaces import all_text, buttons, posted

ANSWER = f"{BEN} is on it · 10:12"
FORETOLD = PostedForecast(
    allocated_nanos=dollars(12_000),
    said_on=day_number(date(2026, 11, 16)),
    said_day=day_number(date(2026, 11, 25)),
    shown_on=day_number(date(2026, 11, 16)),
    shown_day=day_number(date(2026, 11, 25)),
    early_day=day_number(date(2026, 11, 23)),
    late_day=day_number(date(2026, 11, 28)),
    chance=0.931,
    end_nanos=dollars(13_450),
    end_day=day_number(date(2026, 12, 1)),
    outcome="expected",
)


def shown(foretold: PostedForecast, *, team: Team = SEARCH, answered: str | None = None) -> dict[str, object]:
    team_may_request = team.kind == "team" and team.mode == "govern"
    message = forecast_message(
        foretold, team=team, alert_id=6, command=COMMAND, team_may_request=team_may_request, answered=answered
    )
    return posted(message)


def test_a_budget_expected_to_run_out_says_when_how_sure_and_by_how_much(snapshot: SnapshotAssertion) -> None:
    message = shown(FORETOLD)

    for words in ("on Wed 25 Nov", "from 23 Nov until 28 Nov", "93%", "$13,450", "$1,450 over its budget of $12,000"):
        assert words in str(message["text"])
    assert buttons(message) == ["I'm on it", "Request budget"]
    assert message == snapshot


def test_a_date_that_moved_says_what_was_said_first(snapshot: SnapshotAssertion) -> None:
    moved = replace(
        FORETOLD, shown_on=FORETOLD.said_on + 2, shown_day=FORETOLD.said_day + 2, late_day=None, chance=0.97
    )
    message = shown(moved, answered=ANSWER)

    assert "on Fri 27 Nov" in str(message["text"])
    assert "from 23 Nov or later" in str(message["text"])
    assert "over 95%" in str(message["text"])
    assert "Said on Mon 16 Nov for Wed 25 Nov." in all_text(message)
    assert buttons(message) == ["Request budget"]
    assert message == snapshot


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("recovered", "No longer expected"),
        ("ran_out", "ran out on Wed 18 Nov"),
        ("nearer", "a newer message says when"),
    ],
)
def test_a_forecast_that_is_over_says_what_came_of_it(
    outcome: ForecastOutcome, words: str, snapshot: SnapshotAssertion
) -> None:
    message = shown(replace(FORETOLD, outcome=outcome, shown_on=FORETOLD.said_on + 2))

    assert words in str(message["text"])
    assert "Said on Mon 16 Nov for Wed 25 Nov." in str(message["text"])
    assert buttons(message) == []
    assert message == snapshot


def test_an_answer_stays_with_what_came_of_it() -> None:
    assert ANSWER in all_text(shown(replace(FORETOLD, outcome="recovered"), answered=ANSWER))


def test_a_teams_hostile_name_and_one_nobody_can_ask_for(snapshot: SnapshotAssertion) -> None:
    message = shown(FORETOLD, team=replace(HOSTILE_TEAM, mode="preview"), answered=ANSWER)

    assert buttons(message) == []
    assert message == snapshot


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("govern", "block calls until more budget is approved or the period ends"),
        ("preview", "in mode preview: usage is booked, and gateways are told to allow it"),
    ],
)
def test_an_exhausted_budget_says_what_happens_next_in_the_teams_mode(mode: str, words: str) -> None:
    team = replace(SEARCH, mode=mode)  # type: ignore[arg-type]  # one of the three
    message = posted(threshold_message(standing(team, charged=12_400), 100, alert_id=5, command=COMMAND, answered=None))

    assert words in str(message["text"])
    assert buttons(message) == (["I'm on it", "Request budget"] if mode == "govern" else ["I'm on it"])


def test_a_budget_of_which_the_rest_is_held(snapshot: SnapshotAssertion) -> None:
    stands = standing(charged=9_000, held=3_000)
    message = posted(threshold_message(stands, 100, alert_id=5, command=COMMAND, answered=None))

    assert "has nothing left of its budget: the rest is held" in str(message["text"])
    assert message == snapshot


def test_the_organisations_own_budget_is_finances(snapshot: SnapshotAssertion) -> None:
    message = posted(
        threshold_message(standing(ACME, charged=12_400), 100, alert_id=5, command=COMMAND, answered=ANSWER)
    )

    assert "Acme has used up the budget that no team was given" in str(message["text"])
    assert "Claim its keys for a team" in str(message["text"])
    assert buttons(message) == []
    assert message == snapshot


def test_a_line_that_lies_ahead_again(snapshot: SnapshotAssertion) -> None:
    message = posted(threshold_resolved_message(standing(), 80, alert_id=5, because=f"{BEN} approved $3,000.00 more."))

    assert "is below 80% of its budget again" in str(message["text"])
    assert message == snapshot
