"""Senders of usage: each posts batches over HTTP and repeats a batch until it is acknowledged."""

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp

from tests.drill.company import CREDENTIALS, PRICED_MODEL, REPORTED_MODEL
from tests.drill.records import Json, Records, SentEvent

_PATIENCE = aiohttp.ClientTimeout(total=15)
_RETRY_SECONDS = 0.3
_AGAIN_RATE = 0.1
_HANG_UP_RATE = 0.03
_MOST_NANOS = 50_000_000
_HISTORY_HOURS = 21 * 24


def history(records: Records, chance: random.Random, *, now: datetime) -> list[Json]:
    """Returns the usage of three quiet weeks: a call per key and hour."""
    hours = [now - timedelta(hours=ago) for ago in range(_HISTORY_HOURS, 2, -1)]
    return [
        _new_event(f"history-{credential}-{number}", at=at, records=records, chance=chance, credential=credential)
        for credential in CREDENTIALS
        for number, at in enumerate(hours)
    ]


def _new_event(
    event_id: str, *, at: datetime, records: Records, chance: random.Random, credential: str | None = None
) -> Json:
    """Returns a new event, and records its amounts."""
    uncached_input, output = chance.randrange(500, 9_000), chance.randrange(10, 1_500)
    is_reported = chance.random() < 0.4
    nanos = chance.randrange(1_000_000, _MOST_NANOS)
    records.sent[event_id] = SentEvent(
        reported_nanos=nanos if is_reported else None, uncached_input=uncached_input, output=output
    )
    data: Json = {
        "model": REPORTED_MODEL if is_reported else PRICED_MODEL,
        "tool": chance.choice(("Claude Code", "Codex")),
        "user": f"{chance.choice(('anna', 'jan', 'noa', 'stray'))}@acme.test",
        "credential": credential or chance.choice(CREDENTIALS),
        "uncached_input_tokens": uncached_input,
        "output_tokens": output,
    }
    if is_reported:
        data["cost_usd"] = f"{nanos // 10**9}.{nanos % 10**9:09d}"
    identity = {"specversion": "1.0", "type": "ai.usage", "source": "/drill", "id": event_id}
    return {**identity, "time": at.isoformat(), "data": data}


class Sender:
    """One gateway. It asks any web process, whether or not it lives."""

    def __init__(
        self, name: str, *, urls: Sequence[str], key: str, records: Records, chance: random.Random, pause: float
    ) -> None:
        self._name = name
        self._urls = urls
        self._key = key
        self._records = records
        self._chance = chance
        self._pause = pause
        self._count = 0

    async def run(self, done: asyncio.Event) -> None:
        """Sends until `done`, and finishes the batch in progress."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        async with aiohttp.ClientSession(headers=headers, timeout=_PATIENCE) as session:
            while not done.is_set():
                batch = [self._event() for _ in range(self._chance.randint(1, 20))]
                await self._until_acknowledged(session, batch)
                if self._chance.random() < _AGAIN_RATE:
                    await self._until_acknowledged(session, batch, is_known=True)
                await self._ask_allowance(session)
                await asyncio.sleep(self._chance.uniform(0.3, 1.7) * self._pause)

    def _event(self) -> Json:
        self._count += 1
        at = datetime.now(UTC) - timedelta(seconds=self._chance.uniform(0, 30))
        return _new_event(f"{self._name}-{self._count}", at=at, records=self._records, chance=self._chance)

    async def _until_acknowledged(
        self, session: aiohttp.ClientSession, batch: list[Json], *, is_known: bool = False
    ) -> None:
        body = json.dumps(batch).encode()
        while True:
            answer = await self._post(session, body)
            if answer is not None:
                break
            await asyncio.sleep(_RETRY_SECONDS)
        self._records.acknowledged.update(str(event["id"]) for event in batch)
        booked = answer["accepted"] + answer["duplicates"]
        if booked != len(batch) or (is_known and answer["accepted"]):
            self._records.unexpected.append(f"{len(batch)} events{' again' * is_known} were answered {answer}"[:300])

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> Json | None:
        """Returns the answer of 200; None if the batch must be sent again."""
        patience = 0.05 if self._chance.random() < _HANG_UP_RATE else _PATIENCE.total
        try:
            async with session.post(
                f"{self._url()}/v1/usage", data=body, timeout=aiohttp.ClientTimeout(total=patience)
            ) as answer:
                text = await answer.text()
        except TimeoutError:
            self._records.statuses["no answer in time"] += 1
            return None
        except aiohttp.ClientError:
            self._records.statuses["no connection"] += 1
            return None
        self._records.statuses[str(answer.status)] += 1
        if answer.status == 200:
            found: Json = json.loads(text)
            return found
        if answer.status != 503:
            self._records.unexpected.append(f"usage was answered {answer.status}: {text[:200]}")
        return None

    async def _ask_allowance(self, session: aiohttp.ClientSession) -> None:
        """Asks as a gateway does before a call."""
        team = self._chance.choice(("search", "mobile", "data"))
        try:
            async with session.get(f"{self._url()}/v1/teams/{team}/allowance") as answer:
                if answer.status not in (200, 503):
                    self._records.unexpected.append(f"allowance was answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError):
            self._records.statuses["no allowance"] += 1

    def _url(self) -> str:
        return self._chance.choice(self._urls)
