"""Runs tests in pytest without its own loop: which test calls which function, and whether a mutant fails one."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

Calls = set[tuple[str, str]]
"""(path of a file, qualified name of a function in it)"""
_OPTIONS = [
    "-q",
    "-m",
    "not timeless",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--confcutdir=tests/bot",
    "--import-mode=importlib",
    "--disable-warnings",
    "--no-summary",
]


@dataclass(frozen=True, kw_only=True)
class TestRun:
    """A test without any mutant: how long it takes, what it calls, and whether it passes."""

    __test__ = False
    seconds: float
    calls: Calls
    passed: bool


class Tracer:
    """Notes the functions of the product that are called."""

    def __init__(self, root: Path) -> None:
        self._folder = f"{root}/bot/"
        self._start = len(f"{root}/")
        self.calls: Calls = set()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self._folder):
            self.calls.add((code.co_filename[self._start :], code.co_qualname))


def run_test(item: pytest.Item) -> bool:
    """Runs one test with its fixtures; True if it passes or is skipped."""
    return all(not report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def run_traced(items: Sequence[pytest.Item], root: Path) -> dict[str, TestRun]:
    """Runs each test by itself and returns what it did, by node id."""
    runs = {}
    for item in items:
        tracer = Tracer(root)
        began = time.process_time()
        sys.settrace(tracer)
        try:
            passed = run_test(item)
        finally:
            sys.settrace(None)
        runs[item.nodeid] = TestRun(seconds=time.process_time() - began, calls=tracer.calls, passed=passed)
    return runs


def some_test_fails(items: Iterable[pytest.Item]) -> bool:
    return any(not run_test(item) for item in items)


class Loop:
    """A pytest plugin that hands the collected tests to a function, in place of running them."""

    def __init__(self, work: Callable[[Sequence[pytest.Item]], None]) -> None:
        self._work = work

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Failed(f"{session.testsfailed} files could not be collected")
        self._work(session.items)
        return True


def collect(arguments: Sequence[str], work: Callable[[Sequence[pytest.Item]], None]) -> int:
    """Collects tests and hands them to `work`; returns pytest's exit code.

    Hypothesis draws the same examples each time, so that a mutant does not live on one day and die on the next.
    """
    settings.register_profile("mutation", derandomize=True, database=None, deadline=None)
    settings.load_profile("mutation")
    return int(pytest.main([*_OPTIONS, *arguments], plugins=[Loop(work)]))
