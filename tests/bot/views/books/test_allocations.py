"""The form that hands out budget, its messages, and `/tokens budget`, with the longest and oddest names."""

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.books.allocations import Allocator, Spend, TeamShare
from bot.books.grant_ends import TypedEnd
from bot.books.grants import Grant
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.set_budgets import SetBudget
from bot.org.teams import Team
from bot.periods import DAY_MICROS, Period
from bot.views.books.allocations import (
    Allocated,
    FormState,
    allocated_message,
    allocation_form,
    allocation_receipt,
    changed_note,
    which_team_message,
)
from bot.views.books.grants import GrantLine, end_words, grant_ended_message, grant_words, without_end_button
from bot.views.books.team_budgets import team_budget_message
from tests.bot.views.examples import ACME, BEN, CHLOE, COMMAND, HOSTILE_TEAM, PERIOD, SEARCH, TODAY, balance, dollars
from tests.bot.views.surfaces import all_text, buttons, elements, obeys, posted

PRODUCT = replace(SEARCH, id=2, slug="product", name="Product", parent_id=1, budget_nanos=dollars(100_000))
ADS = replace(SEARCH, id=4, slug="ads", name="فريق الإعلانات والنمو", budget_nanos=None)
LONGEST = replace(SEARCH, id=5, slug="longest", name="Ж" * 80, budget_nanos=MAX_AMOUNT_NANOS)


def share(team: Team, *, charged: float = 340.5, handed: float = 0, is_visible: bool = True) -> TeamShare:
    budget = team.budget_nanos or 0
    own = replace(
        balance(budget / NANOS - handed, charged, 0),
        handed_nanos=dollars(handed),
        base_nanos=budget,
        budget="none" if team.budget_nanos is None else "set",
    )
    spend = Spend(spent_nanos=dollars(charged), forecast_nanos=dollars(charged * 1.3)) if is_visible else None
    return TeamShare(team=team, balance=own, handed_base_nanos=dollars(handed), spend=spend)


SHARES = (
    share(SEARCH),
    share(ADS),
    share(LONGEST, handed=1_000_000),
    share(replace(HOSTILE_TEAM, id=6), is_visible=False),
)


def allocator(*shares: TeamShare, team: Team = PRODUCT, base: float | None = 100_000) -> Allocator:
    own = replace(balance(76_000, 240.25, 500), handed_nanos=dollars(24_000), base_nanos=dollars(100_000))
    return Allocator(
        team=team,
        period=PERIOD,
        balance=own,
        shares=shares or SHARES,
        kind="month",
        base_nanos=None if base is None else dollars(base),
        spend=Spend(spent_nanos=dollars(12_240), forecast_nanos=dollars(15_000)),
    )


def state(end: TypedEnd | None = None, **facts: Any) -> FormState:
    return replace(FormState(page=0, revision=0, typed={}, end=end or TypedEnd(kind="open")), **facts)


def form(found: Allocator, shown: FormState, *, pages: int = 1) -> dict[str, Any]:
    view = allocation_form(found, found.shares, shown, pages=pages, metadata="{}")
    obeys(view)
    return view


def grant(**facts: Any) -> Grant:
    given = Grant(
        id=7,
        team_id=SEARCH.id,
        payer_id=PRODUCT.id,
        period=PERIOD.name,
        amount_nanos=dollars(500),
        used_nanos=0,
        level_nanos=0,
        ends_at=(TODAY + 4) * DAY_MICROS,
        ends_at_spent_nanos=None,
        given_by=2,
        given_at=TODAY * DAY_MICROS,
        state="active",
        ended_at=None,
        ended_level_nanos=None,
        returned_nanos=0,
    )
    return replace(given, **facts)


def grant_line(*, grant_id: int = 7, may_end: bool = True, payer: Team = PRODUCT) -> GrantLine:
    found = grant(id=grant_id)
    words = grant_words(found, used_nanos=dollars(120), zone="UTC", today=TODAY)
    return GrantLine(grant=found, words=words, payer=payer, may_end=may_end)


def test_the_form_shows_each_team_and_what_is_left(snapshot: SnapshotAssertion) -> None:
    view = form(allocator(), state())

    words = all_text(view)
    assert "*$75,259.75 is left to hand out.*" in words
    assert "Spent $340.50 · forecast $443 by 30 Nov" in words
    assert "No budget yet" in words
    assert view == snapshot


def test_the_form_keeps_what_was_typed_and_says_what_changed(snapshot: SnapshotAssertion) -> None:
    by_ben = replace(SEARCH, set_budget=SetBudget(amount_nanos=1, set_by=2, set_at=3, file_nanos=None))
    note = changed_note([share(by_ben)], by_mentions=[BEN])
    typed = {SEARCH.id: "<!channel>", ADS.id: "2k"}
    end = TypedEnd(kind="date", day="2026-12-24")
    view = form(allocator(), state(end, typed=typed, note=note, page=1, revision=3), pages=3)

    found = {element.get("initial_value") for element in elements(view)}
    assert {"<!channel>", "2k"} <= found
    assert buttons(view) == ["Page 1 of 3", "Page 3 of 3"]
    assert f"*{BEN} changed Search to $12,000.00 meanwhile, so nothing was saved." in all_text(view)
    assert view == snapshot


def test_a_full_page_of_the_longest_names_is_a_form() -> None:
    shares = tuple(share(replace(LONGEST, id=100 + n), handed=900_000) for n in range(25))
    view = form(allocator(*shares), state(note="x" * 300), pages=9)

    assert len(view["blocks"]) <= 100
    assert len([element for element in elements(view) if element["action_id"] == "amount"]) == 25


def test_an_organisation_without_declared_funding_says_what_it_hands_out() -> None:
    view = form(allocator(team=ACME, base=None), state())

    assert "declares no funding: it is what its teams get" in all_text(view)
    assert "left to hand out" not in all_text(view)


@pytest.mark.parametrize("after", [12_000, 0])
def test_a_team_hears_of_its_budget(after: int, snapshot: SnapshotAssertion) -> None:
    change = Allocated(share=share(SEARCH), before_nanos=dollars(10_000), after_nanos=dollars(after))
    message = posted(allocated_message(change, allocator(), by_mention=BEN, managers=[CHLOE], key="allocation-3"))

    assert f"{BEN} set the budget of Search: ${after:,}.00 each month from November 2026 on" in str(message["text"])
    assert ("budget of $0" in str(message["text"])) == (after == 0)
    assert message == snapshot


def test_a_team_hears_of_a_grant_and_of_its_end(snapshot: SnapshotAssertion) -> None:
    change = Allocated(share=share(ADS), before_nanos=None, after_nanos=dollars(500), grant=grant())
    message = posted(allocated_message(change, allocator(), by_mention=BEN, managers=[], key="allocation-4"))
    over = posted(grant_ended_message(ADS, grant(state="ended", returned_nanos=dollars(120)), payer=HOSTILE_TEAM))

    assert "$500.00 more until 26 Nov." in str(message["text"])
    assert "$120.00 of it was unspent and went back to" in str(over["text"])
    early = posted(grant_ended_message(ADS, grant(state="ended"), payer=HOSTILE_TEAM, by_mention=BEN))
    assert f"{BEN} ended the grant of $500.00 to" in str(early["text"])
    assert buttons(message) == ["End grant"]
    assert {"given": message, "ended": over, "early": early} == snapshot


def test_the_button_leaves_a_message_whose_grant_has_ended() -> None:
    change = Allocated(share=share(ADS), before_nanos=None, after_nanos=dollars(500), grant=grant())
    message = allocated_message(change, allocator(), by_mention=BEN, managers=[CHLOE], key="allocation-4")

    assert buttons(posted(without_end_button(message))) == []
    assert len(without_end_button(message).blocks) == len(message.blocks) - 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "until 26 Nov"),
        ({"ends_at": (TODAY + 60) * DAY_MICROS}, "until 21 Jan 2027"),
        ({"ends_at": None, "ends_at_spent_nanos": dollars(300)}, "until $300.00 of it is spent"),
        ({"ends_at_spent_nanos": dollars(300)}, "until 26 Nov or until $300.00 of it is spent"),
    ],
)
def test_an_end_in_words(facts: dict[str, Any], words: str) -> None:
    assert end_words(grant(**facts), zone="UTC", today=TODAY) == words


def test_an_end_within_a_day_names_the_hour() -> None:
    assert "at 12:00 UTC" in end_words(grant(ends_at=TODAY * DAY_MICROS + DAY_MICROS // 2), zone="UTC", today=TODAY)


def test_a_grant_in_words() -> None:
    words = grant_words(grant(), used_nanos=dollars(120), zone="UTC", today=TODAY)

    assert words == "$500.00 of the budget is until 26 Nov; $120.00 of that is used."


def test_the_receipt_lists_changes_and_cuts_a_long_list(snapshot: SnapshotAssertion) -> None:
    changes = [
        Allocated(share=share(replace(LONGEST, id=100 + n)), before_nanos=None, after_nanos=MAX_AMOUNT_NANOS)
        for n in range(40)
    ]
    message = posted(allocation_receipt(changes, allocator(), key="allocated-2"))

    assert "and 25 more teams" in all_text(message)
    assert message == snapshot


def test_the_budget_of_a_department(snapshot: SnapshotAssertion) -> None:
    by_ben = replace(PRODUCT, set_budget=SetBudget(amount_nanos=dollars(100_000), set_by=2, set_at=3, file_nanos=None))
    message = posted(
        team_budget_message(
            allocator(team=by_ben),
            set_by=BEN,
            grants=[grant_line(), grant_line(grant_id=8, may_end=False)],
            may_hand_out=True,
        )
    )

    assert "Product has $75,259.75 available of $100,000.00 in November 2026." in str(message["text"])
    assert f"{BEN} set it to $100,000.00 each month in Slack." in all_text(message)
    assert "Figures of 1 team are for their members and managers." in all_text(message)
    assert buttons(message) == ["End grant", "Hand out budget", "Request budget"]
    assert message == snapshot


def test_a_budget_of_many_teams_fits_into_a_message() -> None:
    shares = tuple(share(replace(LONGEST, id=100 + n)) for n in range(200))
    many = [grant_line(grant_id=n, payer=LONGEST) for n in range(30)]
    message = posted(team_budget_message(allocator(*shares), set_by="", grants=many, may_hand_out=False))

    assert "150 more teams have smaller budgets." in all_text(message)
    assert "20 more grants end later." in all_text(message)
    assert buttons(message)[:10] == ["End grant"] * 10


def test_the_organisations_budget_and_one_without_teams(snapshot: SnapshotAssertion) -> None:
    company = posted(team_budget_message(allocator(team=ACME), set_by="", grants=(), may_hand_out=True))
    leaf = replace(allocator(team=SEARCH), shares=(), balance=balance(12_000, 13_000))
    alone = posted(team_budget_message(leaf, set_by="", grants=(), may_hand_out=True))

    assert buttons(company) == ["Hand out budget"]
    assert "Search is $1,000.00 over the budget that it keeps" in str(alone["text"])
    assert buttons(alone) == ["Request budget"]
    assert {"company": company, "alone": alone} == snapshot


def test_the_choice_among_departments() -> None:
    teams = [replace(LONGEST, id=100 + n) for n in range(40)]
    message = posted(which_team_message(teams, COMMAND))

    assert "and 25 more: type `/tokens allocate`" in all_text(message)
    assert len(buttons(message)) == 15


def test_a_quarter_is_called_a_quarter() -> None:
    quarter = Period(name="FY2027-Q1", first_day=PERIOD.first_day, end_day=PERIOD.first_day + 90)
    view = form(replace(allocator(), kind="quarter", period=quarter), state(TypedEnd(kind="period")))

    assert "This quarter only" in all_text(view)
    assert "month" not in all_text(view)
