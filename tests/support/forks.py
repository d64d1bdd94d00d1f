"""Processes of the command line, forked from one that has imported the bot: an import takes two seconds of CPU."""

import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot.__main__ import LISTED
from tests.support.paths import ROOT

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["bot.app", *sorted({one.place.split(":")[0] for one in LISTED.values()})])


def fork(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    output: Path,
    errors: Path,
    prepare: Callable[[], None] | None = None,
) -> ForkServerProcess:
    """Starts `tokens …` with this environment; what it prints is appended to two files, which may be the same. `prepare`
    runs first, in the process; it must be a function of a module."""
    process = FORKS.Process(target=_tokens, args=(tuple(arguments), dict(environment), output, errors, prepare))
    process.start()
    return process


def _tokens(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    output: Path,
    errors: Path,
    prepare: Callable[[], None] | None,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for number, file in ((1, output), (2, errors)):
        opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout, sys.stderr = _unbuffered(1), _unbuffered(2)
    sys.argv = ["tokens", *arguments]
    if prepare is not None:
        prepare()
    from bot.__main__ import main  # noqa: PLC0415  # heavy: only the forked process needs it

    main()


def _unbuffered(number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(open(number, "wb", 0), encoding="utf-8", write_through=True)  # open to the end
