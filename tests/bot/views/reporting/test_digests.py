"""The Monday digest: the finding and its cause, at most five lines, one picture; a quiet week is one line."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.alerting.alerts import DataGap
from bot.charts.render import render
from bot.charts.values import decode
from bot.periods import day_start, hour_of, micros
from bot.reporting.causes.candidates import Cause
from bot.reporting.causes.choosing import WeekChange
from bot.reporting.digests import AnnouncedSpend, Digest, Driver, WaitingAsk
from bot.reporting.mix import ToolKindTotals
from bot.views.reporting.causes import cause_words
from bot.views.reporting.digest_details import week_page
from bot.views.reporting.digests import digest_chart, digest_message
from tests.bot.views.examples import (
    COMMAND,
    HOSTILE,
    HOSTILE_TEAM,
    HOSTILE_TOOLS,
    MONDAY,
    NO_MIX,
    NOW,
    SEARCH,
    digest,
    dollars,
    mix,
    share,
    standing,
)
from tests.bot.views.surfaces import all_text, buttons, obeys, posted

QUIET = WeekChange(kind="quiet", usual_nanos=dollars(3_300))
GAP = DataGap(source="gateway-eu", from_hour=hour_of(micros(NOW)) - 96, end_hour=hour_of(micros(NOW)) - 82)
ASKS = tuple(WaitingAsk(mention, dollars(750), n) for n, mention in enumerate(("<@U0ANNA001>", "<@U0EMI0001>"), 1))


WEEK = digest().week
NO_WEEK = replace(WEEK, cost_nanos=0, before_nanos=0, calls=0, tokens=0, unpriced_calls=0, unpriced_tokens=0)


def lines(message: dict[str, object]) -> list[str]:
    """Returns the labels of the lines below the picture."""
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    found = [b["text"]["text"] for b in blocks if b["block_id"].endswith("-lines")]
    return [line.partition(":*")[0].lstrip("*") for text in found for line in text.splitlines()]


def test_a_week_that_cost_more(snapshot: SnapshotAssertion) -> None:
    message = posted(digest_message(digest(open_requests=0), command=COMMAND))

    assert message["text"].startswith("Search spent $3,371 last week, up 18%: claude-opus-4-5 on nightly-evals.")
    assert lines(message) == ["Drove it", "Budget", "Tools", "To do"]
    assert [b["type"] for b in message["blocks"]] == ["section", "image", "section", "actions"]
    assert buttons(message) == ["Request budget", "Details"]
    assert message == snapshot


def test_a_quiet_week_is_one_line(snapshot: SnapshotAssertion) -> None:
    calm = standing(allocated=60_000)
    spent = replace(WEEK, before_nanos=dollars(3_300), unpriced_calls=0)
    quiet = digest(change=QUIET, standing=calm, week=spent, open_requests=0)
    built = digest_message(quiet, command=COMMAND)

    assert built.charts == ()
    assert built.text == "Search spent $3,371 last week, up 2%: a usual week."
    assert [b["type"] for b in posted(built)["blocks"]] == ["section", "actions"]
    assert posted(built) == snapshot
    swung = digest_message(replace(quiet, week=replace(spent, before_nanos=dollars(2_800))), command=COMMAND)
    assert swung.text == "Search spent $3,371 last week, up 20%, within the usual range."
    back = replace(quiet, week=replace(spent, before_nanos=dollars(1_800)), change=replace(QUIET, kind="usual_again"))
    assert digest_message(back, command=COMMAND).text == "Search spent $3,371 last week, up 87%: back to a usual week."


def test_an_overrun_leads(snapshot: SnapshotAssertion) -> None:
    message = posted(digest_message(digest(standing=standing(charged=12_400), open_requests=0), command=COMMAND))

    assert message["text"].startswith("Search is $400 over its budget of $12,000. It spent $3,371 last week, up 18%: ")
    assert message["text"].count("over its budget") == 1
    assert "To do: Nothing is left of the budget: request more, or stop what can wait." in message["text"]
    assert message == snapshot


def test_a_first_week_is_compared_with_nothing(snapshot: SnapshotAssertion) -> None:
    first = digest(
        week=replace(WEEK, first_day=MONDAY + 2, before_nanos=0),
        change=WeekChange(kind="first", usual_nanos=0),
        drivers=(Driver(dimension="workflow", share=share("nightly-evals", 1_260)),),
        open_requests=0,
    )
    message = posted(digest_message(first, command=COMMAND))

    assert message["text"].startswith("Search spent $3,371 in its first week, from Wed 18 Nov on.")
    assert lines(message) == ["Budget", "Tools", "To do"]
    assert message == snapshot
    second = replace(first, week=replace(WEEK, first_day=MONDAY - 3, before_nanos=dollars(80)))
    assert digest_message(second, command=COMMAND).text.startswith("Search spent $3,371 in its first full week.")


def test_missing_data_comes_before_any_verdict(snapshot: SnapshotAssertion) -> None:
    message = posted(digest_message(digest(gaps=(GAP,), open_requests=0), command=COMMAND))

    assert message["text"].startswith(
        "Search spent at least $3,371 last week: 14 hours of data from gateway-eu are missing."
    )
    assert "No data from gateway-eu between " in message["text"]
    assert "up 18%" not in all_text(message)
    assert "Drove it" not in lines(message)
    assert message == snapshot


def test_parts_without_a_price_are_neither_free_nor_a_saving() -> None:
    none = replace(share("MetaCode", 0, 40), calls=1, unpriced_calls=1, unpriced_tokens=9)
    free = tuple(share(f"flow-{n}", 0) for n in range(6))
    kinds = mix(in_house=ToolKindTotals(cost_nanos=0, before_nanos=0, tokens=9, priced_tokens=0, unpriced_tokens=9))
    built = digest(mix=kinds, models=(none,), workflows=free)
    details = all_text(week_page(built, command=COMMAND))

    assert "; in-house ones have no price yet." in digest_message(built, command=COMMAND).text
    assert "MetaCode: no price yet, 1M tokens\n" in f"{details}\n"
    assert "1 other: $0.00" in details
    week = replace(WEEK, before_nanos=0, before_unpriced_calls=3)
    said = digest_message(digest(week=week), command=COMMAND).text
    assert said.startswith("Search spent $3,371 last week, with no price yet for the week before.")


def test_hours_without_data_from_two_sources_count_once() -> None:
    other = replace(GAP, source="gateway-us", from_hour=GAP.from_hour + 4)
    message = digest_message(digest(gaps=(GAP, other)), command=COMMAND)

    assert "last week: 14 hours of data from gateway-eu and 1 other source are missing." in message.text


def test_a_gap_that_goes_on_counts_until_the_week_ends_and_announced_spend_is_named() -> None:
    end = hour_of(micros(day_start(MONDAY + 7, SEARCH.timezone)))
    going_on = DataGap(source="gateway-eu", from_hour=end - 11, end_hour=None)
    launch = AnnouncedSpend(
        what="launch", first_day=MONDAY, last_day=MONDAY, limit_nanos=None, extra_nanos=dollars(190)
    )
    message = posted(digest_message(digest(gaps=(going_on,), announced=(launch,)), command=COMMAND))

    assert "last week: 11 hours of data from gateway-eu are missing." in message["text"]
    assert "Announced: launch, 16 Nov: $190.00 above the usual." in message["text"]


def test_what_waits_is_one_line_with_a_button_to_the_list(snapshot: SnapshotAssertion) -> None:
    built = digest(open_requests=2, waiting=ASKS)
    message = posted(digest_message(built, command=COMMAND))

    assert lines(message) == ["Drove it", "Budget", "Tools", "To do", "Waiting"]
    assert "Waiting: 2 budget requests, $1,500.00 in all." in message["text"]
    assert "All that waits" in buttons(message)
    assert message == snapshot
    quiet = replace(built, change=QUIET, standing=standing(allocated=60_000), week=replace(WEEK, unpriced_calls=0))
    assert lines(posted(digest_message(quiet, command=COMMAND))) == ["Waiting"]


def test_a_week_without_usage(snapshot: SnapshotAssertion) -> None:
    nothing: dict[str, object] = {
        "tools": (),
        "models": (),
        "workflows": (),
        "drivers": (),
        "mix": NO_MIX,
        "tool_days": (),
    }
    idle = digest(
        standing=standing(is_idle=True),
        change=WeekChange(kind="quiet", usual_nanos=0),
        week=NO_WEEK,
        open_requests=0,
        **nothing,
    )
    built = digest_message(idle, command=COMMAND)

    assert built.text == "Search spent nothing last week, as in the week before."
    assert built.charts == ()
    assert posted(built) == snapshot
    stopped = digest_message(replace(idle, week=replace(NO_WEEK, before_nanos=dollars(812))), command=COMMAND)
    assert stopped.text == "Search spent nothing last week, after $812 the week before."
    unpriced = digest_message(replace(idle, week=replace(NO_WEEK, calls=3, unpriced_calls=3)), command=COMMAND)
    assert unpriced.text.startswith("Search made 3 calls last week, and none has a price yet.")


def test_announce_mentions_no_budget(snapshot: SnapshotAssertion) -> None:
    told = digest(standing=standing(replace(SEARCH, mode="announce")), open_requests=0)
    message = posted(digest_message(told, command=COMMAND))

    assert "budget" not in all_text(message).lower()
    assert digest_chart(told).budget_line_nanos is None
    assert message == snapshot


def hostile() -> Digest:
    days = digest().chart_days
    cause = Cause(
        kind="swap",
        named=(("model", HOSTILE), ("workflow", HOSTILE)),
        left=HOSTILE,
        now=1.0,
        effect_nanos=dollars(123_456),
    )
    return digest(
        standing=standing(HOSTILE_TEAM, charged=12_400),
        change=WeekChange(kind="changed", usual_nanos=dollars(2_790), cause=cause),
        tools=HOSTILE_TOOLS,
        models=HOSTILE_TOOLS,
        workflows=HOSTILE_TOOLS,
        drivers=tuple(Driver(dimension="model", share=share(f"{n} {HOSTILE}", 90)) for n in range(3)),
        tool_days=tuple((f"{n} {HOSTILE}", (dollars(5),) * len(days)) for n in range(12)),
        announced=(AnnouncedSpend(what=HOSTILE, first_day=1, last_day=2, limit_nanos=1, extra_nanos=2),) * 7,
        open_requests=7,
        waiting=ASKS * 4,
        alerts=2,
    )


def test_hostile_names_and_many_tools(snapshot: SnapshotAssertion) -> None:
    message = digest_message(hostile(), command=COMMAND)

    assert len(digest_chart(hostile()).tools) == 6
    assert posted(message) == snapshot


def test_the_details_of_a_week(snapshot: SnapshotAssertion) -> None:
    built = digest(open_requests=2, waiting=ASKS, decision_times="Median time to decide: 40 working minutes.", alerts=3)
    page = week_page(built, command=COMMAND)
    text = all_text(page)

    assert "A usual week costs $2,790, by the weeks before. This one cost $580.67 more: +$520.00 from" in text
    assert "claude-opus-4-5 on nightly-evals, +$60.67 from everything else." in text
    assert text.count("asks for $750.00") == 2
    assert "3 alerts in the week" in text
    obeys(page)
    assert page == snapshot


def test_the_longest_details_and_those_of_a_first_week(snapshot: SnapshotAssertion) -> None:
    page = week_page(hostile(), command=COMMAND)
    first = week_page(
        digest(week=replace(WEEK, first_day=MONDAY), change=WeekChange(kind="first", usual_nanos=0)), command=COMMAND
    )

    obeys(page)
    assert page == snapshot
    assert "Moved most" not in all_text(first)
    assert "usual week" not in all_text(first)


def test_the_chart_has_its_own_finding_and_numbers_and_can_be_drawn() -> None:
    built = digest_message(digest(), command=COMMAND)
    chart = digest_chart(digest())

    assert replace(decode(built.charts[0]), alt=chart.alt) == chart
    assert chart.title == "Well above the budget on 5 of 7 days"
    assert digest_chart(digest(standing=standing(allocated=60_000))).title == "Fri 20 Nov was the highest day: $773"
    assert "16 Nov $486" in built.charts[0]["alt"]
    assert sum(nanos or 0 for nanos in chart.plan_nanos[:7]) == sum(nanos or 0 for nanos in chart.plan_nanos[7:])
    assert (chart.plan_nanos[5] or 0) < (chart.plan_nanos[4] or 0) / 4, "a weekend's budget is a weekend's"
    assert render(chart).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause(kind="price", named=(("model", "opus"),), before=1, now=1.31, effect_nanos=1), "the price of opus rose 31%"),
        (Cause(kind="price", named=(("model", "opus"),), before=1, now=0.4, effect_nanos=-1), "the price of opus fell 60%"),
        (Cause(kind="price", named=(("model", "opus"),), before=1, now=5, effect_nanos=1), "the price of opus rose to 5 times"),
        (Cause(kind="price", named=(("model", "opus"),), now=0, effect_nanos=1), "opus has a price now"),
        (Cause(kind="cache", state="less", before=0.82, now=0.1, effect_nanos=1), "caching fell from 82% to 10%"),
        (Cause(kind="swap", named=(("model", "o"),), left="haiku", now=0.4, effect_nanos=1), "o took 40% of the calls of haiku"),
        (Cause(kind="part", named=(("workflow", "evals"),), state="gone", effect_nanos=-1), "evals stopped"),
        (Cause(kind="part", named=(("model", "o"), ("workflow", "evals")), state="less", effect_nanos=-1), "less o on evals"),
        (Cause(kind="part", named=(("credential", "ci-4"),), effect_nanos=1), "key ci-4"),
        (Cause(kind="part", named=(("credential", "key-search"),), effect_nanos=1), "key-search"),
        (Cause(kind="people", before=8.2, now=14, effect_nanos=1), "14 people, usually 8"),
        (Cause(kind="calls", state="less", before=100, now=49, effect_nanos=-1), "51% fewer calls"),
        (Cause(kind="calls", before=100, now=800, effect_nanos=1), "8 times as many calls"),
        (Cause(kind="size", before=100, now=140, effect_nanos=1), "40% more tokens per call"),
        (Cause(kind="many", effect_nanos=1), "many small changes"),
    ],
)  # fmt: skip
def test_causes_in_words(cause: Cause, words: str) -> None:
    assert cause_words(cause) == words
