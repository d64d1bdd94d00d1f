"""Texts, options and interactive elements of Block Kit, with the limits of docs.slack.dev/reference/block-kit."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.blocks.shapes import (
    Shape,
    all_of,
    anything,
    at,
    between,
    boolean,
    by_type,
    items,
    number,
    one_of,
    record,
    string,
)

ACTION_ID = string(255, least=1)
STYLE = one_of("primary", "danger")


def text(most: int, *, markdown: bool = True) -> Shape:
    """Describes a text object of 1 to `most` characters. `markdown=False` allows plain_text only."""
    kinds = {"plain_text": record({"text": string(most, least=1)}, {"emoji": boolean})}
    if markdown:
        kinds["mrkdwn"] = record({"text": string(most, least=1)}, {"verbatim": boolean})
    return by_type(kinds)


def plain(most: int) -> Shape:
    """Describes a plain_text object."""
    return text(most, markdown=False)


CONFIRM = record(
    {"text": text(300)},
    {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": STYLE},
)
OPTION = record(
    {"text": plain(75), "value": string(75, least=1)},
    {"description": plain(75), "url": string(3000)},
)
MARKDOWN_OPTION = record(
    {"text": text(75), "value": string(75, least=1)},
    {"description": text(75), "url": string(3000)},
)
OPTION_GROUP = record({"label": plain(75), "options": items(OPTION, most=100)})
SLACK_FILE = record({}, {"id": string(255, least=1), "url": string(3000, least=1)})


def _exactly_one(first: str, second: str) -> Shape:
    def check(value: Any, pointer: str) -> Iterator[str]:
        if isinstance(value, dict) and (first in value) == (second in value):
            yield at(f"exactly one of {first} and {second} is required", pointer)

    return check


def _chosen_among_options(value: Any, pointer: str) -> Iterator[str]:
    """Checks that initial options are among the options."""
    if not isinstance(value, dict) or not isinstance(value.get("options"), list):
        return
    several = value.get("initial_options")
    chosen = list(several) if isinstance(several, list) else []
    chosen += [value["initial_option"]] if "initial_option" in value else []
    if not all(option in value["options"] for option in chosen):
        yield at("initial option does not match any option", pointer)


_acting = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": boolean}
_hinted = {**_acting, "placeholder": plain(150)}
_typed = {
    "action_id": ACTION_ID,
    "placeholder": plain(150),
    "focus_on_load": boolean,
    "dispatch_action_config": record({}, {"trigger_actions_on": items(string(255), most=2)}),
}
_file = all_of(SLACK_FILE, _exactly_one("id", "url"))

IMAGE = all_of(
    record({"alt_text": string(2000, least=1)}, {"image_url": string(3000, least=1), "slack_file": _file}),
    _exactly_one("image_url", "slack_file"),
)
BUTTON = record(
    {"text": plain(75)},
    {
        "action_id": ACTION_ID,
        "confirm": CONFIRM,
        "url": string(3000),
        "value": string(2000),
        "style": STYLE,
        "accessibility_label": string(75),
    },
)
OVERFLOW = record({"options": items(OPTION, least=2, most=5)}, {"action_id": ACTION_ID, "confirm": CONFIRM})
_many = {"max_selected_items": between(1, 1000)}
_static = {"options": items(OPTION, most=100), "option_groups": items(OPTION_GROUP, most=100)}
STATIC_SELECT = all_of(
    record({}, {**_hinted, **_static, "initial_option": OPTION}),
    _exactly_one("options", "option_groups"),
    _chosen_among_options,
)
MULTI_STATIC_SELECT = all_of(
    record({}, {**_hinted, **_static, **_many, "initial_options": items(OPTION, most=100)}),
    _exactly_one("options", "option_groups"),
    _chosen_among_options,
)
_checkable = {"options": items(MARKDOWN_OPTION, most=10)}

CHOICES: dict[str, Shape] = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "static_select": STATIC_SELECT,
    "multi_static_select": MULTI_STATIC_SELECT,
    "external_select": record({}, {**_hinted, "initial_option": OPTION, "min_query_length": between(0, 100)}),
    "users_select": record({}, {**_hinted, "initial_user": string(255)}),
    "multi_users_select": record({}, {**_hinted, **_many, "initial_users": items(string(255), most=1000)}),
    "channels_select": record({}, {**_hinted, "initial_channel": string(255), "response_url_enabled": boolean}),
    "multi_channels_select": record({}, {**_hinted, **_many, "initial_channels": items(string(255), most=1000)}),
    "conversations_select": record(
        {},
        {
            **_hinted,
            "initial_conversation": string(255),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": anything,
        },
    ),
    "checkboxes": all_of(
        record(_checkable, {**_acting, "initial_options": items(MARKDOWN_OPTION, most=10)}), _chosen_among_options
    ),
    "radio_buttons": all_of(record(_checkable, {**_acting, "initial_option": MARKDOWN_OPTION}), _chosen_among_options),
    "datepicker": record({}, {**_hinted, "initial_date": string(10, least=10)}),
    "timepicker": record({}, {**_hinted, "initial_time": string(5, least=5), "timezone": string(100)}),
    "datetimepicker": record({}, {**_acting, "initial_date_time": number}),
}
INPUTS: dict[str, Shape] = {
    **{kind: shape for kind, shape in CHOICES.items() if kind not in ("button", "overflow")},
    "plain_text_input": record(
        {},
        {
            **_typed,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": between(0, 3000),
            "max_length": between(1, 3000),
        },
    ),
    "number_input": record(
        {"is_decimal_allowed": boolean},
        {**_typed, "initial_value": string(300), "min_value": string(300), "max_value": string(300)},
    ),
    "email_text_input": record({}, {**_typed, "initial_value": string(3000)}),
    "url_text_input": record({}, {**_typed, "initial_value": string(3000)}),
}
_feedback = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
CONTEXT_ACTIONS: dict[str, Shape] = {
    "feedback_buttons": record({"positive_button": _feedback, "negative_button": _feedback}, {"action_id": ACTION_ID}),
    "icon_button": record(
        {"icon": one_of("trash"), "text": plain(75)},
        {
            "action_id": ACTION_ID,
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": items(string(255), most=100),
        },
    ),
}
