"""The Homes that people opened lately by this process: what Slack shows of each, and the pages turned to."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.org.people import Person
from bot.periods import MICROS
from bot.reporting.home_places import FIRST_PAGES, HomePlace

LATELY_MICROS = 15 * 60 * MICROS
"""How long after it was opened or clicked in a Home is brought up to date. Slack does not tell when one is left."""
_MOST = 300


@dataclass(kw_only=True)
class OpenHome:
    """One person's Home. Its lock makes publishes follow each other, so that each shows a later moment than the last."""

    person: Person
    used_at: int
    place: HomePlace = FIRST_PAGES
    hash: str = ""
    """Slack's mark of what it shows, which a publish names so that it never replaces something newer."""
    shown: str = ""
    """What was published last, without its time."""
    changes: tuple[int, ...] = ()
    """The changes that it shows, as `storage.reporting.home_changes` counts them."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class OpenHomes:
    """The open Homes of a process by person, those used last at the end."""

    def __init__(self) -> None:
        self._homes: dict[int, OpenHome] = {}

    def opened(self, person: Person, *, at: int, place: HomePlace = FIRST_PAGES, seen: str = "") -> OpenHome:
        """Keeps a Home that was opened or turned to another page. `seen` is the hash of what the person looked at; one
        that is known already is of a later publish."""
        home = self._homes.pop(person.id, None) or OpenHome(person=person, used_at=at)
        home.person, home.used_at, home.place, home.hash = person, at, place, home.hash or seen
        self._homes[person.id] = home
        while len(self._homes) > _MOST:
            del self._homes[next(iter(self._homes))]
        return home

    def of(self, person_id: int) -> OpenHome | None:
        return self._homes.get(person_id)

    def drop(self, person_id: int) -> None:
        """Drops a Home that another process has published since: that one brings it up to date."""
        self._homes.pop(person_id, None)

    def lately(self, *, at: int) -> list[OpenHome]:
        """Returns the Homes that were used lately, the last one first, and drops the others."""
        self._homes = {key: home for key, home in self._homes.items() if home.used_at > at - LATELY_MICROS}
        return list(reversed(self._homes.values()))


def content_of(view: Mapping[str, Any]) -> str:
    """Returns what a Home shows without the line that tells its time, to compare two of them."""
    return repr([block for block in view["blocks"] if block["block_id"] != "home-notes"])
