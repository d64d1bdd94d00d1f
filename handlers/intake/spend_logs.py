"""A LiteLLM proxy's `/spend/logs/v2`, read from start to end in windows of time.

Its pages are offsets into an order with ties, so a page may repeat or miss lines of the page before, and it counts only
to ten thousand. So each window is small enough for one page. If a single second holds more, its pages are read again
until no line is missing.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp

from bot.refusals import ConfigError

PAGE = 1_000
_ROUTE = "/spend/logs/v2"
_SECOND = timedelta(seconds=1)
_TURNS = 12
_TRIES = (0.5, 1.0, 2.0, 4.0, 0.0)
"""Seconds to wait after each attempt; a repeated read changes nothing."""

Line = dict[str, Any]


class Window(NamedTuple):
    """The lines of calls that started in a span of time, ends included."""

    first: datetime
    last: datetime
    lines: list[Line]


@dataclass
class _Page:
    lines: list[Line]
    total: int


class SpendLogs:
    """A proxy's log, read with an admin's key. Raises ConfigError that gives the fault and the fix."""

    def __init__(self, url: str, key: str, *, key_env: str) -> None:
        self._url = url.rstrip("/").removesuffix(_ROUTE) + _ROUTE
        self._key_env = key_env
        self._headers = {"Authorization": f"Bearer {key}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=120, connect=10)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def windows(self, first: datetime, last: datetime) -> AsyncIterator[Window]:
        """Yields all lines of calls that started between two moments, oldest window first.

        Windows share their ends, because the proxy compares whole seconds: a line may come twice.
        """
        first, last = first.replace(microsecond=0), last.replace(microsecond=0) + _SECOND
        step = last - first
        while first < last:
            end = min(first + step, last)
            page = await self._page(first, end, 1)
            if page.total > PAGE and end - first > _SECOND:
                step = max(_SECOND, _whole((end - first) / 2))
                continue
            yield Window(first, end, page.lines if page.total <= PAGE else await self._pages(first, end, page))
            first = end
            if page.total < PAGE // 4:
                step = min(step * 2, timedelta(days=3_650))

    async def _pages(self, first: datetime, end: datetime, page: _Page) -> list[Line]:
        """Returns all lines of a second that does not fit on a page. Raises ConfigError if they never add up."""
        found = {_id(line): line for line in page.lines}
        for _ in range(_TURNS):
            pages = -(-page.total // PAGE)
            for number in range(1, pages + 1):
                more = await self._page(first, end, number)
                found |= {_id(line): line for line in more.lines}
                if len(found) >= page.total:
                    return list(found.values())
        raise ConfigError(
            f"{self._url} never shows all {page.total} calls of {first:%Y-%m-%d %H:%M:%S}, only {len(found)}. Read around that "
            f"second with --until and --from, or run it again."
        )

    async def _page(self, first: datetime, end: datetime, number: int) -> _Page:
        asked = {
            "start_date": f"{first:%Y-%m-%d %H:%M:%S}",
            "end_date": f"{end:%Y-%m-%d %H:%M:%S}",
            "page": str(number),
            "page_size": str(PAGE),
            "sort_by": "startTime",
            "sort_order": "asc",
        }
        answer = await self._get(asked)
        lines, total = answer.get("data"), answer.get("total")
        if not isinstance(lines, list) or not isinstance(total, int):
            raise ConfigError(
                f"{self._url} answers something else than LiteLLM's log: is --url the proxy's own address?"
            )
        return _Page([line for line in lines if isinstance(line, dict)], total)

    async def _get(self, asked: dict[str, str]) -> dict[str, Any]:
        assert self._session is not None, "use it as a context manager"
        fault = ""
        for delay in _TRIES:
            try:
                async with self._session.get(self._url, params=asked) as answer:
                    if answer.status == 200:
                        found = await answer.json(content_type=None)
                        return found if isinstance(found, dict) else {}
                    said = " ".join((await answer.text())[:300].split())
                    fault = self._fault(answer.status, said)
                    if answer.status < 500 and answer.status != 429:
                        raise ConfigError(fault)
            except (aiohttp.ClientError, TimeoutError) as error:
                fault = f"{self._url} does not answer: {str(error) or 'no answer in two minutes'}"
            except ValueError:
                raise ConfigError(f"{self._url} answers no JSON: is --url the proxy's own address?") from None
            await asyncio.sleep(delay)
        raise ConfigError(f"{fault} Run the same command again later: it goes on where it stopped.")

    def _fault(self, status: int, said: str) -> str:
        if status in (401, 403):
            return f"LiteLLM refuses the key in {self._key_env} ({status}): it has to be the master key or an admin's. {said}"
        if status == 404:
            return f"{self._url} is not there (404): is --url the proxy's own address, and LiteLLM new enough?"
        if "Prisma" in said or "No DB" in said:
            return f"LiteLLM has no database ({status}), so it keeps no log of its own: there is nothing to read."
        return f"{self._url} answered {status}: {said}"


def _id(line: Line) -> str:
    return str(line.get("request_id"))


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=int(span.total_seconds()))
