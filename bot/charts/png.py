"""Pixels as PNG."""

import struct
import zlib
from typing import Any

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 1


def png_of(pixels: Any) -> bytes:
    """Returns the PNG of rows × columns × RGBA bytes, without a time or a program's name.

    Pillow tries every filter on every row. A chart is flat: without any filter, at zlib's fastest level, it takes a third of
    the time and makes a smaller file.
    """
    rows, columns, _ = pixels.shape
    unfiltered = np.zeros((rows, 1 + columns * 4), np.uint8)
    unfiltered[:, 1:] = pixels.reshape(rows, columns * 4)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    squeezed = zlib.compress(unfiltered.data, _LEVEL)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", squeezed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
