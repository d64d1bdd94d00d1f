"""The fields of a form that ask how long budget lasts."""

from collections.abc import Sequence

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.books.grant_ends import END_KINDS, EndKind, TypedEnd
from bot.views.blocks import modal
from bot.views.grant_ends import end_fields
from tests.bot.views.surfaces import elements, obeys

REQUESTED: tuple[EndKind, ...] = ("period", "date", "open")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (TypedEnd(kind="period"), REQUESTED),
        (TypedEnd(kind="date", day="2026-12-24", measure="9" * 40), END_KINDS),
        (TypedEnd(kind="days", measure="10 days"), ("period", "days")),
        (TypedEnd(kind="unknown"), ("period", "spent")),
    ],
)
def test_a_form_asks_for_what_it_offers(
    typed: TypedEnd, offered: Sequence[EndKind], snapshot: SnapshotAssertion
) -> None:
    blocks = end_fields(typed, period="quarter", offered=offered)
    obeys(modal(title="Ends", submit="Save", blocks=blocks, callback_id="ends", metadata="{}"))

    assert [option["value"] for option in elements({"blocks": blocks})[0]["options"]] == list(offered)
    assert blocks == snapshot
