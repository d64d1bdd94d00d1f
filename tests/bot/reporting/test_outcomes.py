"""Cost per outcome: what is known of the spend, when there is an average, and whose parts are never shown."""

from dataclasses import replace

import pytest

from bot.money import NANOS
from bot.periods import Calendar, period_of, week_of
from bot.reporting.spans import days_span, span_of
from bot.reporting.value.outcomes import Behind, Brought, OutcomeCost, Spent, ValueReport, value_report
from bot.reporting.value.value_spans import WEEKS, ValueSpan, asked_days, last_weeks
from tests.bot.views.examples import SEARCH, TODAY

MOBILE = replace(SEARCH, id=4, slug="mobile", name="Mobile")
SPAN = last_weeks(TODAY)
NOW, BEFORE = SPAN.starts[-1], SPAN.starts[0]
CROWD = [Behind(SEARCH.id, "", "Claude Code", person) for person in range(1, 9)]


def spent(
    dollars: float, *, team: int = SEARCH.id, start: int = NOW, workflow: str = "", tool: str = "Claude Code"
) -> Spent:
    return Spent(team, start, workflow, tool, round(dollars * NANOS), 0)


def brought(
    number: int,
    *,
    team: int = SEARCH.id,
    start: int = NOW,
    workflow: str = "",
    tool: str = "",
    kind: str = "change_merged",
) -> Brought:
    return Brought(team, start, workflow, tool, kind, number)


def report(
    spends: list[Spent],
    outcomes: list[Brought],
    *,
    behind: list[Behind] | None = None,
    span: ValueSpan = SPAN,
    teams: tuple[int, ...] = (SEARCH.id,),
) -> ValueReport:
    listed = [team for team in (SEARCH, MOBILE) if team.id in teams]
    crowd = CROWD if behind is None else behind
    return value_report(SEARCH, span, spent=spends, brought=outcomes, behind=crowd, teams=listed)


def averages(found: ValueReport, parts: str) -> dict[str, float | None]:
    """Returns the average in dollars of each part that is shown."""
    return {
        part.name: None if part.cost.average_nanos is None else part.cost.average_nanos / NANOS
        for part in getattr(found, parts).parts
    }


@pytest.mark.parametrize(
    ("known", "cost", "outcomes", "average"),
    [
        (100, 100, 5, 20.0),
        (100, 100, 4, None),  # too few
        (51, 100, 10, 5.1),
        (50, 100, 10, None),  # half is unknown
        (0, 0, 10, None),  # nothing was spent
        (10, 10, 3_000_000_000, 0.000000003),  # half up
    ],
)
def test_there_is_an_average_of_five_outcomes_and_of_more_than_half_of_the_spend(
    known: int, cost: int, outcomes: int, average: float | None
) -> None:
    found = OutcomeCost(cost_nanos=cost * NANOS, known_nanos=known * NANOS, outcomes=outcomes).average_nanos

    assert found == (None if average is None else round(average * NANOS))


def test_outcomes_without_a_workflow_stand_for_all_of_a_teams_spend() -> None:
    found = report([spent(80), spent(20, workflow="evals", tool="")], [brought(10)])

    assert (found.cost.known_nanos, found.cost.outcomes) == (100 * NANOS, 10)


@pytest.mark.parametrize(
    ("outcome", "known"),
    [
        (brought(10, workflow="evals"), 30),
        (brought(10, tool="Codex"), 50),
        (brought(10, workflow="evals", tool="Codex"), 20),
        (brought(10, workflow="triage"), 0),
    ],
)
def test_outcomes_of_a_workflow_or_tool_stand_for_its_spend_alone(outcome: Brought, known: int) -> None:
    spends = [
        spent(20, workflow="evals", tool="Codex"),
        spent(10, workflow="evals", tool="Cursor"),
        spent(30, tool="Codex"),
        spent(40, tool="Cursor"),
    ]

    assert report(spends, [outcome]).cost.known_nanos == known * NANOS


def test_a_team_without_outcomes_is_unknown_spend_of_its_department() -> None:
    spends = [spent(60), spent(40, team=MOBILE.id)]
    found = report(spends, [brought(10)], teams=(SEARCH.id, MOBILE.id))

    assert (found.cost.cost_nanos, found.cost.known_nanos, found.cost.average_nanos) == (
        100 * NANOS,
        60 * NANOS,
        6 * NANOS,
    )
    assert averages(found, "teams") == {"Search": 6.0}
    more = report([spent(60), spent(60, team=MOBILE.id)], [brought(10)], teams=(SEARCH.id, MOBILE.id))
    assert more.cost.average_nanos is None
    assert averages(more, "teams") == {"Search": 6.0}


def test_workflows_and_tools_are_those_that_outcomes_name_the_most_expensive_first() -> None:
    spends = [spent(50, workflow="evals"), spent(20, workflow="review"), spent(30)]
    found = report(
        spends, [brought(10, workflow="review", tool="Claude Code"), brought(5, workflow="evals"), brought(9)]
    )

    assert averages(found, "workflows") == {"evals": 10.0, "review": 2.0}
    assert [part.name for part in found.workflows.parts] == ["evals", "review"]
    assert averages(found, "tools") == {"Claude Code": None}  # a fifth of its spend is known


@pytest.mark.parametrize(("people", "shown"), [(0, True), (1, False), (4, False), (5, True)])
def test_a_workflow_of_one_to_four_people_is_not_broken_down(people: int, shown: bool) -> None:
    behind = [Behind(SEARCH.id, "review", "Claude Code", person) for person in range(1, people + 1)]
    behind.append(Behind(SEARCH.id, "review", "Claude Code", 0))  # a program
    found = report([spent(50, workflow="review")], [brought(10, workflow="review")], behind=behind)

    assert (len(found.workflows.parts), found.workflows.small) == ((1, 0) if shown else (0, 1))
    assert found.cost.average_nanos == 5 * NANOS  # the team's total is the team's


@pytest.mark.parametrize(("people", "shown"), [(0, True), (1, False), (2, True)])
def test_a_team_of_one_person_is_not_shown_in_its_department(people: int, shown: bool) -> None:
    behind = [Behind(MOBILE.id, "", "Claude Code", person) for person in range(1, people + 1)]
    found = report(
        [spent(50, team=MOBILE.id)], [brought(10, team=MOBILE.id)], behind=behind, teams=(SEARCH.id, MOBILE.id)
    )

    assert (list(averages(found, "teams")), found.teams.small) == ((["Mobile"], 0) if shown else ([], 1))


def test_one_team_alone_has_no_list_of_teams() -> None:
    assert report([spent(50)], [brought(10)]).teams.parts == ()


def test_weeks_and_the_weeks_before_are_told_apart() -> None:
    spends = [spent(50, start=start) for start in SPAN.starts]
    outcomes = [brought(10 if start < SPAN.first_day else 5, start=start) for start in SPAN.starts]
    found = report(spends, outcomes)

    assert (found.cost.average_nanos, found.before.average_nanos) == (10 * NANOS, 5 * NANOS)
    assert [week.monday for week in found.weeks] == list(SPAN.starts[WEEKS:])
    assert {week.cost.average_nanos for week in found.weeks} == {10 * NANOS}


def test_a_young_team_has_weeks_from_its_first_on() -> None:
    first = SPAN.starts[-3]
    found = report([spent(50, start=first), spent(50)], [brought(10)])

    assert (found.span.weeks, found.span.first_day, len(found.weeks)) == (3, first, 3)
    assert (found.before.cost_nanos, found.before.outcomes) == (0, 0)


def test_spend_is_divided_by_merged_changes_else_by_the_most_frequent_kind() -> None:
    tickets, deploys = brought(30, kind="ticket_closed"), brought(7, kind="deploy")

    assert (report([spent(50)], [tickets, deploys]).kind, report([spent(50)], [tickets, deploys]).cost.outcomes) == (
        "ticket_closed",
        30,
    )
    found = report([spent(50)], [tickets, deploys, brought(5)])
    assert (found.kind, found.cost.outcomes) == ("change_merged", 5)
    assert found.others == (("ticket_closed", 30), ("deploy", 7))
    assert report([spent(50)], []).kind == "change_merged"


def test_tokens_without_a_price_are_counted_of_the_span_alone() -> None:
    rows = [spent(1)._replace(unpriced_tokens=7), spent(1, start=BEFORE)._replace(unpriced_tokens=100)]

    assert report(rows, []).unpriced_tokens == 7


def test_eight_full_weeks_end_on_the_last_sunday() -> None:
    assert SPAN.end_day == week_of(TODAY)[0]
    assert (SPAN.first_day, SPAN.before_day) == (SPAN.end_day - 56, SPAN.end_day - 112)
    assert [SPAN.start_of(day) for day in (SPAN.end_day - 1, SPAN.before_day)] == [SPAN.starts[-1], SPAN.before_day]


def test_a_period_is_compared_with_the_one_before_and_has_no_weeks() -> None:
    november = period_of(TODAY)
    october = period_of(november.first_day - 1)
    end = november.end_day
    last = span_of("last_period", today=end, period=period_of(end), calendar=Calendar(), zone="UTC")
    span = asked_days(last)
    found = report(
        [spent(50, start=november.first_day), spent(80, start=october.first_day)],
        [brought(10, start=november.first_day), brought(8, start=october.first_day)],
        span=span,
    )

    assert (found.cost.average_nanos, found.before.average_nanos, found.weeks) == (5 * NANOS, 10 * NANOS, ())


def test_days_between_a_span_and_the_days_before_it_belong_to_neither() -> None:
    month = replace(days_span(TODAY - 9, TODAY, zone="UTC"), before_day=TODAY - 40, before_end=TODAY - 31)
    span = asked_days(month)
    assert [span.start_of(day) for day in (TODAY - 40, TODAY - 32, TODAY - 31, TODAY - 10, TODAY - 9)] == [
        *(TODAY - 40, TODAY - 40, TODAY - 31, TODAY - 31, TODAY - 9)
    ]
    outcomes = [brought(number, start=start) for number, start in ((5, TODAY - 40), (90, TODAY - 31), (7, TODAY - 9))]
    found = report([spent(10, start=start) for start in span.starts], outcomes, span=span)

    assert (found.before.outcomes, found.cost.outcomes) == (5, 7)
    assert (found.before.cost_nanos, found.cost.cost_nanos) == (10 * NANOS, 10 * NANOS)
