"""The company on Home: its teams as a tree of bars that adds up to the total."""

from dataclasses import replace

from bot.views.reporting.home.company import company_blocks
from bot.views.reporting.home.spend import company_rows
from tests.bot.views.company_examples import company
from tests.bot.views.examples import SEARCH, company_spend, dollars, standing


def test_a_division_includes_the_teams_below_it_and_the_first_level_adds_up_to_the_total() -> None:
    division = standing(
        replace(SEARCH, id=2, name="Technology", parent_id=1), allocated=4_000, charged=0, handed=26_000
    )
    small = standing(replace(SEARCH, id=8, name="Mobile", parent_id=1), charged=100)
    shown = company((small, standing(), division), spend=company_spend(9_810))
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
    assert "Spent $9,810.00 in November 2026 so far" in blocks["company"]["text"]["text"]
    assert "Credited" not in blocks["company"]["text"]["text"]
    assert sum(row.used_nanos for row in company_rows(shown) if row.depth == 0) == dollars(9_810)
    assert len({line.index("$") for line in bars}) <= 4
