"""The order of the tests on several workers: those that wait for processes begin, so that no worker waits for them at the end."""

from collections.abc import Sequence

import pytest

WAITING = (
    "tests/scenarios/faults/",
    "tests/scenarios/intake/test_replays.py",
    "tests/scenarios/test_demo.py",
    "tests/handlers/test_openapi.py",
    "tests/test_wiring.py",
    "tests/sandbox/test_page",
)
"""Where the tests are that take longest, by how their node ids begin."""


def waiting_first(items: Sequence[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """Returns the tests as as many equal stretches as there are workers, each with its share of the waiting ones first.

    `--dist worksteal` gives each worker one stretch, and who has finished takes from the end of another's.
    """
    waiting = [item for item in items if item.nodeid.startswith(WAITING)]
    others = iter([item for item in items if not item.nodeid.startswith(WAITING)])
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        length = (len(items) - len(ordered)) // (workers - worker)
        first = waiting[worker::workers]
        ordered += [*first, *(item for _, item in zip(range(length - len(first)), others, strict=False))]
    return ordered
