"""The shape of a gateway's adapter, and its two faults: refused and unreachable."""

from typing import ClassVar, Protocol

import aiohttp

from bot.crosschecks.caps import Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.org.gateways import GatewayKind


class CapRefused(Exception):
    """The gateway said no, or can't do it. The text is a sentence for people: why, and what to do. It is not tried again at
    once, only minutes later or after a new decision.
    """


class CapUnreachable(Exception):
    """The gateway did not answer, or asked to come again later. The text is a sentence for people, without addresses of
    keys or answers' bodies. It is tried again with back-off, not before `retry_after_seconds`.
    """

    def __init__(self, sentence: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


class GatewayAdapter(Protocol):
    """Speaks one kind of gateway's admin API. It raises CapRefused and CapUnreachable alone; its key is in no text."""

    kind: ClassVar[GatewayKind]

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None: ...

    async def test_connection(self) -> Connection:
        """Returns what the key may do, without a change of any cap."""

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns a target's cap and spend as the gateway has them now."""

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sets an absolute cap, of whole cents, and returns what the gateway then says. Doing it twice changes nothing more.

        `seen` is what `read_cap` found right before. `change.changed_by` names who decided, for the gateway's own audit.
        """
