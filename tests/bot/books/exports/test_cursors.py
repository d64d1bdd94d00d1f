"""Cursors: each is read back as it was, and nothing else is one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.exports.cursors import BadCursor, ExportCursor, read_cursor

OF: dict[str, Any] = {"name": "usage", "period": "2026-11", "team_id": None}
POSITIONS = st.one_of(
    st.just(()),
    st.tuples(st.integers(0, 2**63 - 1)),
    st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**31), st.binary(min_size=1, max_size=32)),
)


@given(POSITIONS, st.integers(0, 10**15 - 1))
def test_a_cursor_is_read_back(position: tuple[Any, ...], passed: int) -> None:
    cursor = ExportCursor(**OF, snapshot="10:12:10,11", position=position)

    assert read_cursor(cursor.word, **OF) == cursor
    assert read_cursor(f"{cursor.word}.{passed}", **OF).passed == passed


@given(st.text(max_size=40))
def test_any_other_text_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadCursor, match="cursor"):
        read_cursor(text, **OF)


@pytest.mark.parametrize(
    "changed", [{"name": "ledger"}, {"period": "2026-10"}, {"period": ""}, {"team_id": 3}], ids=str
)
def test_a_cursor_of_another_export_is_refused(changed: dict[str, Any]) -> None:
    word = ExportCursor(**OF, snapshot="1.2.3.4", position=(5,)).word

    with pytest.raises(BadCursor, match="another export"):
        read_cursor(word, **(OF | changed))


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        [1],
        [2, "usage", "2026-11", None, "1", []],
        [1, "usage", "2026-11", None, 7, []],
        [1, "usage", "2026-11", None, "1", [1, 2]],
        [1, "usage", "2026-11", None, "1", ["1"]],
        [1, "usage", "2026-11", None, "1", [True]],
        [1, "usage", "2026-11", None, "1", [2**63]],
        [1, "usage", "2026-11", None, "1", [1, 2, "zz"]],
        [1, "usage", "2026-11", None, "1", [1, 2, 3]],
        [1, "usage", "2026-11", None, "1", {}],
    ],
    ids=str,
)
def test_a_word_that_holds_something_else_is_refused(content: Any) -> None:
    word = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()

    with pytest.raises(BadCursor):
        read_cursor(word, **OF)
