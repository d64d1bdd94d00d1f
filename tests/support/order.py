"""The order of the tests on several workers: those that wait for processes begin, so that no worker waits for them at the end."""

from collections.abc import Sequence

import pytest

SHARING = (
    "tests/scenarios/intake/test_replays.py",
    "tests/scenarios/intake/test_traces.py",
    "tests/scenarios/faults/test_kill.py",
)
"""Tests with the priced rows of the traces, which a process computes in seconds: one worker has them all."""
WAITING = (
    *SHARING,
    "tests/scenarios/faults/",
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
    sharing = [item for item in items if item.nodeid.startswith(SHARING)]
    waiting = [item for item in items if item.nodeid.startswith(WAITING) and item not in sharing]
    if workers == 1:
        sharing += waiting
    others = iter([item for item in items if not item.nodeid.startswith(WAITING)])
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        length = (len(items) - len(ordered)) // (workers - worker)
        first = sharing if worker == 0 else waiting[worker - 1 :: workers - 1]
        ordered += [*first, *(item for _, item in zip(range(length - len(first)), others, strict=False))]
    return ordered
