"""The answer to `/tokens` in every state of a team's budget."""

from dataclasses import replace
from datetime import date

from syrupy.assertion import SnapshotAssertion

from bot.alerting.alerts import DataGap
from bot.books.budgets import Standing
from bot.books.ledger import BudgetState
from bot.books.subtrees import SubtreeFigures
from bot.org.teams import Team
from bot.periods import day_number
from bot.views.books.standings import (
    no_team_message,
    not_your_team_message,
    preview_message,
    standing_message,
    standing_text,
)
from bot.views.charts import without_chart
from bot.views.detection.data_gaps import gaps_words
from tests.bot.views.company_examples import many_standings
from tests.bot.views.examples import (
    ACME,
    BEN,
    COMMAND,
    HOSTILE_TEAM,
    HOSTILE_TOOLS,
    SEARCH,
    TODAY,
    TOOLS,
    balance,
    dollars,
    standing,
)
from tests.bot.views.surfaces import all_text, buttons, posted


def shown(team_standing: Standing, *, pending: int = 0, shared_by: str | None = None) -> dict[str, object]:
    message = standing_message(
        team_standing, tools=TOOLS, command=COMMAND, pending=pending, shared_by=shared_by, may_share=shared_by is None
    )
    return posted(message)


def test_a_team_within_its_budget(snapshot: SnapshotAssertion) -> None:
    message = shown(standing(), pending=1)

    assert str(message["text"]).startswith("Search has $2,600 left of $12,000 until 30 Nov. Spent $9,400.00 (78%).")
    assert buttons(message) == ["Request budget", "Share to channel"]
    assert message == snapshot


def test_a_team_over_its_budget(snapshot: SnapshotAssertion) -> None:
    message = shown(standing(charged=12_188.4, held=0))

    assert str(message["text"]).startswith("Search is $188 over its budget of $12,000 until 30 Nov.")
    assert message == snapshot


def test_a_held_amount_is_not_available() -> None:
    text = standing_text(standing(charged=11_000, held=1_000))

    assert text.startswith("Search has nothing left of $12,000 until 30 Nov: $1,000 of it is held.")


def test_a_team_that_runs_out_before_the_period_ends_reads_the_day() -> None:
    text = standing_text(standing(charged=11_000))

    assert "The budget runs out on Wed 25 Nov." in text


def test_a_team_without_a_budget(snapshot: SnapshotAssertion) -> None:
    message = shown(standing(replace(SEARCH, budget_nanos=None), allocated=0, budget="none"))

    assert "No budget is declared for it, so nothing is denied. Finance declares one in teams.yml" in all_text(message)
    assert message == snapshot


def test_a_budget_that_starts_later_is_announced_with_its_day() -> None:
    later = replace(SEARCH, starts_day=day_number(date(2027, 1, 1)))

    text = standing_text(standing(later, allocated=0, budget="later"))

    assert "Its budget of $12,000 begins on 1 January 2027. Until then nothing is denied for it." in text


def test_a_budget_of_nothing_is_told_from_none() -> None:
    zero = replace(SEARCH, budget_nanos=0)

    assert standing_text(standing(zero, allocated=0, is_idle=True)).startswith(
        "The budget of Search is $0 until 30 Nov."
    )
    text = standing_text(standing(zero, allocated=0, charged=25))
    assert text.startswith("The budget of Search is $0 until 30 Nov; it has spent $25.00. Spent $25.00.")
    assert "declared" not in text


def test_a_parent_that_handed_its_whole_budget_down_has_not_used_it() -> None:
    text = standing_text(standing(allocated=0, charged=0, handed=12_000))

    assert text.startswith("Search handed its whole budget of $12,000 until 30 Nov to its teams.")
    kept = standing_text(standing(allocated=500, charged=600, handed=11_500))
    assert kept.startswith("Search is $100 over its budget of $500 until 30 Nov; its teams got $11,500.")


def test_spend_before_a_budgets_first_day_is_said_apart() -> None:
    began = replace(
        standing(charged=30), balance=replace(balance(100, 30), uncounted_nanos=dollars(80), since_day=TODAY)
    )
    message = shown(began)

    assert "The budget began on 23 Nov: $80.00 spent before does not count." in all_text(message)
    assert "does not count" in str(message["text"])


def test_a_team_that_used_nothing(snapshot: SnapshotAssertion) -> None:
    message = posted(standing_message(standing(is_idle=True), tools=(), command=COMMAND, pending=0, may_share=True))

    assert "Nothing was spent in the last 14 days." in all_text(message)
    assert message == snapshot


def test_announce_shows_figures_and_no_budget(snapshot: SnapshotAssertion) -> None:
    message = shown(standing(replace(SEARCH, mode="announce")))

    assert "budget" not in all_text(message).lower()
    assert buttons(message) == ["Share to channel"]
    assert message == snapshot


def test_preview_is_for_finance_and_is_not_shared() -> None:
    message = shown(standing(replace(SEARCH, mode="preview")))

    assert buttons(message) == []
    assert "Preview: only finance sees this." in all_text(message)


def test_the_organisation_shows_what_no_team_was_given(snapshot: SnapshotAssertion) -> None:
    message = shown(standing(ACME, allocated=250_000, charged=310))

    assert str(message["text"]).startswith("Acme has $249,690 until 30 Nov that no team was given.")
    assert buttons(message) == []
    assert message == snapshot


def test_a_shared_standing_names_who_shared_it_and_can_not_be_shared_again() -> None:
    message = shown(standing(), shared_by=BEN)

    assert buttons(message) == ["Request budget"]
    assert f"Shared by {BEN}." in all_text(message)


def test_names_are_cut_and_escaped(snapshot: SnapshotAssertion) -> None:
    message = posted(
        standing_message(standing(HOSTILE_TEAM), tools=HOSTILE_TOOLS, command=COMMAND, pending=0, may_share=True)
    )

    assert "&lt;!channel&gt; &amp; &lt;@U0BEN0001&gt;" in message["text"]
    assert message == snapshot


def test_without_its_chart_the_figures_are_a_table(snapshot: SnapshotAssertion) -> None:
    message = posted(
        without_chart(
            standing_message(standing(budget="none"), tools=TOOLS, command=COMMAND, pending=0, may_share=True)
        )
    )

    assert "data_visualization" not in {block["type"] for block in message["blocks"]}
    assert "$772.90" not in all_text(message)
    assert "$773.14" in all_text(message)
    assert message == snapshot


def test_a_correction_below_zero_keeps_its_sign_in_the_table() -> None:
    stands = standing(budget="none")
    below = replace(stands, spent_by_day=((stands.today - 1, dollars(30)), (stands.today, -dollars(12.5))))
    message = without_chart(standing_message(below, tools=(), command=COMMAND, pending=0, may_share=True))

    assert "-$12.50" in all_text(posted(message))


def test_a_channel_of_no_team(snapshot: SnapshotAssertion) -> None:
    assert posted(no_team_message((), COMMAND)) == snapshot


def test_forty_teams_to_choose_from(snapshot: SnapshotAssertion) -> None:
    message = posted(no_team_message([s.team for s in many_standings(40)], COMMAND))

    assert len(buttons(message)) == 15
    assert "and 25 more" in message["text"]
    assert message == snapshot


def test_preview_and_other_teams_name_who_may_see_them(snapshot: SnapshotAssertion) -> None:
    assert [posted(preview_message(COMMAND)), posted(not_your_team_message(HOSTILE_TEAM))] == snapshot


def test_gaps_in_the_data_are_listed_newest_first(snapshot: SnapshotAssertion) -> None:
    gaps = [DataGap(source=f"gateway-{n}", from_hour=493_000 + n, end_hour=493_004 + n) for n in range(4)]
    gaps.append(DataGap(source="<!channel>", from_hour=493_100, end_hour=None))
    note = gaps_words(gaps, zone=standing().zone)
    message = posted(
        standing_message(standing(), tools=TOOLS, command=COMMAND, pending=0, gaps_note=note, may_share=True)
    )

    assert "No data from gateway-3 between Sun " in message["text"]
    assert "No data from &lt;!channel&gt; since Thu " in message["text"]
    assert "(and 2 earlier gaps): the figures lack what was used then." in message["text"]
    assert message == snapshot


def with_teams(team: Team = SEARCH, *, allocated: float = 20_000, budget: BudgetState = "set") -> Standing:
    below = SubtreeFigures(
        teams=4,
        allocated_nanos=dollars(allocated),
        charged_nanos=dollars(11_000),
        held_nanos=dollars(250),
        available_nanos=dollars(8_750),
    )
    return replace(standing(team, handed=8_000, budget=budget), subtree=below)


def test_a_team_with_teams_shows_its_own_figures_apart_from_theirs(snapshot: SnapshotAssertion) -> None:
    message = shown(with_teams())

    assert "*Own spend*\n$9,400.00 (78% of budget)" in all_text(message)
    assert "*With its 4 teams*\n$11,000.00 spent, $8,750.00 left" in all_text(message)
    assert "With its 4 teams: $11,000.00 spent, $8,750.00 left." in str(message["text"])
    assert message == snapshot
    assert "With its" not in all_text(shown(standing()))


def test_a_mode_without_budgets_and_teams_without_one_have_no_amount_left() -> None:
    for shown_standing in (with_teams(replace(SEARCH, mode="announce")), with_teams(allocated=0, budget="none")):
        message = shown(shown_standing)

        assert "*With its 4 teams*\n$11,000.00 spent" in all_text(message)
        assert "8,750" not in all_text(message)
