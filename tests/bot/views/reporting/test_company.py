"""The company on Home: which teams come first, and what stands apart."""

from dataclasses import replace

from bot.books.subtrees import SubtreeFigures
from bot.views.reporting.company import company_blocks
from tests.bot.views.company_examples import company
from tests.bot.views.examples import SEARCH, dollars, standing


def test_a_division_comes_before_the_teams_whose_spend_it_includes() -> None:
    below = SubtreeFigures(
        teams=2,
        allocated_nanos=dollars(30_000),
        charged_nanos=dollars(9_500),
        held_nanos=0,
        available_nanos=dollars(20_500),
    )
    division = replace(
        standing(replace(SEARCH, id=7, name="Technology"), allocated=4_000, charged=0, handed=26_000), subtree=below
    )
    small = standing(replace(SEARCH, id=8, name="Mobile"), charged=100)
    lines = next(
        block["text"]["text"].splitlines()
        for block in company_blocks(company((small, standing(), division)))
        if block["block_id"] == "company-teams-0"
    )

    assert [line.split("*")[1] for line in lines] == ["Technology", "Search", "Mobile"]
    assert lines[0].endswith("· $0.00 of $4,000.00 · with its 2 teams: $9,500.00 spent, $20,500.00 left")
    assert "with its" not in lines[1]
