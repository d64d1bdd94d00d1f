"""A budget of $0, none, and one that begins later, in the same words on every surface."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.alerting.budget_alerts import FULL_PERCENT, RecordedThreshold, is_threshold_resolved
from bot.books.budgets import Standing
from bot.org.teams import Team
from bot.periods import day_number
from bot.requests.asking.typed_asks import TypedAsk
from bot.views.alerting.budget_alerts import threshold_message, threshold_resolved_message
from bot.views.books.standings import standing_text
from bot.views.crosschecks.gateways import block_message
from bot.views.reporting.digests import digest_chart, digest_message
from bot.views.reporting.home.home import home_view
from bot.views.requests.ask_forms import ask_form
from bot.views.requests.cards import approval_card
from tests.bot.views.company_examples import company, home
from tests.bot.views.crosschecks.test_gateways import block
from tests.bot.views.examples import COMMAND, SEARCH, TODAY, balance, company_spend, digest, dollars, pending, standing
from tests.bot.views.requests.test_ask_forms import figures
from tests.bot.views.surfaces import all_text, posted

ZERO = standing(replace(SEARCH, budget_nanos=0), allocated=0, charged=25)
NONE = standing(replace(SEARCH, budget_nanos=None), allocated=0, charged=25, budget="none")
LATER = standing(replace(SEARCH, starts_day=day_number(date(2027, 3, 15))), allocated=0, charged=25, budget="later")
HANDED = standing(allocated=0, charged=0, handed=12_000)


def in_home(shown: Standing) -> str:
    return all_text(home_view(home(standings=(shown,))))


def in_company(shown: Standing, **changed: Any) -> str:
    return all_text(home_view(home(standings=(), company=company((shown,), **changed))))


def in_digest(shown: Standing) -> str:
    return all_text(posted(digest_message(digest(standing=shown), command=COMMAND)))


def at_a_gateway(shown: Standing) -> str:
    message = block_message(block(), alias="Search", standing=shown, block_id=3, command=COMMAND, zone="UTC")
    return all_text(posted(message))


SURFACES = [standing_text, in_home, in_digest, at_a_gateway]


@pytest.mark.parametrize("surface", SURFACES)
def test_a_budget_of_nothing_is_called_a_budget(surface: Callable[[Standing], str]) -> None:
    said = surface(ZERO)

    assert "The budget of Search is $0 until 30 Nov; it has spent $25.00." in said
    assert "declared" not in said


@pytest.mark.parametrize("surface", SURFACES)
def test_no_budget_is_called_none(surface: Callable[[Standing], str]) -> None:
    said = surface(NONE)

    assert "No budget is declared for" in said
    assert "Search has spent $25.00 since 1 Nov." in said
    assert "Nothing is left" not in said


@pytest.mark.parametrize("surface", SURFACES)
def test_a_budget_that_has_not_begun_has_its_first_day(surface: Callable[[Standing], str]) -> None:
    said = surface(LATER)

    assert "Its budget of $12,000 begins on 15 March 2027." in said
    assert "declared" not in said
    assert "Nothing is left" not in said


@pytest.mark.parametrize("surface", [*SURFACES, in_company])
def test_a_parent_that_handed_everything_down_has_not_used_it(surface: Callable[[Standing], str]) -> None:
    said = surface(HANDED)

    assert "handed" in said
    assert "Nothing is left" not in said
    assert "used its budget" not in said
    assert "used up its" not in said


def test_the_company_tells_them_apart() -> None:
    assert "$25.00  a budget of $0" in in_company(ZERO)
    assert "$25.00  no budget declared" in in_company(NONE)
    assert "$25.00  budget begins on 15 March 2027" in in_company(LATER)


def test_the_company_counts_what_was_spent_before_a_budgets_first_day() -> None:
    began = replace(ZERO, balance=replace(balance(100, 30), uncounted_nanos=dollars(80), since_day=TODAY - 8))

    spent = {cost: in_company(began, spend=company_spend(cost)) for cost in (310 + 110, 400, 430)}
    assert "Spent $420.00 in November 2026 so far" in spent[420]
    assert "earlier days" not in spent[420]
    assert "Charged for earlier days: $20.00." in spent[400]
    assert "Credited: $10.00." in spent[430]
    plan = digest_chart(digest(standing=began)).plan_nanos
    assert plan[:6] == (None,) * 6, "the budget began on the 15th"
    assert all(plan[6:])


@pytest.mark.parametrize(
    ("shown", "in_form", "left", "would_have"),
    [
        (NONE, "Search has spent $25.00 since 1 Nov.", "no budget now", 750),
        (ZERO, "The budget of Search is $0 until 30 Nov; it has spent $25.00.", "-$25.00 available of $0.00", 725),
    ],
)
def test_a_request_says_what_the_team_has(shown: Standing, in_form: str, left: str, would_have: int) -> None:
    team: Team = shown.team
    form = ask_form(figures(standing=shown), TypedAsk(), metadata="{}")
    card = approval_card(pending(team), standing=shown, deciders=(), by_finance=False)

    assert in_form in all_text(form)
    assert f"Search has {left} and would have ${would_have}.00." in card.text


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (ZERO, "Search has a budget of $0 and spent $25.00."),
        (
            replace(HANDED, balance=replace(HANDED.balance, charged_nanos=dollars(3))),
            "Search handed its budget to its teams and spent $3.00.",
        ),
        (
            standing(allocated=500, charged=600, handed=11_500),
            "Search has used up its budget (the $500 that its teams did not get).",
        ),
        (standing(charged=12_000), "Search has used up its budget."),
    ],
)
def test_an_alert_says_what_is_spent_of_what_the_team_kept(shown: Standing, said: str) -> None:
    assert threshold_message(shown, FULL_PERCENT, alert_id=1, command=COMMAND, answered=None).text.startswith(said)


def test_an_alert_ends_where_the_budget_is_taken_away() -> None:
    recorded = RecordedThreshold(percent=100, allocated_nanos=dollars(20), by_holds=False, has_ended=False)

    assert is_threshold_resolved(NONE, recorded)
    assert not is_threshold_resolved(ZERO, recorded)
    message = threshold_resolved_message(NONE, 100, alert_id=1, because="")
    assert message.text == (
        "Search has no budget now, so its alert at 100% has ended. Search has spent $25.00 since 1 Nov."
    )
