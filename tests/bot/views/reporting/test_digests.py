"""The Monday digest: headline, drivers, budget, tools, next steps, and chart."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.alerting.alerts import DataGap
from bot.charts.render import render
from bot.charts.values import decode
from bot.reporting.digests import Driver, WaitingAsk
from bot.views.reporting.digests import digest_chart, digest_message
from bot.views.wording import change_words
from tests.bot.views.examples import (
    COMMAND,
    HOSTILE,
    HOSTILE_TEAM,
    HOSTILE_TOOLS,
    NO_MIX,
    SEARCH,
    digest,
    dollars,
    share,
    standing,
    week_spend,
)
from tests.bot.views.surfaces import all_text, buttons, posted


def test_a_week_that_cost_more(snapshot: SnapshotAssertion) -> None:
    message = posted(digest_message(digest(), command=COMMAND))

    assert message["text"].startswith("Search spent $3,371 last week, 18% more than the week before.")
    assert "• workflow nightly-evals +$720.00, to $1,260.00" in all_text(message)
    assert "model claude-opus-4-5 +$310.00, to $310.00, new" in all_text(message)
    assert buttons(message) == ["Request budget", "Details"]
    assert message == snapshot


def test_it_compares_the_cost_per_token_of_both_kinds_of_tools() -> None:
    message = all_text(posted(digest_message(digest(), command=COMMAND)))

    assert (
        "In-house: $72.90 (2%) for 160M tokens (14%), $0.45 per million tokens; -$7.10 against the week before."
        in message
    )
    assert (
        "Third-party: $3,297.77 (98%) for 1.03B tokens (86%), $3.24 per million tokens (9M unpriced tokens excluded); "
        "+$521.27 against the week before."
    ) in message


def test_it_lists_next_steps(snapshot: SnapshotAssertion) -> None:
    busy = digest(
        standing=standing(charged=12_400), open_requests=2, week=replace(digest().week, unpriced_calls=1), alerts=3
    )
    message = posted(digest_message(busy, command=COMMAND))

    for hint in (
        "Nothing is left of the budget: request more, or stop what can wait.",
        "2 requests are waiting for a decision.",
        "1 call has no known price",
        "There were 3 alerts in the week",
        "Most of the increase is nightly-evals: was it planned?",
    ):
        assert hint in message["text"]
    assert message == snapshot


def test_what_waits_is_said_once(snapshot: SnapshotAssertion) -> None:
    asks = tuple(WaitingAsk(mention, dollars(750), n) for n, mention in enumerate(("<@U0ANNA001>", "<@U0EMI0001>"), 1))
    times = "Median time to decide: 40 working minutes (12 decisions in 30 days), 75% within 15 working minutes."
    message = posted(digest_message(digest(open_requests=2, waiting=asks, decision_times=times), command=COMMAND))

    assert "waiting for a decision" not in all_text(message)
    assert all_text(message).count("asks for $750.00") == 2
    assert "All that waits" in buttons(message)
    assert message == snapshot


def test_a_week_without_usage(snapshot: SnapshotAssertion) -> None:
    quiet = digest(
        standing=standing(is_idle=True),
        week=week_spend(0, 0, calls=0, tokens=0, unpriced_calls=0, unpriced_tokens=0),
        tools=(),
        drivers=(),
        mix=NO_MIX,
        tool_days=(),
        open_requests=0,
    )
    built = digest_message(quiet, command=COMMAND)
    message = posted(built)

    assert message["text"].startswith("Search spent nothing last week, as in the week before.")
    assert built.charts == ()
    assert message == snapshot


def test_announce_mentions_no_budget(snapshot: SnapshotAssertion) -> None:
    told = digest(standing=standing(replace(SEARCH, mode="announce")), open_requests=0)
    message = posted(digest_message(told, command=COMMAND))

    assert "budget" not in all_text(message).lower()
    assert digest_chart(told).budget_line_nanos is None
    assert message == snapshot


def test_hostile_names_and_many_tools(snapshot: SnapshotAssertion) -> None:
    days = digest().chart_days
    hostile = digest(
        standing=standing(HOSTILE_TEAM),
        tools=HOSTILE_TOOLS,
        drivers=tuple(Driver(dimension="model", share=share(f"{n} {HOSTILE}", 90)) for n in range(3)),
        tool_days=tuple((f"{n} {HOSTILE}", (dollars(5),) * len(days)) for n in range(12)),
    )
    message = digest_message(hostile, command=COMMAND)

    assert len(digest_chart(hostile).tools) == 6
    assert posted(message) == snapshot


def test_the_chart_has_its_finding_and_numbers_and_can_be_drawn() -> None:
    built = digest_message(digest(), command=COMMAND)
    chart = digest_chart(digest())

    assert replace(decode(built.charts[0]), alt="") == replace(chart, alt="")
    assert chart.title == "Search spent $3,371 last week, 18% more than the week before"
    assert "16 Nov $486" in built.charts[0]["alt"]
    assert "Last week $3,371: Claude Code $2,528" in built.charts[0]["alt"]
    assert "Week before $2,857: Claude Code $2,142" in built.charts[0]["alt"]
    assert chart.budget_line_nanos == dollars(400)
    assert render(chart).startswith(b"\x89PNG")


def test_changes_are_worded_for_people() -> None:
    def said(now: int, before: int) -> str:
        return change_words(now, before, before="the week before")

    assert said(118, 100) == "18% more than the week before"
    assert said(50, 100) == "50% less than the week before"
    assert said(100, 100) == "the same as the week before"
    assert said(1001, 1000) == "less than 1% more than the week before"
    assert said(1000, 100) == "10 times the week before"
    assert said(100, 0) == "after nothing the week before"


def test_a_digest_lists_missing_hours() -> None:
    gap = DataGap(source="gateway-eu", from_hour=493_000, end_hour=493_004)
    message = posted(digest_message(digest(gaps=(gap,)), command=COMMAND))

    assert "No data from gateway-eu between <!date^" in message["text"]
    assert "the figures lack what was used then." in all_text(message)
