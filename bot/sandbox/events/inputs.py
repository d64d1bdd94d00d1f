"""Input values in Slack's shape, and the checks of Slack's own client before it sends a form."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.messages import elements_of

Json = dict[str, Any]
_PATTERNS = {
    "email_text_input": ("email address", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    "url_text_input": ("URL", re.compile(r"https?://\S+", re.IGNORECASE)),
}
_FIELD = {  # the element's kind → the name of its value in Slack's payloads, and of its initial value
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
}
_ONE_OPTION = ("static_select", "external_select", "radio_buttons", "overflow")
_MANY_OPTIONS = ("checkboxes", "multi_static_select")
_TEXTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")


def options_of(element: Json) -> list[Json]:
    """Returns an element's options, including those in groups."""
    groups = element.get("option_groups") or []
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def initial(element: Json) -> Any:
    """Returns the raw initial value of an element."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        chosen: Json = element.get("initial_option") or {}
        return chosen.get("value")
    if kind in _MANY_OPTIONS:
        return [option["value"] for option in element.get("initial_options", [])]
    name = _FIELD[kind][1] if kind in _FIELD else ""
    return element.get(name)


def shaped(element: Json, value: Any) -> Json:
    """Returns an element's state as Slack sends it. `value` is the page's raw one: text, id, option value or a list."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        picked = next((option for option in options_of(element) if option.get("value") == value), None)
        return {"type": kind, "selected_option": picked}
    if kind in _MANY_OPTIONS:
        chosen = value or []
        return {"type": kind, "selected_options": [o for o in options_of(element) if o.get("value") in chosen]}
    if kind in _FIELD:
        return {"type": kind, _FIELD[kind][0]: value if value not in ("", None) else None}
    return {"type": kind}


def state(blocks: list[Json], values: Any) -> Json:
    """Returns `state` of a message or view: every input with its value from the page, else its initial value."""
    shapes: dict[str, Json] = {}
    for block, element in elements_of(blocks):
        if element["type"] not in (*_FIELD, *_ONE_OPTION, *_MANY_OPTIONS) or element["type"] == "overflow":
            continue
        typed: Any = values.get(block["block_id"]) if isinstance(values, dict) else None
        has = isinstance(typed, dict) and element["action_id"] in typed
        raw = typed[element["action_id"]] if has else initial(element)
        shapes.setdefault(block["block_id"], {})[element["action_id"]] = shaped(element, raw)
    return {"values": shapes}


def refusals(blocks: list[Json], values: Json) -> dict[str, str]:
    """Returns the errors that Slack's client shows before it sends a form, by block id."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            held = values.get(block["block_id"], {}).get(element["action_id"], {})
            words = _refusal(block, element, _content(held))
            if words:
                errors[block["block_id"]] = words
    return errors


def _content(held: Json) -> Any:
    return next((value for key, value in held.items() if key != "type"), None)


def _refusal(block: Json, element: Json, value: Any) -> str | None:
    if value in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    if element["type"] == "number_input":
        return _number_refusal(element, str(value))
    return _text_refusal(element, str(value)) if element["type"] in _TEXTS else None


def _text_refusal(element: Json, text: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(text) < least:
        return f"Please enter at least {least} characters."
    if len(text) > most:
        return f"Please enter no more than {most} characters."
    pattern = _PATTERNS.get(element["type"])
    return f"Please enter a valid {pattern[0]}." if pattern and not pattern[1].fullmatch(text) else None


def _number_refusal(element: Json, text: str) -> str | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return "Please enter a number."
    if not number.is_finite() or "e" in text.lower():
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Please enter a whole number."
    if element.get("min_value") not in (None, "") and number < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if element.get("max_value") not in (None, "") and number > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
