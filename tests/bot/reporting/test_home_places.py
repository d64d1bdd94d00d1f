"""The place on a Home: pages that are turned, written into the view, and read from any text."""

import pytest

from bot.reporting.home_places import FIRST_PAGES, read_place


def test_a_place_is_written_and_read_back() -> None:
    place = FIRST_PAGES.turned("teams", 3).turned("alerts", 1).turned("waiting", 0)

    assert place.written() == "alerts=1 teams=3"
    assert read_place(place.written()) == place
    assert read_place(FIRST_PAGES.written()) == FIRST_PAGES


@pytest.mark.parametrize("text", ["", "nonsense", "teams=-1", "teams=999999", "people=2", '{"teams": 1}', "teams=1.5"])
def test_what_is_no_place_is_the_first_pages(text: str) -> None:
    assert read_place(text) == FIRST_PAGES


def test_turning_one_list_leaves_the_others() -> None:
    place = FIRST_PAGES.turned("teams", 3).turned("alerts", 1)

    assert place.turned("teams", 0).written() == "alerts=1"
    assert place.turned("unknown", 4) == place
    assert place.turned("teams", -4).written() == "alerts=1"


def test_a_page_of_a_list_that_became_shorter_is_its_last() -> None:
    place = FIRST_PAGES.turned("teams", 3)
    page = place.page("teams", list(range(25)), size=10)

    assert (list(page.shown), page.number, page.pages, page.total) == ([20, 21, 22, 23, 24], 2, 3, 25)
    assert place.page("teams", [], size=10).pages == 1
    assert list(place.page("alerts", [1, 2], size=10).shown) == [1, 2]
