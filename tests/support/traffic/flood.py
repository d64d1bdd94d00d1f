"""Many senders at once that keep account: which posts were answered 200, and what the others got."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp

from tests.scenarios.booked import times_booked

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 30.0  # of a sender with one answer
WITHIN_SECONDS = 120.0  # of a test with all of them, on a machine that is slow and busy

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Post:
    """A body for a route, and the ids of the events in it."""

    route: str
    body: bytes
    ids: tuple[str, ...]


def native(events: Sequence[Json]) -> Post:
    """A batch of native events."""
    ids = tuple(str(event["id"]) for event in events)
    return Post(route="/v1/usage", body=json.dumps(events).encode(), ids=ids)


def mixed_posts(count: int, *, seed: int, batch: int = 40, now: datetime | None = None) -> list[Post]:
    """Bodies of all ways into the books: batches of which everything is known, batches that overlap with another, new
    models and people, bodies with a row for quarantine, and LiteLLM's arrays with and without their gateway's view."""
    chance = random.Random(seed)
    at = (now or datetime.now(UTC)) - timedelta(hours=1)
    posts: list[Post] = []
    before: list[Json] = []
    for number in range(count):
        moment = at + timedelta(seconds=number)
        names = [f"{seed}-{number}-{n}" for n in range(batch)]
        if number % 3 == 2:
            calls = [_litellm_call(name, moment, chance, with_view=number % 2 == 0) for name in names]
            posts.append(Post(route="/v1/usage/litellm", body=json.dumps(calls).encode(), ids=tuple(names)))
            continue
        events = [_native_event(name, moment, chance, is_new=number % 7 == 3) for name in names]
        sent = events + (chance.sample(before, batch // 4) if before and number % 2 else [])
        post = native(sent)
        if number % 5 == 4:
            bad = json.dumps([*sent, {**events[0], "id": f"bad-{number}", "time": "yesterday"}]).encode()
            post = Post(route="/v1/usage", body=bad, ids=post.ids)
        posts.append(post)
        before = events
    return posts


def _native_event(name: str, at: datetime, chance: random.Random, *, is_new: bool) -> Json:
    data = {
        "provider": "anthropic",
        "model": f"model-of-{name}" if is_new else "claude-sonnet-4-5",
        "tool": "Claude Code",
        "user": f"{name}@acme.test" if is_new else "anna@acme.test",
        "uncached_input_tokens": chance.randrange(1, 5_000),
        "output_tokens": chance.randrange(1, 900),
    }
    identity = {"specversion": "1.0", "type": "ai.usage", "source": "/flood", "id": name}
    return {**identity, "time": at.isoformat(), "data": data}


def _litellm_call(name: str, at: datetime, chance: random.Random, *, with_view: bool) -> Json:
    prompt, completion = chance.randrange(1, 5_000), chance.randrange(1, 900)
    metadata: Json = {"user_api_key_alias": "gateway-1", "user_api_key_team_id": "team-abc"}
    if with_view:
        metadata |= {"user_api_key_team_spend": 12.5, "user_api_key_team_max_budget": 1000.0}
    return {
        "id": name,
        "litellm_call_id": f"call-{name}",
        "status": "success",
        "call_type": "acompletion",
        "startTime": at.timestamp() - 1,
        "endTime": at.timestamp(),
        "model": "gpt-4o",
        "custom_llm_provider": "openai",
        "response_cost": 0.01,
        "request_tags": [],
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "metadata": metadata,
    }


class Flood:
    """Senders that send each post until it is answered 200. `may_vanish`: a connection that breaks is no fault here."""

    def __init__(
        self, url: str, key: str, posts: Sequence[Post], *, connections: int = 8, may_vanish: bool = False
    ) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._posts = posts
        self._waiting = list(enumerate(posts))[::-1]
        self._connections = connections
        self._may_vanish = may_vanish
        self._task: asyncio.Task[None] | None = None
        self.answered: dict[int, Json] = {}
        self.statuses: Counter[int] = Counter()
        self.refusals = [0] * connections
        """How often each sender was answered 503."""
        self.unexpected: list[str] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.send())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def send(self) -> None:
        """Sends everything, over several connections at once, until all of it was answered 200."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session:
            await asyncio.gather(*(self._send_on(session, sender) for sender in range(self._connections)))

    async def done(self, *, within: float = WITHIN_SECONDS) -> None:
        """Waits until everything was answered 200. AssertionError with the figures if that takes too long."""
        assert self._task is not None
        try:
            await asyncio.wait_for(asyncio.shield(self._task), within)
        except TimeoutError as error:
            raise AssertionError(
                f"{len(self.answered)} of {len(self._posts)} answered after {within} s: {self.statuses}"
            ) from error

    async def answers(self, status: int, *, more: int = 1, within: float = WITHIN_SECONDS) -> None:
        """Waits until so many further answers had this status."""
        wanted = self.statuses[status] + more
        await self._until(lambda: self.statuses[status] >= wanted, f"{more} × {status}", within)

    async def each_refused(self, *, more: int = 2, within: float = WITHIN_SECONDS) -> None:
        """Waits until every sender was answered 503 so many times more: none of them is kept waiting."""
        wanted = [before + more for before in self.refusals]
        await self._until(
            lambda: all(now >= least for now, least in zip(self.refusals, wanted, strict=True)),
            f"{more} × 503 for every sender",
            within,
        )

    async def _until(self, condition: Callable[[], bool], what: str, within: float) -> None:
        deadline = asyncio.get_running_loop().time() + within
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, f"no {what} in {within} s: {self.statuses}"
            assert self._task is None or not self._task.done(), f"all was sent before {what}"
            await asyncio.sleep(0.01)

    @property
    def answered_ids(self) -> set[str]:
        return {event_id for number in self.answered for event_id in self._posts[number].ids}

    @property
    def all_ids(self) -> set[str]:
        return {event_id for post in self._posts for event_id in post.ids}

    def total(self, fate: str) -> int:
        """How many rows met this fate, by the answers that came."""
        return sum(int(answer[fate]) for answer in self.answered.values())

    async def _send_on(self, session: aiohttp.ClientSession, sender: int) -> None:
        while len(self.answered) < len(self._posts):
            if not self._waiting:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            number, post = self._waiting.pop()
            if not await self._post(session, sender, number, post):
                self._waiting.insert(0, (number, post))
                await asyncio.sleep(PAUSE_SECONDS)

    async def _post(self, session: aiohttp.ClientSession, sender: int, number: int, post: Post) -> bool:
        try:
            async with session.post(self._url + post.route, data=post.body) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            if not self._may_vanish:
                self.unexpected.append(repr(error))
            return False
        self.statuses[answer.status] += 1
        self.refusals[sender] += answer.status == 503
        if answer.status == 200:
            self.answered[number] = json.loads(text)
            return True
        if answer.status != 503 or not answer.headers.get("Retry-After", "").isdigit():
            self.unexpected.append(f"{answer.status} {dict(answer.headers)} {text[:300]}")
        return False


async def is_booked_once(database_url: str, flood: Flood) -> None:
    """Every event answered for is in the books, and none is there twice."""
    there = await times_booked(database_url)
    missing = [event_id for event_id in flood.answered_ids if there.get(event_id) != 1]
    assert not missing, f"answered 200, and not booked once: {missing[:5]} and {len(missing)} in all"
    assert set(there.values()) <= {1}


async def changes_nothing(url: str, key: str, posts: Sequence[Post]) -> None:
    """Sends everything again: nothing of it is new."""
    again = Flood(url, key, posts)
    await again.send()

    assert again.total("accepted") == 0
    assert again.unexpected == []
