"""The answer to `/tokens top`."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.org.teams import Team
from bot.periods import Calendar
from bot.reporting.figures import Share, spend_of_shares
from bot.reporting.mix import ToolMix
from bot.reporting.spans import SpanKind, span_of
from bot.reporting.top import TopPart, TopReport
from bot.views.reporting.top import top_message
from bot.views.wording import share_lines
from tests.bot.views.examples import ACME, COMMAND, HOSTILE, HOSTILE_TEAM, PERIOD, SEARCH, TODAY, TOOLS, mix, share
from tests.bot.views.surfaces import all_text, posted


def top(
    shares: tuple[Share, ...],
    *,
    team: Team = SEARCH,
    part: TopPart = "tool",
    span: SpanKind = "7d",
    mixed: ToolMix | None = None,
    first_day: int | None = None,
) -> TopReport:
    days = span_of(span, today=TODAY, period=PERIOD, calendar=Calendar(), zone=team.timezone)
    spend = spend_of_shares(days, shares, first_day=first_day)
    return TopReport(team=team, part=part, spend=spend, shares=shares, mix=mixed)


BY_TOOL = top(TOOLS, mixed=mix())


def test_tools_with_their_shares_and_changes_and_the_mix(snapshot: SnapshotAssertion) -> None:
    message = posted(top_message(BY_TOOL, command=COMMAND))

    assert str(message["text"]).startswith(
        "Search spent $3,371 in the last 7 full days, 18% more than the 7 days before."
    )
    assert "1. Claude Code: $2,612.67 (78%), 812M tokens, +$776.67" in all_text(message)
    assert "4. unnamed tool: $45.10" in all_text(message)
    assert "$3.24 per million tokens (9M unpriced tokens excluded); +$521.27." in all_text(message)
    assert message == snapshot


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ("30d", "in the last 30 full days, after nothing the 30 days before"),
        ("month", "in November 2026 so far, after nothing the same days of October 2026"),
    ],
)
def test_models_have_no_mix_and_new_ones_are_marked(span: SpanKind, said: str) -> None:
    models = (share("claude-opus-4-5", 310), share("", 2))
    words = all_text(posted(top_message(top(models, part="model", span=span), command=COMMAND)))

    assert said in words
    assert "1. claude-opus-4-5: $310.00 (99%), 1M tokens, +$310.00, new" in words
    assert "2. unnamed model" in words
    assert "In-house" not in words


def test_fifty_hostile_workflows_fit(snapshot: SnapshotAssertion) -> None:
    many = tuple(share(f"{n} {HOSTILE}", 60 - n) for n in range(50))
    message = posted(top_message(top(many, team=HOSTILE_TEAM, part="workflow", span="month"), command=COMMAND))

    assert "and 40 others: $1,220.00" in all_text(message)
    assert message == snapshot


def test_a_part_that_ended_is_shown_with_what_it_fell_by() -> None:
    gone = (*TOOLS[:1], replace(TOOLS[1], cost_nanos=0, tokens=0))
    words = all_text(posted(top_message(top(gone, mixed=mix()), command=COMMAND)))

    assert "2. Codex: $0.00 (0%), 0 tokens, -$900.50" in words


def test_no_usage_is_stated(snapshot: SnapshotAssertion) -> None:
    assert posted(top_message(top((), mixed=mix()), command=COMMAND)) == snapshot


def test_what_has_no_price_is_never_free() -> None:
    meta = replace(share("MetaCode", 0, tokens=9_000_000), calls=3, unpriced_calls=3, unpriced_tokens=9_000_000)
    partly = replace(share("Codex", 4, 2), calls=9, unpriced_calls=1, unpriced_tokens=200_000)
    alone, both = (all_text(posted(top_message(top(of), command=COMMAND))) for of in ((meta,), (partly, meta)))

    assert "Search used 9M tokens in the last 7 full days, all with no price yet." in alone
    assert "1. MetaCode: no price yet, 9M tokens" in alone
    assert "1. Codex: $4.00 (100%), 1M tokens (200k with no price yet), +$2.00" in both
    assert "2. MetaCode: no price yet, 9M tokens" in both
    assert "$0.00" not in alone + both


def test_incomplete_days_before_are_no_comparison() -> None:
    words = all_text(posted(top_message(top(TOOLS[:1], first_day=TODAY - 9), command=COMMAND)))

    assert "in the last 7 full days, no full comparison yet: first usage 14 Nov." in words
    assert "new" not in words
    assert "+$" not in words


def test_the_companys_days_are_each_teams_own() -> None:
    assert "Days in each team's own time." in all_text(posted(top_message(top(TOOLS, team=ACME), command=COMMAND)))
    assert "Days in London time." in all_text(posted(top_message(top(TOOLS), command=COMMAND)))


def test_the_rest_of_a_list_without_a_price_is_not_free() -> None:
    unpriced = tuple(replace(share(f"w{n}", 0), calls=1, unpriced_calls=1, unpriced_tokens=9) for n in range(10))
    words = all_text(posted(top_message(top((*TOOLS, *unpriced)), command=COMMAND)))

    assert "and 4 others: no price yet" in words
    assert share_lines((*TOOLS, *unpriced), total_nanos=1).endswith("9 others: no price yet")
