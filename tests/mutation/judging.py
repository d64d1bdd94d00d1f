"""Judges the mutants of a package: those that fail a test are killed, the others survive."""

import ast
import gc
import importlib
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.packages import Package
from tests.mutation.patching import ChangedModule, find_function, module_name, patch_function
from tests.mutation.processes import in_fork
from tests.mutation.running import Calls, TestRun, Tracer, collect, run_traced, some_test_fails

_OURS = ("bot", "handlers", "storage", "tests")


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """How many mutants a package has, and the labels of those that survive."""

    mutants: int
    survivors: list[str]


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """What the process that loaded everything found out: its verdicts, and what is needed to judge the rest."""

    survived: dict[int, bool]
    runs: dict[str, TestRun]
    modules: list[str]


class Judge:
    """Judges one package. Functions are patched in forks of a process that has loaded all; for what happens at import
    (constants, defaults) everything is loaded anew."""

    def __init__(self, root: Path, package: Package, *, report: Callable[[Mutant], None]) -> None:
        self._root, self._package, self._report = root, package, report
        self._trees: dict[str, ast.Module] = {}
        self._mutants: list[Mutant] = []
        for file in sorted(root.glob(package.files)):
            path = str(file.relative_to(root))
            self._trees[path], mutants = mutants_of(root, path)
            self._mutants += mutants

    def verdicts(self) -> Verdicts:
        loaded = in_fork(self._judge_loaded)
        if loaded is None:
            raise SystemExit("the tests cannot be collected, or fail without any mutant")
        for name in loaded.modules:
            with suppress(ImportError):
                importlib.import_module(name)  # once, in place of once a mutant
        survived = dict(loaded.survived)
        for number, mutant in enumerate(self._mutants):
            if number not in survived:
                survived[number] = self._reported(mutant, self._survives_import(mutant, loaded.runs))
        return Verdicts(
            mutants=len(self._mutants),
            survivors=[m.label for n, m in enumerate(self._mutants) if survived[n]],
        )

    def _judge_loaded(self) -> _Loaded:
        results: list[_Loaded] = []
        tracer = Tracer(self._root)

        def work(items: Sequence[pytest.Item]) -> None:
            sys.settrace(None)
            runs = in_fork(lambda: run_traced(items, self._root))
            failing = [name for name, run in (runs or {}).items() if not run.passed]
            if not runs or failing:
                raise pytest.UsageError(f"these tests fail without any mutant: {failing}")
            by_name = {item.nodeid: item for item in items}
            gc.freeze()  # a fork copies no page for the sake of a collection
            survived: dict[int, bool] = {}
            for number, mutant in enumerate(self._mutants):
                if mutant.function and _is_patchable(mutant, tracer.calls):
                    names = _quickest(runs, {(mutant.path, mutant.function)})
                    chosen = [by_name[name] for name in names]
                    survived[number] = self._reported(mutant, self._survives_patch(mutant, chosen, runs))
            modules = [name for name in sys.modules if name.partition(".")[0] not in _OURS]
            results.append(_Loaded(survived=survived, runs=runs, modules=modules))

        sys.settrace(tracer)  # a function that runs while tests are collected is not judged by patching it later
        collect([*self._package.tests, *(f"--ignore={file}" for file in self._package.slow_tests)], work)
        return results[0]

    def _reported(self, mutant: Mutant, survives: bool) -> bool:
        if survives:
            self._report(mutant)
        return survives

    def _survives_patch(self, mutant: Mutant, items: Sequence[pytest.Item], runs: dict[str, TestRun]) -> bool:
        def fails() -> bool:
            mutant.apply()
            tree = self._trees[mutant.path]
            patch_function(tree, root=self._root, path=mutant.path, function=mutant.function)
            return some_test_fails(items)

        return in_fork(fails, cpu_seconds=_limit(2, [runs[item.nodeid] for item in items])) is False

    def _survives_import(self, mutant: Mutant, runs: dict[str, TestRun]) -> bool:
        files_of_tests = _tests_that_import(self._root, mutant.path, runs)
        names = _quickest(runs, None, files=_importers(self._root, mutant.path), tests=files_of_tests)
        files = sorted({name.partition("::")[0] for name in names})

        def fails() -> bool:
            mutant.apply()
            hook = ChangedModule(self._trees[mutant.path], root=self._root, path=mutant.path)
            sys.meta_path.insert(0, hook)
            verdict: list[bool] = []

            def work(items: Sequence[pytest.Item]) -> None:
                by_name = {item.nodeid: item for item in items}
                verdict.append(any(name not in by_name for name in names))  # parameters that came of what changed
                verdict.append(some_test_fails(by_name[name] for name in names if name in by_name))

            collect(files, work)
            return not verdict or any(verdict)  # or it cannot even be imported

        return in_fork(fails, cpu_seconds=_limit(15, [runs[name] for name in names])) is False


def _is_patchable(mutant: Mutant, called_at_import: Calls) -> bool:
    module = sys.modules.get(module_name(mutant.path))
    loaded = module and find_function(module, mutant.function)
    return bool(loaded) and (mutant.path, mutant.function) not in called_at_import


def _quickest(
    runs: dict[str, TestRun],
    functions: Calls | None,
    files: frozenset[str] = frozenset(),
    tests: frozenset[str] = frozenset(),
) -> list[str]:
    """Names the tests that call a function, or any function of some files, or stand in some files; the quickest first."""
    names = [
        name
        for name, run in runs.items()
        if (functions and functions & run.calls)
        or any(path in files for path, _ in run.calls)
        or name.partition("::")[0] in tests
    ]
    return sorted(names, key=lambda name: runs[name].seconds)


def _tests_that_import(root: Path, path: str, runs: dict[str, TestRun]) -> frozenset[str]:
    """Returns the files of tests that import from a file: classes made by msgspec call no function of ours."""
    files = {name.partition("::")[0] for name in runs}
    return frozenset(file for file in files if f"from {module_name(path)} import" in (root / file).read_text())


def _importers(root: Path, path: str) -> frozenset[str]:
    """Returns a file and the files of the product that import from it."""
    words = (f"from {module_name(path)} import", f"import {module_name(path)}")
    found = {path}
    for file in root.glob("bot/**/*.py"):
        text = file.read_text()
        if any(word in text for word in words):
            found.add(str(file.relative_to(root)))
    return frozenset(found)


def _limit(start_seconds: int, runs: Sequence[TestRun]) -> int:
    """Seconds of CPU after which a mutant counts as one that never ends."""
    return start_seconds + math.ceil(4 * sum(run.seconds for run in runs))
