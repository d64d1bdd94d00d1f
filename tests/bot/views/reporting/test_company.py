"""The company on Home: its teams as a tree of bars that adds up to the total."""

from dataclasses import replace

from bot.views.reporting.home.company import company_blocks
from tests.bot.views.company_examples import company
from tests.bot.views.examples import SEARCH, dollars, standing


def test_a_division_includes_the_teams_below_it_and_the_first_level_adds_up_to_the_total() -> None:
    division = standing(
        replace(SEARCH, id=2, name="Technology", parent_id=1), allocated=4_000, charged=0, handed=26_000
    )
    small = standing(replace(SEARCH, id=8, name="Mobile", parent_id=1), charged=100)
    shown = company((small, standing(), division))
    blocks = {block["block_id"]: block for block in company_blocks(shown)}
    bars = blocks["company-teams-bars"]["elements"][0]["elements"][0]["text"].splitlines()

    assert [line.split("  ")[0].strip() or line.split()[0] for line in bars] == [
        "Technology",
        "Search",
        "Mobile",
        "Unattributed",
    ]
    assert bars[0].endswith("59%  $9,400 of $16,000")
    assert bars[1].startswith("  Search")
    assert "Spent $9,810.00 this period" in blocks["company"]["text"]["text"]
    assert dollars(9_400 + 100 + 310) == dollars(9_810)
    assert len({line.index("$") for line in bars}) <= 4
