"""Forks: a mutant lives and dies in a process of its own."""

import os
import pickle
import resource
import traceback
from collections.abc import Callable
from typing import TypeVar

_MEMORY_BYTES = 4 * 1024**3
"""A mutant that never leaves its loop often fills a list meanwhile."""

T = TypeVar("T")


def in_fork(work: Callable[[], T], *, cpu_seconds: int | None = None) -> T | None:
    """Runs `work` in a child process and returns its picklable result; None where the child was killed or failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(work, writing, cpu_seconds)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0 or not answer:
        return None
    result: T = pickle.loads(answer)
    return result


def _be_the_child(work: Callable[[], T], writing: int, cpu_seconds: int | None) -> None:
    status = 1
    try:
        if cpu_seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
            _be_quiet()
        answer = pickle.dumps(work())
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        status = 0
    except BaseException:
        traceback.print_exc()  # the process ends below, before Python would print it
        raise
    finally:
        os._exit(status)


def _be_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
