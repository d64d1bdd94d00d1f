"""What people read is said plainly: no phrase that docs/voice.md replaces is left in the product or its pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs_pages import ROOT
from tests.words.test_plain_english import documents, flat

PAGE = ROOT / "docs" / "voice.md"


def replaced_phrases() -> list[str]:
    """Returns the left column of the page's table."""
    rows = re.findall(r"^\| (.+?) \| .+ \|$", PAGE.read_text(), flags=re.MULTILINE)
    return [row for row in rows if row != "instead of"]


def strings_of(source: str) -> Iterator[str]:
    """Yields the text of a module's strings; f-strings have `…` for each value. Specifications of formats are none."""
    tree = ast.parse(source)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    specifications = {id(node.format_spec) for node in ast.walk(tree) if isinstance(node, ast.FormattedValue)}
    inside = {id(part) for node in joined for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in specifications:
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def product_files() -> list[Path]:
    return [file for room in ("bot", "handlers", "storage") for file in sorted((ROOT / room).rglob("*.py"))]


def texts() -> Iterator[tuple[str, str]]:
    """Yields (file, text) of all that people can read: strings of the product, the page of the sandbox, and documents."""
    for file in product_files():
        yield file.relative_to(ROOT).as_posix(), "\n".join(flat(text) for text in strings_of(file.read_text()))
    for file in sorted((ROOT / "bot" / "sandbox" / "static").rglob("*.js")):
        yield file.relative_to(ROOT).as_posix(), flat(file.read_text())
    for file in documents():
        if file != PAGE:
            yield file.relative_to(ROOT).as_posix(), flat(file.read_text())


@pytest.fixture(scope="module")
def all_texts() -> list[tuple[str, str]]:
    return list(texts())


def test_the_page_has_a_table() -> None:
    assert len(replaced_phrases()) > 25


@pytest.mark.parametrize("phrase", replaced_phrases())
def test_no_replaced_phrase_is_left(phrase: str, all_texts: list[tuple[str, str]]) -> None:
    assert [file for file, text in all_texts if phrase.casefold() in text.casefold()] == []


def test_a_percentage_has_no_space(all_texts: list[tuple[str, str]]) -> None:
    spaced = re.compile(r"\d %(?![\w(=])")

    assert [(file, found[0]) for file, text in all_texts if (found := spaced.findall(text))] == []


def test_strings_of_a_module_are_found() -> None:
    source = "def f(n):\n    return f'{n} of {n:,} left', 'and ' 'more'\n"

    assert sorted(strings_of(source)) == ["and more", "… of … left"]
