"""The modals that tell a person what became of a click or a form."""

from collections.abc import Sequence
from typing import Any

from bot.messages import Block
from bot.text import plain
from bot.views.blocks import page, section

_TITLE_CHARACTERS = 24
_MODAL_BLOCKS = frozenset({"section", "context", "divider", "header", "actions", "image"})


def notice_view(title: str, sentence: str, *, blocks: Sequence[Block] = ()) -> dict[str, Any]:
    """Returns a modal to read with a sentence, or with the blocks of a message if a modal may have them all."""
    fitting = bool(blocks) and all(block["type"] in _MODAL_BLOCKS for block in blocks)
    shown = list(blocks) if fitting else [section(sentence, block_id="notice")]
    return page(title=_fitting(title), blocks=shown)


def waiting_view(title: str) -> dict[str, Any]:
    """Returns the modal of a form whose outcome is not known in time."""
    words = "This takes longer than usual. Here, or in a message from me, you will see what came of it."
    return page(title=_fitting(title), blocks=[section(words, block_id="waiting")])


def done_sentence(title: str) -> str:
    """Returns the sentence of a form that was done after it was answered."""
    return f"Done: “{title}” went through. It took longer than usual." if title else "Done. It took longer than usual."


def _fitting(title: str) -> str:
    return plain(title, limit=_TITLE_CHARACTERS) if title else "Tokens"
