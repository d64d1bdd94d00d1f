"""The page of a statement: one PDF of one page, whatever names and lengths it has."""

import re

import pytest

from bot.books.statements.coverage import Coverage
from bot.charts.pages import StatementPage, page_file, page_of_file
from bot.charts.render import render_page
from bot.money import NANOS
from bot.views.books.statements import statement_page
from tests.bot.books.statements.examples import DAY, ENTRIES, charge, made

LONG = "Research, Development and Everything Else of the Western Hemisphere " * 6
NAMES = {
    "hebrew": "שירותי חיפוש",
    "arabic": "فريق البحث",
    "formula": "$\\frac{x$ & <b>",
    "long": LONG,
    "unknown": "検索\x00",
}
YEAR = tuple(charge(100 + n, DAY + n % 31, NANOS * n) for n in range(1, 400))


def page_of(name: str = "Search", *, tools: int = 2) -> StatementPage:
    entries = (*ENTRIES, *YEAR)
    total = made(entries, tools={}).charged_nanos
    used = {f"{name} {n}": total // tools for n in range(tools)}
    coverage = Coverage(
        usage_nanos=total, unpriced_calls=3, unpriced_tokens=9, unattributed_nanos=5, company_nanos=total
    )
    return statement_page(made(entries, name=name, tools=used, coverage=coverage), organisation=name)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_every_name_makes_one_page(name: str) -> None:
    pdf = render_page(page_of(name, tools=40))

    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


def test_equal_pages_are_equal_bytes() -> None:
    assert render_page(page_of()) == render_page(page_of())


def test_a_page_is_stored_with_its_message() -> None:
    page = page_of()

    assert page_of_file(page_file("x.pdf", page)) == page
    with pytest.raises(ValueError, match="title"):
        page_of_file({"kind": "statement_page", "page": {"title": 1}})


def test_the_page_shows_what_finance_files() -> None:
    page = page_of()
    labels = [row.label for row in page.figures]

    assert (labels[0], labels[-2], labels[-1]) == ("Opening", "Closing", "of it still held")
    assert page.tools[-1].label == "All charges"
    assert "cost centre CC-100" in page.subtitle
    assert any("3 calls have no price" in note for note in page.notes)


def test_a_preliminary_page_says_that_it_is_not_to_be_filed() -> None:
    page = statement_page(made(state="preliminary"), organisation="Acme")

    assert not page.is_final
    assert page.state.startswith("Preliminary")
    assert "Without a seal" in page.footer[0]
