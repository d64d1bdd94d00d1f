"""A form that is shown again with what somebody typed."""

from bot.views.blocks import date_input, field, modal, section, select, text_input
from bot.views.typed_forms import typed_again
from tests.bot.views.surfaces import obeys


def test_a_form_comes_back_with_what_was_typed_and_why() -> None:
    text = text_input(action_id="a", initial="old", placeholder="p", max_length=9, focus=True)
    menu = select([("One", 1), ("Two", 2)], action_id="m", chosen=1, placeholder="p")
    blocks = [
        section("*before*", block_id="note"),
        field("A", text, block_id="a", hint="h"),
        field("M", menu, block_id="m", hint="h"),
        field("D", date_input(action_id="d"), block_id="d", hint="h", optional=True),
        field("E", text_input(action_id="e", initial="x", placeholder="p", max_length=9), block_id="e", hint="h"),
    ]
    view = modal(title="T", submit="S", blocks=blocks, callback_id="c", metadata="{}")
    two = {"text": {"type": "plain_text", "text": "Two"}, "value": "2"}
    values = {
        "a": {"a": {"type": "plain_text_input", "value": "new"}},
        "m": {"m": {"type": "static_select", "selected_option": two}},
        "d": {"d": {"type": "datepicker", "selected_date": "2026-12-24"}},
        "e": {"e": {"type": "plain_text_input", "value": None}},
    }
    sent = {**view, "id": "V1", "hash": "1.a", "team_id": "T", "state": {"values": values}}

    again = typed_again(sent, note="Nothing was done.")

    obeys(again)
    elements = {block["block_id"]: block.get("element") for block in again["blocks"]}
    assert again["blocks"][0]["text"]["text"] == "*Nothing was done.*"
    assert [block["block_id"] for block in again["blocks"]] == ["note", "a", "m", "d", "e"]
    assert elements["a"]["initial_value"] == "new"
    assert elements["m"]["initial_option"] == two
    assert elements["d"]["initial_date"] == "2026-12-24"
    assert "initial_value" not in elements["e"]
    assert again.keys() == {"type", "callback_id", "title", "submit", "close", "private_metadata", "blocks"}
