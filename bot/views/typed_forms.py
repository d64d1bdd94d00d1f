"""A form as somebody filled it in, shown again with what they typed."""

from collections.abc import Mapping
from typing import Any, Final

from bot.views.blocks import section

NOTE: Final = "note"
"""The block id of the sentence above a form that is shown again."""
_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata", "blocks", "notify_on_close")
_INITIAL = {
    "selected_option": "initial_option",
    "selected_date": "initial_date",
    "selected_conversation": "initial_conversation",
    "selected_users": "initial_users",
    "value": "initial_value",
}


def typed_again(view: Mapping[str, Any], *, note: str) -> dict[str, Any]:
    """Returns a submitted form, as Slack sent it, with what was typed in its fields and a note on top in mrkdwn."""
    typed = (view.get("state") or {}).get("values") or {}
    blocks = [_filled(block, typed.get(block.get("block_id"), {})) for block in view.get("blocks") or []]
    shown = [block for block in blocks if block.get("block_id") != NOTE]
    return {
        **{key: view[key] for key in _KEPT if view.get(key)},
        "blocks": [section(f"*{note}*", block_id=NOTE), *shown],
    }


def _filled(block: Mapping[str, Any], values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    element = block.get("element")
    held = values.get(element.get("action_id", "")) if isinstance(element, dict) else None
    if not isinstance(element, dict) or held is None:
        return dict(block)
    filled = {key: value for key, value in element.items() if key not in _INITIAL.values() and key != "focus_on_load"}
    filled |= {initial: held[key] for key, initial in _INITIAL.items() if held.get(key)}
    return {**block, "element": filled}
