"""Answers to typed questions, with normal and longest texts; their text alone has the same numbers."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.alerting.budget_facts import ThresholdFacts
from bot.alerting.part_alerts import PartFacts
from bot.periods import Calendar, micros, period_of
from bot.reporting.asking.spends import PartSpend, SpendAnswer, TeamPart
from bot.reporting.figures import Spend, spend_of_shares
from bot.reporting.spans import SpanKind, month_span, span_of
from bot.views.reporting.asking import alerts, exports, forecasts, needs, spends
from tests.bot.views.examples import (
    ACME,
    ANNA,
    COMMAND,
    HOSTILE,
    HOSTILE_TEAM,
    HOSTILE_TOOLS,
    NOW,
    PERIOD,
    SEARCH,
    TODAY,
    TOOLS,
    balance,
    dollars,
    share,
    standing,
)
from tests.bot.views.surfaces import all_text, buttons, posted

MODELS = (share("claude-opus-4-5", 2_000, 1_500), share("gpt-5", 1_370.67, 1_356.50))
OCTOBER = month_span(PERIOD.first_day - 1, zone="Europe/London")


def spend(kind: SpanKind = "7d", *, first_day: int | None = None) -> Spend:
    days = span_of(kind, today=TODAY, period=PERIOD, calendar=Calendar(), zone="Europe/London")
    shares = [replace(one, calls=100) for one in TOOLS]
    return spend_of_shares(days, shares, first_day=first_day)


def in_october() -> SpendAnswer:
    return SpendAnswer(
        team=SEARCH,
        spend=replace(spend(), span=OCTOBER),
        tools=TOOLS,
        models=MODELS,
        workflows=(share("", 3_371, 2_857),),
        balance=balance(12_000, 3_371),
        period=period_of(OCTOBER.first_day),
    )


def test_a_month_that_is_over_has_its_change_parts_and_budget(snapshot: SnapshotAssertion) -> None:
    message = posted(spends.spend_message(in_october()))

    assert str(message["text"]).startswith(
        "Search spent $3,371 in October 2026, 18% more than September 2026. "
        "Own budget: $3,371.00 of $12,000.00 used (28%) in October 2026."
    )
    assert "1–31 Oct, in London time." in all_text(message)
    assert "Workflows" not in all_text(message), "usage without workflows has none to show"
    assert message == snapshot


def test_a_department_lists_its_teams_and_its_own_usage(snapshot: SnapshotAssertion) -> None:
    product = replace(SEARCH, id=2, name="Product")
    teams = [TeamPart(SEARCH, dollars(3_000), dollars(2_000)), TeamPart(product, dollars(371), dollars(857))]
    others = [TeamPart(replace(HOSTILE_TEAM, id=n), 0, dollars(1)) for n in range(50, 60)]
    answer = replace(in_october(), team=product, teams_below=11, by_team=(*teams, *others), balance=None)
    message = posted(spends.spend_message(answer))

    assert "Teams: Search: $3,000.00 (89%), +$1,000.00; Product itself: $371.00 (11%), -$486.00;" in message["text"]
    assert "4 others: $0.00" in message["text"]
    assert message == snapshot


def test_a_department_names_how_many_teams_its_figures_include() -> None:
    answer = replace(in_october(), teams_below=4, balance=None)

    assert spends.spend_message(answer).text.startswith("Search with its 4 teams spent $3,371 in October 2026")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("today", "today so far"),
        ("this_week", "this week so far"),
        ("last_week", "last week"),
        ("month", "in November 2026 so far"),
        ("30d", "in the last 30 full days"),
    ],
)
def test_each_span_has_its_words(kind: SpanKind, said: str) -> None:
    message = spends.spend_message(replace(in_october(), spend=spend(kind), balance=None))

    assert f"Search spent $3,371 {said}" in message.text
    assert ("Today so far is included." in all_text(posted(message))) == (kind in ("today", "this_week", "month"))


def test_incomplete_days_before_and_unpriced_usage_are_said(snapshot: SnapshotAssertion) -> None:
    some = replace(spend(first_day=TODAY - 9), unpriced_calls=3, unpriced_tokens=9_000_000)
    message = posted(spends.spend_message(replace(in_october(), spend=some, balance=None)))

    assert "no full comparison yet" in message["text"]
    assert "No price yet: 3 calls, 9M tokens." in message["text"]
    assert message == snapshot


def test_nothing_used_and_nothing_priced() -> None:
    idle = spends.spend_message(replace(in_october(), spend=spend_of_shares(OCTOBER, ()), balance=None))
    unpriced = replace(spend(), cost_nanos=0, before_nanos=0, unpriced_calls=400, unpriced_tokens=9_000_000)
    message = spends.spend_message(
        replace(in_october(), spend=unpriced, tools=(), models=(), workflows=(), balance=None)
    )

    assert idle.text == "Search used nothing in October 2026, and nothing in September 2026."
    assert "all with no price yet" in message.text
    assert "$0.00" not in all_text(posted(message)).replace("$0.00", "", 1)


def test_the_rest_of_a_list_without_a_price_is_not_free() -> None:
    unpriced = [replace(share(f"w{n}", 0), calls=1, unpriced_calls=1, unpriced_tokens=9) for n in range(5)]
    message = spends.spend_message(replace(in_october(), workflows=(*MODELS, *unpriced), balance=None))

    assert "4 others: no price yet" in message.text


def test_the_longest_names_fit(snapshot: SnapshotAssertion) -> None:
    answer = replace(
        in_october(), team=HOSTILE_TEAM, tools=HOSTILE_TOOLS, models=HOSTILE_TOOLS, workflows=HOSTILE_TOOLS
    )

    assert posted(spends.spend_message(answer)) == snapshot


def test_a_word_that_names_a_tool_and_models_shows_each_for_itself(snapshot: SnapshotAssertion) -> None:
    models = (replace(MODELS[0], calls=10), replace(share("claude-sonnet-4-5", 10, 20), calls=9))
    parts = [
        PartSpend(kind="tool", shares=(replace(TOOLS[0], calls=50),)),
        PartSpend(kind="model", shares=models),
    ]
    message = posted(spends.part_message(SEARCH, typed="claude", spend=spend(), parts=parts, teams_below=0))

    assert (
        "Search spent $2,613 on the tool Claude Code in the last 7 full days, 78% of its spend: 42% more"
        in message["text"]
    )
    assert "on 2 models with “claude”" in message["text"]
    assert "the same calls seen from several sides" in all_text(message)
    assert message == snapshot


def test_a_part_without_usage_in_these_days() -> None:
    parts = [PartSpend(kind="tool", shares=())]
    message = spends.part_message(SEARCH, typed="codex", spend=spend(), parts=parts, teams_below=0)

    assert message.text == "Search used nothing called “codex” in the last 7 full days, nor in the 7 days before."


def test_keys_and_those_of_no_team(snapshot: SnapshotAssertion) -> None:
    keys = tuple(replace(share(name, cost, cost), calls=5) for name, cost in (("key-12", 300), ("ci-4", 20), ("", 3)))
    loose = [needs.UnassignedKey(series_id=8, name="ci-9", calls=12, cost_nanos=dollars(44))]
    message = posted(
        spends.keys_message(SEARCH, spend=spend(), shares=keys, teams_below=0, unassigned=loose, may_claim=True)
    )

    assert "Search spent $320 with 2 keys in the last 7 full days. key-12: $300.00" in message["text"]
    assert "no key named: $3.00" in message["text"]
    assert "1 key belongs to no team: $44.00 in the last 30 days: ci-9: $44.00, 12 calls." in message["text"]
    assert buttons(message) == ["Claim"]
    assert message == snapshot


def test_who_may_not_claim_gets_no_button() -> None:
    loose = [needs.UnassignedKey(series_id=8, name=HOSTILE, calls=1, cost_nanos=dollars(44))]
    message = posted(spends.keys_message(ACME, spend=spend(), shares=(), teams_below=0, unassigned=loose))

    assert buttons(message) == []


def test_a_forecast_with_its_range(snapshot: SnapshotAssertion) -> None:
    message = posted(forecasts.forecast_message(standing(charged=10_900), may_request=True))

    assert "Search comes to $" in message["text"]
    assert "Runs out at the usual pace: " in message["text"]
    assert buttons(message) == ["Request budget"]
    assert message == snapshot
    assert buttons(posted(forecasts.forecast_message(standing(charged=10_900), may_request=False))) == []


def test_there_is_no_forecast_of_a_team_that_spends_nothing() -> None:
    assert "No forecast for Search." in forecasts.forecast_message(standing(is_idle=True), may_request=True).text


def test_usage_without_a_price_is_why_there_is_no_forecast() -> None:
    unpriced = replace(standing(charged=0, is_idle=True), unpriced_by_day=((TODAY, 1_400_000),))
    message = forecasts.forecast_message(unpriced, may_request=True)

    assert message.text == "Search used 1.4M tokens with no price yet, so there is no forecast."


def alert(number: int, *, closed_at: int | None = None, answer: str | None = None) -> alerts.ListedAlert:
    facts = PartFacts(
        kind="workflow",
        pattern=HOSTILE,
        percent=80,
        amount_nanos=dollars(50),
        spent_nanos=dollars(41),
        period="2026-11",
    )
    at = micros(NOW)
    return alerts.ListedAlert(
        alert_id=number,
        facts=ThresholdFacts(percent=80) if number % 2 else facts,
        opened_at=at,
        closed_at=closed_at,
        answer=answer,
    )


def test_alerts_with_their_answers(snapshot: SnapshotAssertion) -> None:
    listed = [alert(1, answer=f"{ANNA} is on it"), alert(2), alert(3, closed_at=micros(NOW))]
    message = posted(
        alerts.alerts_message(SEARCH, listed, running=2, ended=1, days_words="in the last 30 days", zone="UTC")
    )

    assert "Search: 2 alerts running, 1 alert ended in the last 30 days." in message["text"]
    assert "Budget: 80% used, since" in message["text"]
    assert "No answer yet" in message["text"]
    assert message == snapshot


def test_many_alerts_are_cut_and_none_is_said() -> None:
    many = [alert(number) for number in range(12)]
    message = posted(
        alerts.alerts_message(HOSTILE_TEAM, many, running=40, ended=3, days_words="today so far", zone="UTC")
    )
    none = alerts.alerts_message(SEARCH, [], running=0, ended=0, days_words="last week", zone="UTC")

    assert "And 31 older alerts." in message["text"]
    assert none.text == "No alert of Search runs, and none was posted last week."


def test_an_export_says_which_files_there_are(snapshot: SnapshotAssertion) -> None:
    message = posted(exports.export_message(SEARCH, "2026-10", account_id=7, is_operator=True, command=COMMAND))
    others = exports.export_message(SEARCH, "2026-10", account_id=7, is_operator=False, command=COMMAND)

    assert buttons(message) == ["Send CSV", "Send PDF"]
    assert "tokens export usage --period 2026-10" in message["text"]
    assert "--period" not in others.text
    assert message == snapshot


def test_without_bookings_there_is_nothing_to_export() -> None:
    message = posted(exports.export_message(SEARCH, "2026-10", account_id=None, is_operator=True, command=COMMAND))

    assert message["text"] == "Nothing is booked for Search, October 2026, so there is nothing to export."
    assert buttons(message) == []


def test_what_needs_an_admin(snapshot: SnapshotAssertion) -> None:
    keys = [needs.UnassignedKey(series_id=n, name=f"{n} {HOSTILE}", calls=n, cost_nanos=dollars(n)) for n in range(9)]
    message = posted(needs.needs_message(keys, broken=[HOSTILE_TEAM] * 7, silent=1, lost=2, command=COMMAND))

    assert "7 channels can't be posted to" in message["text"]
    assert "1 source is silent." in message["text"]
    assert buttons(message) == ["Claim"] * 5
    assert message == snapshot
    nothing = needs.needs_message([], broken=[], silent=0, lost=0, command=COMMAND)
    assert nothing.text.startswith("Nothing needs an admin now.")
