"""The Homes that a process keeps up to date: those used lately, with what Slack showed last."""

from bot.org.people import Person
from bot.reporting.home_places import FIRST_PAGES
from bot.reporting.open_homes import _MOST, LATELY_MICROS, OpenHomes, content_of


def person(number: int) -> Person:
    return Person(id=number, email=f"p{number}@acme.test", slack_id=f"U{number}", name="P", timezone="")


def test_a_home_is_kept_for_a_while_after_its_last_use() -> None:
    homes = OpenHomes()
    homes.opened(person(1), at=0)
    homes.opened(person(2), at=LATELY_MICROS)

    assert [home.person.id for home in homes.lately(at=LATELY_MICROS)] == [2]
    assert homes.of(1) is None
    homes.drop(2)
    assert homes.lately(at=0) == []


def test_the_hash_of_a_later_publish_outlives_what_a_click_saw() -> None:
    homes = OpenHomes()
    homes.opened(person(1), at=0, seen="seen").hash = "published"

    assert homes.opened(person(1), at=1, seen="seen").hash == "published"
    assert homes.opened(person(2), at=1, seen="seen").hash == "seen"


def test_opening_begins_at_the_first_pages_again() -> None:
    homes = OpenHomes()
    homes.opened(person(1), at=0, place=FIRST_PAGES.turned("teams", 2))

    assert homes.opened(person(1), at=1).place == FIRST_PAGES


def test_the_homes_used_longest_ago_give_way() -> None:
    homes = OpenHomes()
    for number in range(_MOST + 1):
        homes.opened(person(number), at=number)

    assert homes.of(0) is None
    assert len(homes.lately(at=_MOST)) == _MOST
    assert homes.lately(at=_MOST)[0].person.id == _MOST


def test_a_home_differs_by_what_it_shows_and_not_by_its_time() -> None:
    blocks = [{"block_id": "home-status", "text": "well"}, {"block_id": "home-notes", "text": "Updated now"}]
    later = [blocks[0], {"block_id": "home-notes", "text": "Updated later"}]
    other = [{"block_id": "home-status", "text": "not well"}, blocks[1]]

    assert content_of({"blocks": blocks}) == content_of({"blocks": later})
    assert content_of({"blocks": blocks}) != content_of({"blocks": other})
