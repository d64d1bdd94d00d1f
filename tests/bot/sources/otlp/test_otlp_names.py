"""The table of attribute names, in the code and on its page."""

import re

from bot.sources.otlp.names import NAMES, TAGS
from bot.sources.otlp.producers.registry import PRODUCERS
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "connect" / "otlp-names.md"


def test_the_page_has_the_table_of_the_code_row_by_row() -> None:
    rows = re.findall(r"^\| ([a-z][\w ]*) \| (`.*`) \|$", PAGE.read_text(), flags=re.MULTILINE)
    told = {fact.replace(" ", "_"): tuple(re.findall(r"`([^`]+)`", names)) for fact, names in rows}

    assert list(told.items()) == list(NAMES.items())


def test_an_attribute_says_one_thing_and_none_of_them_holds_what_people_wrote() -> None:
    assert len(PRODUCERS.common.reads) == sum(len(attributes) for attributes in NAMES.values())
    assert set(TAGS) <= set(NAMES)
    said = [a for a in PRODUCERS.all_reads if "token" not in a.casefold()]  # `cached_content_token_count` is a count
    assert not [a for a in said if re.search(r"message|content|completion|instruction|header|\bip\b|client", a)]
