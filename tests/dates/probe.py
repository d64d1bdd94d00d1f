"""Proves that everything in a run reads the moment's clock. Pytest collects this file only when it is named."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

MOMENT = datetime.fromisoformat(os.environ["TEST_CLOCK_MOMENT"])
SLACK = timedelta(minutes=2)


def is_near(seconds: float) -> bool:
    return abs(datetime.fromtimestamp(seconds, UTC) - MOMENT) < SLACK


def test_the_clock_shows_the_moment() -> None:
    assert is_near(datetime.now(UTC).timestamp())
    assert is_near(time.time())


def test_the_machine_is_in_its_zone() -> None:
    offset = datetime.now(ZoneInfo(os.environ["TZ"])).utcoffset()
    assert datetime.now().astimezone().utcoffset() == offset  # a machine's own time is asked for


def test_a_thread_has_the_same_clock() -> None:
    with ThreadPoolExecutor(1) as aside:
        assert is_near(aside.submit(time.time).result())


def test_a_child_process_has_the_same_clock() -> None:
    code = "import time; print(time.time())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert is_near(float(printed))


def test_the_tests_on_postgresql_are_left_out(request: pytest.FixtureRequest) -> None:
    assert [item.nodeid for item in request.session.items if "[postgresql" in item.nodeid] == []
