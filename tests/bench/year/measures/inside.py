"""A small program that runs inside a build, this one or an earlier one: `python inside.py keep_books|explain WORD`.

It finds the same function by its name in either, calls it some times, and prints a line of figures.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

_BOOKS = ("handlers.books.periods", "handlers.periods")
_ATTRIBUTION = ("handlers.org.attribution_commands", "handlers.attribution_commands")
_IDLE_ROUNDS, _SETTLING_ROUNDS = 20, 3


def found(name: str, modules: tuple[str, ...]) -> Any:
    """Returns the function of this name from the first of the modules that there is."""
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
    raise SystemExit(f"None of {modules} has {name}.")


async def _timed(call: Callable[[], Awaitable[object]], times: int) -> dict[str, list[float]]:
    seconds, cpu = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        await call()
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return {"seconds": seconds, "cpu": cpu}


async def _keep_books(context: Any) -> None:
    keep_books = found("keep_books", _BOOKS)
    for _ in range(_SETTLING_ROUNDS):
        await keep_books(context)
    _say({})
    sys.stdin.readline()
    _say(await _timed(lambda: keep_books(context), _IDLE_ROUNDS))


async def _explain(context: Any, event_id: str) -> None:
    explanations = found("explanations", _ATTRIBUTION)
    await context.rulebooks.latest()
    _say(await _timed(lambda: explanations(context, event_id, source=None), 5))


def _say(figures: dict[str, list[float]]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


async def _main(what: str, *words: str) -> None:
    async with import_module("handlers.cli").opened() as context:
        await (_keep_books(context) if what == "keep_books" else _explain(context, *words))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
