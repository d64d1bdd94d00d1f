"""Screen readers and notifications read a message's text alone: it has every amount, share and date of its blocks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.views.spoken import lacking, spoken, with_figures

VIEWS = Path(__file__).parent
PRIVATE_TABLE = "a table for the person who asked; its text has the totals"
EXCEPTIONS = {
    "test_standings/test_without_its_chart_the_figures_are_a_table": "the days of a chart, where Slack refuses the chart",
    "test_statements": PRIVATE_TABLE,
    "test_allocations": "a plan of many rows, whose text has what changes",
    "test_people": PRIVATE_TABLE,
    "test_top": PRIVATE_TABLE,
    "test_answers": PRIVATE_TABLE,
    "test_gateways": "a cap's two counters; the text has the cap and what a person can do",
    "test_prices": "a list of models; the text has their number",
}
"""Files of snapshots whose messages may have more figures in their blocks, and why."""


def messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(VIEWS.glob("**/__snapshots__/*/*.json")):
        shown = json.loads(path.read_text())
        if isinstance(shown, dict) and isinstance(shown.get("text"), str) and "blocks" in shown:
            yield f"{path.parent.name}/{path.stem}", shown


MESSAGES = dict(messages())


def words(node: Any) -> Iterator[str]:
    """Every text that blocks show; a picture's alt text and a label are not shown."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            elif key not in ("alt_text", "accessibility_label", "confirm", "value"):
                yield from words(value)
    elif isinstance(node, list):
        for value in node:
            yield from words(value)


@pytest.mark.parametrize("named", [name for name in MESSAGES if not {name, name.partition("/")[0]} & EXCEPTIONS.keys()])
def test_the_text_has_every_figure_of_the_blocks(named: str) -> None:
    message = MESSAGES[named]

    assert {figure for part in words(message["blocks"]) for figure in lacking(message["text"], part)} == set()


def test_digests_alerts_cards_and_standings_are_judged_and_each_exception_is_one() -> None:
    judged = {part for name in MESSAGES for part in (name, name.partition("/")[0])}

    assert judged >= {"test_digests", "test_alerts", "test_budget_alerts", "test_budget_requests", "test_standings"}
    assert judged >= EXCEPTIONS.keys()


def test_a_text_gets_the_parts_whose_figures_it_lacks() -> None:
    text = "Search has $2,100 left until 30 Nov."
    parts = ["*Available*\n$2,100.00", "*Held*\n$0.00", "*Spent*\n$9,900.00 (83%)", "*Tools*\n• a: $4.00\n• b: $5.00"]

    assert with_figures(text, parts) == f"{text} Spent: $9,900.00 (83%). Tools: a: $4.00; b: $5.00."
    assert lacking(text, "until <!date^1795428000^{date_short} at {time}|23 Nov at 10:00 UTC>") == {"23 Nov"}
    assert lacking("$2,100", "$2,100.40") == set()
    assert lacking("$21", "$21.40") == {"$21.40"}
    assert spoken("1. key ci-4 *new*\n2. opus.") == "key ci-4 new; opus."
