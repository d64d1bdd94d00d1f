"""The answer to `/tokens top`."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.reporting.top import TopQuery, TopReport, TopSpan
from bot.views.reporting.top import top_message
from tests.bot.views.examples import COMMAND, HOSTILE, HOSTILE_TEAM, SEARCH, TOOLS, mix, share
from tests.bot.views.surfaces import all_text, posted

BY_TOOL = TopReport(team=SEARCH, query=TopQuery(part="tool", span="7d"), shares=TOOLS, mix=mix())


def test_tools_with_their_shares_and_changes_and_the_mix(snapshot: SnapshotAssertion) -> None:
    message = posted(top_message(BY_TOOL, command=COMMAND))

    assert str(message["text"]).startswith("Search spent $3,371 in the last 7 days, 18% more than the 7 days before.")
    assert "1. Claude Code: $2,612.67 (78%), 812M tokens, +$776.67" in all_text(message)
    assert "4. unnamed tool: $45.10" in all_text(message)
    assert "$3.24 per million tokens (9M unpriced tokens excluded); +$521.27." in all_text(message)
    assert message == snapshot


@pytest.mark.parametrize(
    ("span", "said"),
    [("30d", "in the last 30 days, after nothing the 30 days before"), ("mtd", "this month so far, after nothing")],
)
def test_models_have_no_mix_and_new_ones_are_marked(span: TopSpan, said: str) -> None:
    models = (share("claude-opus-4-5", 310), share("", 2))
    query = TopQuery(part="model", span=span)
    words = all_text(posted(top_message(TopReport(team=SEARCH, query=query, shares=models, mix=None), command=COMMAND)))

    assert said in words
    assert "1. claude-opus-4-5: $310.00 (99%), 1M tokens, +$310.00, new" in words
    assert "2. unnamed model" in words
    assert "In-house" not in words


def test_fifty_hostile_workflows_fit(snapshot: SnapshotAssertion) -> None:
    many = tuple(share(f"{n} {HOSTILE}", 60 - n) for n in range(50))
    top = TopReport(team=HOSTILE_TEAM, query=TopQuery(part="workflow", span="mtd"), shares=many, mix=None)
    message = posted(top_message(top, command=COMMAND))

    assert "and 40 others: $1,220.00" in all_text(message)
    assert message == snapshot


def test_a_part_that_ended_is_shown_with_what_it_fell_by() -> None:
    gone = (*TOOLS[:1], replace(TOOLS[1], cost_nanos=0, tokens=0))
    words = all_text(posted(top_message(replace(BY_TOOL, shares=gone), command=COMMAND)))

    assert "2. Codex: $0.00 (0%), 0 tokens, -$900.50" in words


def test_no_usage_is_stated(snapshot: SnapshotAssertion) -> None:
    assert posted(top_message(replace(BY_TOOL, shares=()), command=COMMAND)) == snapshot
