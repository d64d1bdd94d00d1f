"""Two ways to put a mutant in place: new code for a function that is loaded, or a changed module at its import."""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from inspect import getattr_static
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any


def module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def patch_function(tree: ast.Module, *, root: Path, path: str, function: str) -> None:
    """Gives a loaded function the code that it has in a changed tree; all who imported it see the change."""
    code = compile(tree, str(root / path), "exec")
    loaded = find_function(sys.modules[module_name(path)], function)
    assert loaded is not None
    loaded.__code__ = next(part for part in _parts(code) if part.co_qualname == function)


def find_function(module: ModuleType, qualified_name: str) -> FunctionType | None:
    """Finds the plain function behind properties, class methods and wrappers; None if it is hidden deeper."""
    found: Any = module
    for name in qualified_name.split("."):
        found = getattr_static(found, name, None)
    for _ in range(3):
        if isinstance(found, property):
            found = found.fget
        elif isinstance(found, cached_property):
            found = found.func
        elif isinstance(found, staticmethod | classmethod):
            found = found.__func__
        elif hasattr(found, "__wrapped__"):
            found = found.__wrapped__
    return found if isinstance(found, FunctionType) and found.__qualname__ == qualified_name else None


def _parts(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _parts(constant)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, file: str, tree: ast.Module) -> None:
        super().__init__(name, file)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, self.path, "exec")


class ChangedModule(MetaPathFinder):
    """An import hook that loads one module from a changed tree."""

    def __init__(self, tree: ast.Module, *, root: Path, path: str) -> None:
        self._name, self._file, self._tree = module_name(path), str(root / path), tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return spec_from_file_location(fullname, self._file, loader=_Loader(fullname, self._file, self._tree))
