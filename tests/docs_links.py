"""Links from the documents to lines of code: `python -m tests.docs_links` sets their paths and line numbers.

A link names a definition and the line where it is: [`Class.method`](../path/file.py#L12). The name is the truth: where
the code moved, the path and the number follow it.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "handlers", "storage", "tests")
_LINK = re.compile(r"\[`?(?P<name>[\w.]+)`?\]\((?P<path>[^)#\s]+\.py)#L(?P<line>\d+)\)")


class LostDefinition(Exception):
    """The name of a link is defined nowhere, or in several files."""


@dataclass(frozen=True, kw_only=True)
class CodeLink:
    """A link to a line: the name it shows, and the path as written, relative to its page."""

    page: Path
    name: str
    path: str
    line: int

    @property
    def file(self) -> Path:
        return (self.page.parent / self.path).resolve()


def links_in(page: Path, text: str) -> list[CodeLink]:
    return [
        CodeLink(page=page, name=match["name"], path=match["path"], line=int(match["line"]))
        for match in _LINK.finditer(text)
    ]


def definitions(source: str) -> dict[str, int]:
    """Returns the line of each class, function and constant of a module, by its qualified name (`Class.method`)."""
    return dict(_definitions(ast.parse(source), ""))


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child.lineno
            yield from _definitions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for name in (inner for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)):
                yield f"{prefix}{name.id}", child.lineno


def fault_of(link: CodeLink) -> str | None:
    """Returns why a link is wrong, or None: its file must define its name on its line."""
    if not link.file.is_file():
        return f"{link.path} does not exist"
    line = definitions(link.file.read_text()).get(link.name)
    if line is None:
        return f"{link.path} does not define {link.name}"
    return None if line == link.line else f"{link.name} is on line {line} of {link.path}, not on line {link.line}"


def corrected(page: Path, text: str) -> str:
    """Returns a page's text with each link at its definition.

    Raises LostDefinition where the name is gone from its file and no other file alone defines it.
    """

    def correct(match: re.Match[str]) -> str:
        name = match["name"]
        file = (page.parent / match["path"]).resolve()
        line = definitions(file.read_text()).get(name) if file.is_file() else None
        if line is None:
            file, line = _find(name)
        path = Path(os.path.relpath(file, page.parent)).as_posix()
        return match[0].replace(f"{match['path']}#L{match['line']}", f"{path}#L{line}")

    return _LINK.sub(correct, text)


def _find(name: str) -> tuple[Path, int]:
    places = [
        (file, known[name])
        for room in ROOMS
        for file in sorted((ROOT / room).rglob("*.py"))
        if name in (known := definitions(file.read_text()))
    ]
    if len(places) != 1:
        raise LostDefinition(f"{name} is defined in {len(places)} files: {[str(file) for file, _ in places]}")
    return places[0]


def main() -> None:
    faults = []
    for page in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]):
        text = page.read_text()
        try:
            after = corrected(page, text)
        except LostDefinition as error:
            faults.append(f"{page.relative_to(ROOT)}: {error}")
            continue
        if after != text:
            page.write_text(after)
            sys.stdout.write(f"corrected {page.relative_to(ROOT)}\n")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
