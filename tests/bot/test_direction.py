"""Names that are written from right to left, or that carry marks of direction, leave the words around them in order."""

import pytest

from bot.text import isolated, plain, undirected
from bot.views.blocks import name, quote

OVERRIDE, ISOLATE, END = "\u202e", "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Search", "Search"),
        (f"Search{OVERRIDE}", "Search"),
        (f"{OVERRIDE}Approved by Ben\u2066", "Approved by Ben"),
        ("צוות חיפוש", f"{ISOLATE}צוות חיפוש{END}"),
        ("فريق البحث & Co", f"{ISOLATE}فريق البحث &amp; Co{END}"),
        ("Zero\u200bwidth", "Zero\u200bwidth"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_a_name_turns_nothing_around_it(typed: str, shown: str) -> None:
    assert name(typed) == shown


def test_marks_of_direction_are_left_out_of_labels_and_quotations() -> None:
    assert plain(f"a{OVERRIDE}b") == "ab"
    assert quote(f"one{OVERRIDE}\ntwo") == "> one\n> two"
    assert undirected(f"{ISOLATE}x{END}") == "x"
    assert isolated("plain") == "plain"
