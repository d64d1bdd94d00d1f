"""Requests of Slack that did their work: the same request, sent again, does it no second time."""

import hashlib

from sqlalchemy import delete

from bot.periods import HOUR_MICROS
from storage.tables.slack_requests import slack_requests
from storage.transaction import OpenTransaction

KEPT_MICROS = HOUR_MICROS
"""How long a request is remembered. Its signature is valid for five minutes before and after its time."""


class SlackRequests:
    """The remembered requests within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def add(self, body: bytes, *, at: int) -> bool:
        """Remembers a request by its body, which names the click or form; returns False if it did its work before.

        A second transaction with the same request waits here until the first one ends.
        """
        digest = hashlib.blake2b(body, digest_size=16).digest()
        added = self._insert(slack_requests).values(body_hash=digest, done_at=at).on_conflict_do_nothing()
        return (await self._connection.execute(added.returning(slack_requests.c.done_at))).scalar() is not None

    async def delete_old(self, *, now: int) -> int:
        """Deletes requests that are too old to be sent again; returns their number."""
        old = delete(slack_requests).where(slack_requests.c.done_at < now - KEPT_MICROS)
        return (await self._connection.execute(old)).rowcount
