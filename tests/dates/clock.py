"""A pytest plugin that starts each test at one moment and skips tests that do not depend on the date.

The process's clock is shifted in C, for all its threads and libraries. Child processes get the same shift by
`tests/dates/child/sitecustomize.py`. The machine's zone is the variable TZ. Monotonic clocks stay as they are.
"""

import os
from datetime import datetime
from pathlib import Path

import pytest
import time_machine

_moment = datetime.fromisoformat(os.environ["TEST_CLOCK_MOMENT"]).timestamp()  # a datetime would set the zone, too
_clock = time_machine.travel(_moment, tick=True)
_shifted = _clock.start()
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent / "child"), os.environ.get("PYTHONPATH", "")])


def pytest_runtest_logstart() -> None:
    """Turns the clock back to the moment, so that a slow machine changes nothing."""
    _shifted.move_to(_moment)
    os.environ["TEST_CLOCK_SHIFT_SECONDS"] = str(_moment - time_machine.escape_hatch.time.time())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out PostgreSQL tests and tests marked as timeless."""
    kept = [item for item in items if not _needs_postgresql(item) and item.get_closest_marker("timeless") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def pytest_unconfigure() -> None:
    _clock.stop()


def _needs_postgresql(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    chosen = callspec.params.values() if callspec is not None else ()
    return "postgresql" in chosen or "postgresql_address" in getattr(item, "fixturenames", ())
