"""Words after `top`."""

import pytest

from bot.refusals import Refusal
from bot.reporting.top import TopQuery, parse_top_query


@pytest.mark.parametrize(
    ("typed", "part", "span"),
    [
        ("", "tool", "7d"),
        ("tools", "tool", "7d"),
        ("models 30d", "model", "30d"),
        ("30d models", "model", "30d"),
        ("MTD Workflows", "workflow", "mtd"),
        ("  mtd  ", "tool", "mtd"),
        ("model", "model", "7d"),
    ],
)
def test_part_and_days_come_in_any_order_and_have_defaults(typed: str, part: str, span: str) -> None:
    assert parse_top_query(typed) == TopQuery(part=part, span=span)  # type: ignore[arg-type]  # the table's words


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("people", "ranks no people"),
        ("users 30d", "ranks no people"),
        ("90d", "`7d`, `30d` or `mtd`"),
        ("tools of anna", "`tools`, `models` or `workflows`"),
    ],
)
def test_people_are_not_ranked_and_other_words_are_refused(typed: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        parse_top_query(typed)
