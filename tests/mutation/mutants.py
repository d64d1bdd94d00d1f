"""The mutants of a module: where each one is, and its changed syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.operators import changes

_UNCHANGED = (ast.Import, ast.ImportFrom, ast.Assert, ast.expr_context)
_TYPE_FIELDS = {"annotation", "returns", "decorator_list", "format_spec"}
"""Types change nothing at run time, a decorator is all or nothing, and a format that is no format fails anyway."""
_MOST_SHOWN = 60
_TYPE_CALLS = {"cast", "NewType", "TypeVar"}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change. `function` is the outermost function or method around it, "" at the level of the module."""

    path: str
    function: str
    line: int
    before: str
    after: str
    source: str
    owner: Any
    field: str
    place: int | None
    node: ast.AST

    @property
    def label(self) -> str:
        """Names the mutant by what stands in the file, so that the name outlives changes elsewhere."""
        return f"{self.path} | {self.function or '(module)'} | {self.source} | {self.before} -> {self.after}"

    def apply(self) -> None:
        """Changes the tree it was found in, for good: a mutant is applied in a process of its own."""
        if self.place is None:
            setattr(self.owner, self.field, self.node)
        else:
            getattr(self.owner, self.field)[self.place] = self.node


def mutants_of(root: Path, path: str) -> tuple[ast.Module, list[Mutant]]:
    """Returns a file's syntax tree and its mutants, in the order of the file."""
    text = (root / path).read_text()
    tree = ast.parse(text)
    lines = text.splitlines()
    found: list[Mutant] = []
    line = 0
    for owner, field, place, node, function in _slots(tree, "", ""):
        line = getattr(node, "lineno", line)
        for changed in changes(node):
            before, after = _difference(node, changed)
            found.append(
                Mutant(
                    path=path,
                    function=function,
                    line=line,
                    before=before,
                    after=after,
                    source=lines[line - 1].strip(),
                    owner=owner,
                    field=field,
                    place=place,
                    node=changed,
                )
            )
    return tree, found


def _slots(owner: ast.AST, prefix: str, function: str) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, str]]:
    """Yields every node that may change, with the place where it hangs and the function around it."""
    for field, value in ast.iter_fields(owner):
        if field in _TYPE_FIELDS:
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        inner = function
        if isinstance(owner, ast.FunctionDef) and not function and field == "body":
            inner = f"{prefix}{owner.name}"
        for place, child in children:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            yield owner, field, place, child, inner
            deeper = f"{prefix}{child.name}." if isinstance(child, ast.ClassDef) else prefix
            yield from _slots(child, deeper, inner)


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True  # a docstring
        case (
            ast.Subscript(value=ast.Name(id="Literal")) | ast.Assign(value=ast.Subscript(value=ast.Name(id="Literal")))
        ):
            return True  # a type with a name
        case ast.Call(func=ast.Name(id=name)):
            return name in _TYPE_CALLS
    return isinstance(node, _UNCHANGED)


def _difference(node: ast.AST, changed: ast.AST) -> tuple[str, str]:
    """Shows a change in one line: what stood there, and what stands there now."""
    match node, changed:
        case (ast.If() | ast.While(), ast.If() | ast.While()):
            return f"if {_short(node.test)}", f"if {_short(changed.test)}"
        case (ast.comprehension(), ast.comprehension()):
            return _short_conditions(node), _short_conditions(changed)
        case (ast.Call(), ast.Call()) if len(changed.keywords) < len(node.keywords):
            (gone,) = [keyword for keyword in node.keywords if keyword not in changed.keywords]
            return f"{_short(node.func)}({_short(gone)})", f"{_short(node.func)}()"
    return _short(node), _short(changed)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _short_conditions(node: ast.comprehension) -> str:
    return " ".join(f"if {_short(test)}" for test in node.ifs)
