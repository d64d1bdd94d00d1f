"""Letters of charts: their font, the characters it has, how wide a text is, and pictures of texts."""

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags

_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
_SCALE = 64
"""FreeType measures in parts of a pixel."""
_DPI = 72
"""At 72 dpi a point is a pixel."""


class WordPicture(NamedTuple):
    """A text in its colour on a transparent ground, and how many pixels of it are below its baseline."""

    pixels: Any
    descent: float


@lru_cache(maxsize=2)
def _font_file(bold: bool) -> str:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name)


@lru_cache(maxsize=64)
def font_of(size: float, bold: bool) -> FontProperties:
    """Returns the font of a size in pixels."""
    return FontProperties(fname=_font_file(bold), size=size)


@lru_cache(maxsize=2)
def _known_characters(bold: bool) -> frozenset[int]:
    return frozenset(get_font(_font_file(bold)).get_charmap())


def _laid_out(text: str, size: float, bold: bool) -> Any:
    """Returns the font with a text in it. Fonts are shared, so each use lays out its own text.

    A sentence that begins with an Arabic or Hebrew name still runs from left to right.
    """
    font = get_font(_font_file(bold))
    font.set_size(size, _DPI)
    font.set_text(text if text.isascii() else f"{_LEFT_TO_RIGHT}{text}", 0.0, flags=LoadFlags.NO_HINTING)
    return font


@lru_cache(maxsize=8192)
def width_of(text: str, size: float, bold: bool) -> float:
    """Returns the width of a text in pixels."""
    return float(_laid_out(text, size, bold).get_width_height()[0] / _SCALE)


@lru_cache(maxsize=512)
def picture_of(text: str, size: float, bold: bool, color: str) -> WordPicture:
    """Returns a text as pixels. The same days, amounts and names come again in chart after chart, so they are kept."""
    font = _laid_out(text, size, bold)
    font.draw_glyphs_to_bitmap(antialiased=True)
    shades = np.asarray(font.get_image())[::-1]  # the canvas wants the lowest row first
    pixels = np.empty((*shades.shape, 4), np.uint8)
    pixels[..., :3] = tuple(bytes.fromhex(color[1:]))
    pixels[..., 3] = shades
    return WordPicture(pixels, font.get_descent() / _SCALE)


def printable(text: str, *, bold: bool) -> str:
    """Returns a text as one line of characters that the font has; a run of others becomes one `□`."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    known, shown = _known_characters(bold), ""
    for character in " ".join(unicodedata.normalize("NFC", text).split()):
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            continue
        if ord(character) in known:
            shown += character
        elif not shown.endswith("□"):
            shown += "□"
    return shown
