"""The code's layout: rooms and wings, arrows one way, no circles, files of a size to read."""

import re
import statistics
import subprocess
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

import grimp
import pytest

from tests.support.order import WAITING, waiting_first
from tests.support.paths import ROOT

ROOMS = ("bot", "storage", "handlers")  # lower rooms first: a room imports from those before it
PLUG_BOARD = ("bot.__main__", "bot.app", "bot.demo")
"""What knows every room, and what no room may import."""
WINGS = ("org", "intake", "costs", "books", "requests", "crosschecks", "alerting", "detection", "reporting")
MAX_LINES = 300
MAX_FILES = 15
GENERATED = re.compile(r"^storage/migrations/versions/")


@cache
def python_files() -> tuple[PurePosixPath, ...]:
    """Every Python file that belongs to the project, by its path from the root."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(PurePosixPath(line) for line in listed.splitlines())


@cache
def imports() -> dict[str, set[str]]:
    """What each module of the product imports from the product, also inside functions and for types alone."""
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def lines_of(path: PurePosixPath) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def room_of(module: str) -> int:
    """The rank of a module's room; the plug board is above all rooms."""
    if module.startswith(PLUG_BOARD):
        return len(ROOMS)
    return ROOMS.index(module.partition(".")[0])


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail("import circle: " + " -> ".join(error.args[1]))


def test_a_room_imports_from_lower_rooms_alone() -> None:
    upwards = [(a, b) for a, found in imports().items() for b in found if room_of(b) > room_of(a)]

    assert upwards == []


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {
        str(path): n for path in python_files() if not GENERATED.match(str(path)) and (n := lines_of(path)) > MAX_LINES
    }

    assert long == {}


def test_no_folder_has_more_than_fifteen_files_of_its_own() -> None:
    """Packages' `__init__.py` files are not counted: they hold a docstring."""
    counts = Counter(str(path.parent) for path in python_files() if path.name != "__init__.py")
    crowded = {folder: n for folder, n in counts.items() if n > MAX_FILES and not GENERATED.match(folder + "/")}

    assert crowded == {}


def test_the_median_file_of_the_product_has_sixty_to_a_hundred_and_twenty_lines() -> None:
    sizes = [lines_of(path) for path in python_files() if path.parts[0] in ROOMS and path.name != "__init__.py"]

    assert 60 <= statistics.median(sizes) <= 120


def test_every_room_has_the_same_wings_and_no_file_has_a_wings_name() -> None:
    for room in (*ROOMS, "bot/views"):
        folders = {
            p.parts[len(PurePosixPath(room).parts)]
            for p in python_files()
            if str(p).startswith(f"{room}/") and len(p.parts) > len(PurePosixPath(room).parts) + 1
        }
        missing = set(WINGS) - folders
        assert missing <= ({"intake"} if room == "bot/views" else set()), (
            room
        )  # views of usage are in crosschecks and org
    named = [str(path) for path in python_files() if path.stem in WINGS and path.parts[:2] != ("storage", "tables")]

    assert named == []


def test_waiting_tests_begin_each_workers_stretch_and_none_is_lost() -> None:
    paths = [str(path) for path in python_files() if path.name.startswith("test_")]
    assert all(any(path.startswith(begin) for path in paths) for begin in WAITING)

    paths = paths[len(paths) % 4 :]
    items: list[Any] = [SimpleNamespace(nodeid=path) for path in paths]
    for workers in (1, 2, 4):
        ordered = [item.nodeid for item in waiting_first(items, workers=workers)]
        stretch = len(paths) // workers
        assert sorted(ordered) == sorted(paths)
        assert all(ordered[worker * stretch].startswith(WAITING) for worker in range(workers))
