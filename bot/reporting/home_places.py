"""Where a person is on their Home: the page of each list that has several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args

HomeList = Literal["attention", "waiting", "alerts", "teams", "company", "requests"]
_LISTS: tuple[str, ...] = get_args(HomeList)
_WRITTEN = re.compile(r"([a-z]+)=([0-9]{1,5})")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T_co]):
    """One page of a list: what it shows, its number from 0, and how many pages and items there are."""

    shown: Sequence[T_co]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class HomePlace:
    """The pages that a person has turned to, by list; the first one everywhere else."""

    pages: tuple[tuple[str, int], ...] = ()

    def turned(self, listed: str, number: int) -> "HomePlace":
        """Returns the place after a list was turned to a page."""
        pages = {**dict(self.pages), listed: max(0, number)}
        return HomePlace(tuple(sorted((name, page) for name, page in pages.items() if page and name in _LISTS)))

    def page(self, listed: HomeList, items: Sequence[T], *, size: int) -> Page[T]:
        """Returns the page of a list to show: the last one if the list has become shorter."""
        pages = max(1, -(-len(items) // size))
        number = min(dict(self.pages).get(listed, 0), pages - 1)
        return Page(shown=items[number * size : (number + 1) * size], number=number, pages=pages, total=len(items))

    def written(self) -> str:
        """Returns the place for a view's private metadata."""
        return " ".join(f"{name}={page}" for name, page in self.pages)


FIRST_PAGES = HomePlace()


def read_place(text: str) -> HomePlace:
    """Returns the place that a view carries. What it does not know, as of another version, is left out."""
    place = FIRST_PAGES
    for word in text.split():
        if match := _WRITTEN.fullmatch(word):
            place = place.turned(match[1], int(match[2]))
    return place
