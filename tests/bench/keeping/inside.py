"""A small program that runs inside a build, this one or an earlier one: it keeps the books once for each line it reads.

It says what processor time that took, and that of the longest write transaction. First it keeps them until nothing is due.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

_BOOKS = ("handlers.books.periods", "handlers.periods")
_SETTLING_ROUNDS, _IDLE_ROUNDS = 3, 5


def _keep_books() -> Any:
    for module in _BOOKS:
        try:
            return import_module(module).keep_books
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
    raise SystemExit("This build keeps no books.")


async def _main() -> None:
    keep_books = _keep_books()
    async with import_module("handlers.cli").opened() as context:
        begin, longest = context.store.begin, 0.0

        @asynccontextmanager
        async def timed() -> AsyncIterator[Any]:
            nonlocal longest
            async with begin() as tx:
                began = time.process_time()
                yield tx
            longest = max(longest, time.process_time() - began)

        for _ in range(_SETTLING_ROUNDS):
            await keep_books(context)
        context.store.begin = timed
        for line in sys.stdin:
            longest, used = 0.0, []
            for _ in range(_IDLE_ROUNDS if line.strip() == "idle" else 1):
                began = time.process_time()
                await keep_books(context)
                used.append(time.process_time() - began)
            sys.stdout.write(json.dumps({"cpu": min(used), "write": longest}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
