"""Blocks that Slack rejects, one invalid payload per line."""

from typing import Any

import pytest

from bot.sandbox.blocks.limits import message_faults, too_long, view_faults

Json = dict[str, Any]


def plain(words: str) -> Json:
    return {"type": "plain_text", "text": words}


def markdown(words: str) -> Json:
    return {"type": "mrkdwn", "text": words}


def button(words: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(words), "action_id": "go", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(words: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": markdown(words), **more}


def option(n: int = 0, words: str = "One") -> Json:
    return {"text": plain(words), "value": str(n)}


def select(count: int = 2, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option(n) for n in range(count)], **more}


def chart(kind: str = "bar", *, series: int = 1, points: int = 2, **more: Any) -> Json:
    labels = [f"d{n}" for n in range(points)]
    drawn = [{"name": f"s{n}", "data": [{"label": label, "value": 1} for label in labels]} for n in range(series)]
    body: Json = {"type": kind, "series": drawn, "axis_config": {"categories": labels}}
    if kind == "pie":
        body = {"type": "pie", "segments": [{"label": label, "value": 1} for label in labels]}
    return {"type": "data_visualization", "title": "Spend", "chart": body, **more}


def crooked(value: float = 1, label: str = "d0") -> Json:
    block = chart("line")
    block["chart"]["series"][0]["data"][0] = {"label": label, "value": value}
    return block


def pie(value: float) -> Json:
    block = chart("pie")
    block["chart"]["segments"][0]["value"] = value
    return block


def table(rows: int = 2, columns: int = 2, **more: Any) -> Json:
    cell = {"type": "raw_text", "text": "x"}
    return {"type": "table", "rows": [[cell] * columns for _ in range(rows)], **more}


def data_table(rows: int = 3, **more: Any) -> Json:
    return {**table(rows), "type": "data_table", "caption": "Top models", **more}


def entry(**more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "why"}
    return {"type": "input", "label": plain("Why"), "element": element, **more}


def picture(**more: Any) -> Json:
    return {"type": "image", "alt_text": "A chart", "slack_file": {"id": "F0000000001"}, **more}


GOOD = [
    [section(), {"type": "header", "text": plain("Digest")}, {"type": "divider"}],
    [section(fields=[markdown("a"), plain("b")], accessory=button(style="primary", url="https://example.test"))],
    [actions(button(), select(), {"type": "overflow", "action_id": "more", "options": [option(1), option(2)]})],
    [
        {
            "type": "context",
            "elements": [markdown("small"), {"type": "image", "alt_text": "x", "image_url": "https://x"}],
        }
    ],
    [picture(title=plain("Spend per day"), block_id="chart")],
    [chart("bar", series=6, points=20), chart("pie", points=6)],
    [table(rows=100, columns=20, column_settings=[{"align": "right", "is_wrapped": True}])],
    [data_table(rows=201, page_size=100, row_header_column_index=0)],
    [
        actions(
            button(
                confirm={
                    "title": plain("Sure?"),
                    "text": markdown("$500"),
                    "confirm": plain("Yes"),
                    "deny": plain("No"),
                }
            )
        )
    ],
]

BAD = [
    ("a block of no known type", [{"type": "sparkle"}], "unsupported type: sparkle"),
    ("a block without a type", [{"text": plain("x")}], "missing required field: type"),
    ("51 blocks", [{"type": "divider"}] * 51, "no more than 50 items"),
    ("blocks that are no array", {"type": "divider"}, "must be an array"),
    ("a long section", [section("x" * 3001)], "/blocks/0/text/text"),
    ("an empty text", [section("")], "must be more than 0 characters"),
    ("a section that says nothing", [{"type": "section"}], "missing required field: text"),
    ("a long header", [{"type": "header", "text": plain("x" * 151)}], "less than 151"),
    ("a header in mrkdwn", [{"type": "header", "text": markdown("x")}], "unsupported type: mrkdwn"),
    ("11 fields", [section(fields=[markdown("x")] * 11)], "no more than 10 items"),
    ("a long field", [section(fields=[markdown("x" * 2001)])], "less than 2001"),
    ("an unknown property", [section(colour="red")], "invalid additional property: colour"),
    ("11 elements of context", [{"type": "context", "elements": [markdown("x")] * 11}], "no more than 10"),
    ("26 actions", [actions(*(button(action_id=str(n)) for n in range(26)))], "no more than 25"),
    ("a long button", [actions(button("x" * 76))], "less than 76"),
    ("a long value", [actions(button(value="x" * 2001))], "less than 2001"),
    ("a number as value", [actions(button(value=7))], "must be a string"),
    ("a long action id", [actions(button(action_id="x" * 256))], "less than 256"),
    ("a style of our own", [actions(button(style="gold"))], "must be one of: primary, danger"),
    ("an action id twice", [actions(button(), button())], "action_id must be unique"),
    ("a block id twice", [section(block_id="a"), section(block_id="a")], "block_id must be unique"),
    ("a long block id", [section(block_id="x" * 256)], "less than 256"),
    ("an overflow of one", [actions({"type": "overflow", "action_id": "m", "options": [option()]})], "no fewer than 2"),
    (
        "an overflow of six",
        [actions({"type": "overflow", "action_id": "m", "options": [option()] * 6})],
        "no more than 5",
    ),
    ("a long option", [actions(select(options=[option(words="x" * 76)]))], "less than 76"),
    ("101 options", [actions(select(101))], "no more than 100"),
    ("no options", [actions(select(0))], "no fewer than 1"),
    ("an initial option from elsewhere", [actions(select(initial_option=option(9)))], "does not match any option"),
    ("a long confirmation", [actions(button(confirm={"text": plain("x" * 301)}))], "less than 301"),
    ("a long yes", [actions(button(confirm={"text": plain("x"), "confirm": plain("x" * 31)}))], "less than 31"),
    ("a picture nobody describes", [{"type": "image", "image_url": "https://x"}], "missing required field: alt_text"),
    ("a picture with two sources", [picture(image_url="https://x")], "exactly one of"),
    ("an alert in a message", [{"type": "alert", "text": plain("x")}], "unsupported type: alert"),
    ("three charts", [chart(), chart(), chart()], "no more than 2 data_visualization"),
    ("seven series", [chart(series=7)], "no more than 6"),
    ("seven slices", [chart("pie", points=7)], "no more than 6"),
    ("21 points", [chart(points=21)], "no more than 20"),
    ("a chart of no known type", [chart("radar")], "unsupported type: radar"),
    ("a long chart title", [chart(title="x" * 51)], "less than 51"),
    ("a long label", [crooked(label="x" * 21)], "less than 21"),
    ("a point out of order", [crooked(label="d1")], "exactly one point per category"),
    ("a slice of nothing", [pie(0)], "greater than 0"),
    ("two tables", [table(), table()], "only one table"),
    ("101 rows", [table(rows=101)], "no more than 100"),
    ("21 columns", [table(columns=21)], "no more than 20"),
    ("a data table without caption", [{**table(3), "type": "data_table"}], "missing required field: caption"),
    ("a data table with a header alone", [data_table(1)], "no fewer than 2"),
]


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Request AI budget"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


BAD_VIEWS = [
    ("a long title", modal(title=plain("x" * 25)), "less than 25"),
    ("a long submit", modal(submit=plain("x" * 25)), "less than 25"),
    ("101 blocks", modal(*[{"type": "divider"}] * 101), "no more than 100"),
    ("long metadata", modal(private_metadata="x" * 3001), "less than 3001"),
    ("metadata that is no string", modal(private_metadata={"id": 7}), "must be a string"),
    ("a long callback id", modal(callback_id="x" * 256), "less than 256"),
    (
        "an input without submit",
        {"type": "modal", "title": plain("x"), "blocks": [entry()]},
        "a submit button is required",
    ),
    ("a chart", modal(chart()), "unsupported type: data_visualization"),
    (
        "an alert at home",
        {"type": "home", "blocks": [{"type": "alert", "text": plain("x")}]},
        "unsupported type: alert",
    ),
    ("a view of no known type", {"type": "drawer", "blocks": []}, "must be one of: modal, home"),
    ("a title at home", {"type": "home", "title": plain("x"), "blocks": []}, "invalid additional property: title"),
    (
        "a long placeholder",
        modal(entry(element={"type": "plain_text_input", "placeholder": plain("x" * 151)})),
        "less than 151",
    ),
]


@pytest.mark.parametrize("blocks", GOOD)
def test_valid_blocks_are_accepted(blocks: list[Json]) -> None:
    assert message_faults(blocks) == []


@pytest.mark.parametrize(("what", "blocks", "words"), BAD, ids=[what for what, _, _ in BAD])
def test_invalid_blocks_are_refused(what: str, blocks: Any, words: str) -> None:
    assert any(words in fault for fault in message_faults(blocks)), message_faults(blocks)


@pytest.mark.parametrize(("what", "view", "words"), BAD_VIEWS, ids=[what for what, _, _ in BAD_VIEWS])
def test_a_view_slack_refuses_is_refused(what: str, view: Json, words: str) -> None:
    assert any(words in fault for fault in view_faults(view)), view_faults(view)


def test_a_modal_with_an_alert_and_inputs_is_taken() -> None:
    warning = {"type": "alert", "level": "warning", "text": markdown("The budget is used up.")}

    assert view_faults(modal(warning, entry(hint=plain("Short is fine"), optional=True))) == []


def test_more_than_about_13000_characters_in_all_are_too_long() -> None:
    assert not too_long([section("x" * 3000)] * 4)
    assert too_long([section("x" * 3000)] * 5)


@pytest.mark.parametrize(
    "junk", [None, 7, "x", [None], [7], [[]], [{"type": 7}], [{"type": "actions", "elements": {}}]]
)
def test_junk_is_refused_and_breaks_nothing(junk: Any) -> None:
    assert message_faults(junk)
