"""The company on the Home of admins and finance: what needs them first, then its figures, then models without a price."""

from bot.messages import Block
from bot.reporting.home_places import FIRST_PAGES, HomePlace
from bot.reporting.reports import CompanyView
from bot.views.blocks import divider
from bot.views.costs.prices import price_blocks
from bot.views.reporting.home.attention import attention_blocks
from bot.views.reporting.home.spend import spend_blocks


def company_blocks(company: CompanyView, *, place: HomePlace = FIRST_PAGES) -> list[Block]:
    """Returns what needs attention, the company's figures, and the models to price."""
    return [
        *attention_blocks(company, place=place),
        divider(block_id="company-rule"),
        *spend_blocks(company, place=place),
        *price_blocks(company.prices),
    ]
