"""Who hears of an alert."""

from dataclasses import replace

import pytest

from bot.manners import audience_of
from bot.teams import Mode
from tests.bot.acme import SEARCH


@pytest.mark.parametrize(("mode", "who"), [("preview", "finance"), ("announce", "team"), ("govern", "team")])
def test_in_preview_finance_alone_hears(mode: Mode, who: str) -> None:
    assert audience_of(replace(SEARCH, mode=mode)) == who
