"""Texts of charts: characters without a glyph, and the order of words in scripts that run from right to left."""

import pytest

from bot.charts.letters import picture_of, printable, width_of

SIZE = 24.0


def ink(text: str) -> float:
    return float(picture_of(text, SIZE, False, "#000000").pixels[..., 3].sum())


@pytest.mark.parametrize("name", ["שלום", "فريق البحث"])
def test_a_sentence_that_begins_with_such_a_name_runs_from_left_to_right(name: str) -> None:
    whole = picture_of(f"{name} MWMW", SIZE, False, "#000000").pixels[..., 3]
    tail = whole[:, -round(width_of("MWMW", SIZE, False)) :]

    assert float(tail.sum()) == pytest.approx(ink("MWMW"), rel=0.03)


def test_letters_of_arabic_are_joined() -> None:
    assert width_of("بب", SIZE, False) < 2 * width_of("ب", SIZE, False)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Search", "Search"),
        (" a\tb\n", "a b"),
        ("検索 team", "□ team"),
        ("e\u0301", "é"),
        ("x\u202ey\x00", "xy"),
        ("Müller – $5", "Müller – $5"),
    ],
)
def test_characters_without_a_glyph_become_one_box(typed: str, shown: str) -> None:
    assert printable(typed, bold=False) == shown
