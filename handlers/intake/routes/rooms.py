"""Rooms: the bytes of the bodies that are in memory at once, each kind of sender in a room of its own.

A sender that has shown neither key nor signature has a small room apart. If it is full, the body that has made no progress
for the longest is given up for the newest one, so bodies that don't come on shut nobody out.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Self

MEBIBYTE = 1024 * 1024


class BodyError(Exception):
    """The body is refused. `status` is the answer's, the text says what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Room:
    """Bounds the bytes of some bodies, and with `within` those of several rooms together. Full, it asks senders to
    retry; one that `evicts` first gives up bodies that still arrive.
    """

    def __init__(self, cap: int, *, evicts: bool = False, within: "Room | None" = None) -> None:
        self._cap = cap
        self._evicts = evicts
        self._within = within
        self._arriving: OrderedDict[Place, None] = OrderedDict()
        self.bytes = 0

    def enter(self) -> "Place":
        """Returns the place of a body that arrives now. It takes no room before its first byte."""
        return Place([self, *([self._within] if self._within else [])])

    def make_room(self, count: int, place: "Place") -> None:
        """Raises BodyError if there is no room for more bytes of a body. Marks it as the one that came on last."""
        while self._evicts and self.bytes + count > self._cap:
            oldest = next((other for other in self._arriving if other is not place), None)
            if oldest is None:
                break
            oldest.evict()
        if self.bytes + count > self._cap:
            raise BodyError(503, "Too much is being taken in at once. Send it again in a second.")
        self._arriving[place] = None
        self._arriving.move_to_end(place)

    def drop(self, place: "Place") -> None:
        """Stops counting a body among those that arrive."""
        self._arriving.pop(place, None)


class Place:
    """One body's bytes in its rooms, from its first byte until it is booked."""

    def __init__(self, rooms: list[Room]) -> None:
        self._rooms = rooms
        self._size = 0
        self._is_evicted = False
        self.give_up: Callable[[], None] | None = None
        """Ends the wait for the rest of the body; set by its reader."""

    def take(self, count: int) -> None:
        """Takes room for more bytes. Raises BodyError if there is none, or if the body was given up."""
        if self._is_evicted:
            raise BodyError(408, "The body came too slowly, and made room for others. Send it again.")
        for room in self._rooms:
            room.make_room(count, self)
        for room in self._rooms:
            room.bytes += count
        self._size += count

    def arrived(self) -> None:
        """Keeps the room of a complete body until `leave`."""
        for room in self._rooms:
            room.drop(self)

    def evict(self) -> None:
        """Frees the room of a body that still arrives, and wakes its reader."""
        self._is_evicted = True
        self.leave()
        if self.give_up is not None:
            self.give_up()

    def leave(self) -> None:
        """Gives the room back. Safe to call twice."""
        for room in self._rooms:
            room.bytes -= self._size
            room.drop(self)
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
