"""A statement's page as a value, which messages store as JSON until a worker draws it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

PAGE_FILE = "statement_page"


class PageRow(Struct, frozen=True, kw_only=True):
    """A row of a table: its words, its amount, and whether it is a sum."""

    label: str
    amount: str
    is_sum: bool = False


class StatementPage(Struct, frozen=True, kw_only=True):
    """All that a page shows. `state` stands beside the title, in the colour of a warning unless the page `is_final`.

    `days` are (day since 1970, nano-dollars), ascending. `notes` are sentences; `footer` has short lines without breaks.
    """

    organisation: str
    title: str
    period: str
    subtitle: str
    state: str
    is_final: bool
    figures: tuple[PageRow, ...]
    tools: tuple[PageRow, ...]
    days: tuple[tuple[int, int], ...]
    first_day: int
    end_day: int
    notes: tuple[str, ...]
    footer: tuple[str, ...]


def page_file(name: str, page: StatementPage) -> dict[str, Any]:
    """Returns a page as a file of a message; the worker draws its PDF."""
    return {"name": name, "kind": PAGE_FILE, "page": msgspec.to_builtins(page)}


def page_of_file(stored: Mapping[str, Any]) -> StatementPage:
    """Returns the page that `page_file` stored, also after a trip through JSON. Raises ValueError for anything else."""
    try:
        return msgspec.convert(stored.get("page"), StatementPage)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
