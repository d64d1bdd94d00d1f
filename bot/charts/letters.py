"""Letters of charts: their font, the characters it has, and how wide a text is."""

import unicodedata
from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontProperties, get_font


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


@lru_cache(maxsize=8192)
def width_of(text: str, size: float, bold: bool) -> float:
    """Returns the width of a text in pixels."""
    font = get_font(_font_file(bold))
    font.set_size(size, 72)
    font.set_text(text)
    return float(font.get_width_height()[0] / 64)


def printable(text: str, *, bold: bool) -> str:
    """Returns a text as one line of characters that the font has; a run of others becomes one `□`."""
    known, shown = _known_characters(bold), ""
    for character in " ".join(unicodedata.normalize("NFC", text).split()):
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            continue
        if ord(character) in known:
            shown += character
        elif not shown.endswith("□"):
            shown += "□"
    return shown
