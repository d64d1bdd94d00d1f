"""The colours of charts: they contrast with what they stand on, and differ for everybody's eyes."""

import itertools
from typing import Any

import numpy as np
import pytest

from bot.charts import style

Matrix = tuple[tuple[float, ...], ...]

NORMAL: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
DEUTERANOPIA: Matrix = ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969))
PROTANOPIA: Matrix = ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052))
"""Machado, Oliveira and Fernandes 2009, full severity."""
_CONES: Matrix = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_LAB: Matrix = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
"""Ottosson 2020: Oklab, in which equal distances look about equally different."""


def channels(color: str) -> Any:
    return np.array([byte / 255 for byte in bytes.fromhex(color[1:])])


def linear(color: Any) -> Any:
    clipped = np.clip(color, 0, 1)
    return np.where(clipped <= 0.04045, clipped / 12.92, ((clipped + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(channels(color)) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    """Of WCAG 2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def seen(color: str, sight: Matrix) -> Any:
    return np.cbrt(linear(np.array(sight) @ channels(color)) @ np.array(_CONES).T) @ np.array(_LAB).T


@pytest.mark.parametrize("ink", [style.INK, style.QUIET, style.WARNING, style.DEEP])
@pytest.mark.parametrize("ground", [style.PAPER, style.SHADE])
def test_words_contrast_with_what_they_stand_on(ink: str, ground: str) -> None:
    """4.5 to 1, as WCAG 2 asks of text (1.4.3)."""
    assert contrast(ink, ground) >= 4.5


def test_a_caption_contrasts_with_the_ground_of_unusual_hours() -> None:
    assert contrast(style.WARNING, style.ALARM) >= 4.5


@pytest.mark.parametrize("color", [*style.SERIES, style.REST, style.WARNING])
def test_bars_contrast_with_the_paper(color: str) -> None:
    """3 to 1, as WCAG 2 asks of the parts of a picture (1.4.11)."""
    assert contrast(color, style.PAPER) >= 3


@pytest.mark.parametrize("sight", [NORMAL, DEUTERANOPIA, PROTANOPIA], ids=["normal", "deuteranopia", "protanopia"])
def test_any_two_tools_differ_for_all_eyes(sight: Matrix) -> None:
    for one, other in itertools.combinations((*style.SERIES, style.REST), 2):
        assert np.linalg.norm(seen(one, sight) - seen(other, sight)) > 0.095, (one, other)


@pytest.mark.parametrize("ground", ["#FFFFFF", "#1A1D21"], ids=["light", "dark"])
def test_the_card_is_seen_on_slacks_grounds(ground: str) -> None:
    """The card brings its own paper: on the light ground its rim shows it, on the dark one the paper itself."""
    assert max(contrast(style.PAPER, ground), contrast(style.FRAME, ground)) >= 1.4
