"""Block Kit elements as plain dicts, checked against Slack's limits. Only this module uses slackblocks.

Text arguments are mrkdwn unless they say plain. Typed text goes through `escape` or `name`.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal

import slackblocks
from slackblocks import Option, PlainText

from bot.charts.native import NativeChart
from bot.messages import CHART_BLOCK, Block
from bot.periods import MICROS, day_number, moment, short_day_text, zone
from bot.text import NAME_CHARACTERS, cut, isolated, plain, undirected

Element = slackblocks.Element
"""A button, menu or field to place in a block."""
Style = Literal["primary", "danger"]

_FIELDS_IN_SECTION = 10
_LABEL_CHARACTERS = 75
_MRKDWN_CHARACTERS = 3_000


def escape(text: str, *, limit: int = 2_500) -> str:
    """Escapes typed text as mrkdwn without mentions. It cuts before escaping, so that no entity is split."""
    shown = cut(text.replace("\x00", ""), limit)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_UNSPOKEN_MARKS = str.maketrans("", "", "<>")


def spoken_label(text: str, *, limit: int = NAME_CHARACTERS) -> str:
    """Returns a typed name for a label, without marks that screen readers skip or that form a mention elsewhere."""
    return plain(text.translate(_UNSPOKEN_MARKS), limit=limit)


def name(text: str, *, limit: int = NAME_CHARACTERS) -> str:
    """Returns a typed name on one line, shortened and escaped, for mrkdwn and a message's text."""
    return isolated(escape(plain(text, limit=limit)))


def quote(text: str, *, limit: int = 1_000) -> str:
    """Returns typed text as a quotation of at most 30 lines that fits into a section."""
    shown = cut(undirected(text).strip(), limit)
    while len(escape(shown)) > 2_400:  # an escaped ampersand has five characters
        shown = cut(shown, len(shown) * 3 // 4)
    return "\n".join(f"> {line.rstrip()}" for line in escape(shown).splitlines()[:30]) or "> –"


def mention(slack_id: str) -> str:
    return f"<@{slack_id}>"


def mention_of_channel(channel_id: str) -> str:
    return f"<#{channel_id}>"


def date_mark(at_micros: int, *, timezone: str = "UTC", pattern: str = "{date_short_pretty} at {time}") -> str:
    """Returns a moment that Slack shows in each reader's zone; `timezone` is the zone of the fallback text."""
    local = moment(at_micros).astimezone(zone(timezone))
    fallback = f"{short_day_text(day_number(local.date()))} at {local:%H:%M} {local:%Z}"
    return f"<!date^{at_micros // MICROS}^{pattern}|{fallback}>"


def fitting(text: str) -> str:
    """Returns mrkdwn as long as Slack takes it: lines that don't fit, as of names that escaping made long, are left out."""
    if len(text) <= _MRKDWN_CHARACTERS:
        return text
    kept = text[: _MRKDWN_CHARACTERS - 2]
    kept = kept.rpartition("\n")[0] or kept.rpartition(" ")[0]
    return f"{kept[: kept.rfind('<')] if kept.rfind('<') > kept.rfind('>') else kept}\n…"


def section(text: str, *, block_id: str, fields: Sequence[str] = (), accessory: Element | None = None) -> Block:
    """Returns a paragraph with up to ten fields in two columns and an element beside it."""
    shown = [slackblocks.Text(field) for field in fields[:_FIELDS_IN_SECTION]]
    return slackblocks.SectionBlock(
        text=fitting(text) or None, block_id=block_id, fields=[*shown] or None, accessory=accessory
    )._resolve()


def preformatted(text: str, *, block_id: str) -> Block:
    """Returns plain text in a font of fixed width, line by line as it is."""
    code = slackblocks.RichTextCodeBlock(slackblocks.RichText(text))
    return slackblocks.RichTextBlock(code, block_id=block_id)._resolve()


def header(text: str, *, block_id: str) -> Block:
    """Returns a title in plain text."""
    return slackblocks.HeaderBlock(text=plain(text, limit=150), block_id=block_id)._resolve()


def context(*texts: str, block_id: str) -> Block:
    """Returns small print of at most ten parts."""
    return slackblocks.ContextBlock([slackblocks.Text(fitting(text)) for text in texts], block_id=block_id)._resolve()


def divider(*, block_id: str) -> Block:
    return slackblocks.DividerBlock(block_id=block_id)._resolve()


def actions(*elements: Element, block_id: str) -> Block:
    """Returns buttons and menus; each action id may occur once."""
    return slackblocks.ActionsBlock(list(elements), block_id=block_id)._resolve()


def chart_placeholder(number: int, *, block_id: str) -> Block:
    """Returns the place of a message's chart, which becomes an image after upload."""
    return {"type": CHART_BLOCK, "chart": number, "block_id": block_id}


def bar_chart(chart: NativeChart, *, block_id: str) -> Block:
    """Returns a chart of bars that Slack draws. It needs at least one category."""
    return _drawn_by_slack(chart, slackblocks.BarChart, block_id=block_id)


def line_chart(chart: NativeChart, *, block_id: str) -> Block:
    """Returns the same as lines."""
    return _drawn_by_slack(chart, slackblocks.LineChart, block_id=block_id)


def _drawn_by_slack(chart: NativeChart, kind: Any, *, block_id: str) -> Block:
    series = [
        slackblocks.DataSeries(s["name"], [slackblocks.DataPoint(p["label"], p["value"]) for p in s["data"]])
        for s in chart["series"]
    ]
    axes = slackblocks.AxisConfig(categories=chart["categories"], y_label=chart["y_label"])
    drawn = kind(series=series, axis_config=axes)
    return slackblocks.DataVisualizationBlock(title=chart["title"], chart=drawn, block_id=block_id)._resolve()


def table(rows: Sequence[Sequence[str]], *, block_id: str) -> Block:
    """Returns a table of plain text. The first row holds the headings; all columns but the first are right-aligned."""
    cells = [[slackblocks.RawText(cell or "–") for cell in row] for row in rows]
    right = slackblocks.ColumnSettings(align="right")
    columns = [slackblocks.ColumnSettings(align="left"), *(right for _ in rows[0][1:])]
    return slackblocks.TableBlock(rows=[[*row] for row in cells], column_settings=columns, block_id=block_id)._resolve()


def confirmation(*, title: str, text: str, confirm: str) -> slackblocks.ConfirmationDialogue:
    """Returns the question before a button acts. `title` and `confirm` are plain, `text` is mrkdwn."""
    return slackblocks.ConfirmationDialogue(title=title, text=text, confirm=confirm, deny="Cancel")


def button(
    text: str,
    *,
    action_id: str,
    value: int | str,
    label: str,
    style: Style | None = None,
    confirm: slackblocks.ConfirmationDialogue | None = None,
) -> Element:
    """Returns a button. `value` is an id; `label` describes the action for screen readers."""
    return slackblocks.Button(
        text=PlainText(text),
        action_id=action_id,
        value=str(value),
        style=style,
        confirm=confirm,
        accessibility_label=cut(label, _LABEL_CHARACTERS),
    )


def overflow(*options: tuple[str, int | str], action_id: str) -> Element:
    """Returns an overflow menu of at most five (text, value) options."""
    return slackblocks.OverflowMenu(action_id, [Option(PlainText(text), str(value)) for text, value in options])


def select(
    options: Sequence[tuple[str, int | str]], *, action_id: str, chosen: int | str | None, placeholder: str
) -> Element:
    """Returns a menu of at most a hundred (text, value) options, one of them selected, or none."""
    listed = [Option(PlainText(plain(text, limit=75)), str(value)) for text, value in options]
    initial = None if chosen is None else next(option for option in listed if option.value == str(chosen))
    return slackblocks.StaticSelectMenu(
        action_id=action_id, options=listed, initial_option=initial, placeholder=PlainText(placeholder)
    )


def checkboxes(options: Sequence[tuple[str, str]], *, action_id: str, chosen: Collection[str]) -> Element:
    """Returns at most ten checkboxes of (text, value), with the chosen ones ticked."""
    listed = [Option(PlainText(plain(text, limit=75)), value) for text, value in options]
    ticked = [option for option in listed if option.value in chosen]
    return slackblocks.CheckboxGroup(action_id=action_id, options=listed, initial_options=ticked or None)


def channel_select(*, action_id: str, chosen: str, placeholder: str) -> Element:
    """Returns a menu of the workspace's own channels, public and private, one of them selected, or none."""
    own = slackblocks.ConversationFilter(
        include=["public", "private"], exclude_external_shared_channels=True, exclude_bot_users=True
    )
    return slackblocks.ConversationSelectMenu(
        action_id=action_id, initial_conversation=chosen or None, filter=own, placeholder=PlainText(placeholder)
    )


def user_select(*, action_id: str, chosen: str, placeholder: str) -> Element:
    """Returns a menu of the workspace's people, one of them selected by Slack id, or none."""
    return slackblocks.UserSelectMenu(
        action_id=action_id, initial_user=chosen or None, placeholder=PlainText(placeholder)
    )


MOST_SELECTED = 100
"""A menu of people has no more of them selected."""


def users_select(*, action_id: str, chosen: Collection[str], placeholder: str, most: int = MOST_SELECTED) -> Element:
    """Returns a menu of the workspace's people, the first hundred of the chosen ones selected by Slack id."""
    return slackblocks.UserMultiSelectMenu(
        action_id=action_id,
        initial_users=list(chosen)[:most] or None,
        max_selected_items=most,
        placeholder=PlainText(placeholder),
    )


def text_input(
    *,
    action_id: str,
    initial: str,
    placeholder: str,
    max_length: int,
    multiline: bool = False,
    focus: bool = False,
    acts: bool = False,
) -> Element:
    """Returns a text field. The initial text is cut to the field's limit. One that `acts` reports what is typed, if its
    block acts too."""
    typing = slackblocks.DispatchActionConfiguration(trigger_actions_on=["on_character_entered"]) if acts else None
    return slackblocks.PlainTextInput(
        action_id=action_id,
        initial_value=initial[:max_length] or None,
        placeholder=PlainText(placeholder),
        max_length=max_length,
        multiline=multiline,
        dispatch_action_config=typing,
        focus_on_load=focus,
    )


def date_input(*, action_id: str, placeholder: str = "", initial: str = "") -> Element:
    """Returns a date field, `2026-11-23`."""
    return slackblocks.DatePicker(
        action_id=action_id,
        initial_date=initial or None,
        placeholder=PlainText(placeholder) if placeholder else None,
    )


def field(
    label: str, element: Element, *, block_id: str, hint: str, optional: bool = False, acts: bool = False
) -> Block:
    """Returns a form field with a plain label and hint. One that `acts` reports each change."""
    return slackblocks.InputBlock(
        label=PlainText(label),
        element=element,
        block_id=block_id,
        hint=PlainText(hint),
        optional=optional,
        dispatch_action=acts,
    )._resolve()


def modal(*, title: str, submit: str, blocks: Sequence[Block], callback_id: str, metadata: str) -> dict[str, Any]:
    """Returns a form. Slack returns `metadata`, at most 3,000 characters, with the submission."""
    if len(blocks) > 100 or len(metadata) > 3_000 or max(len(title), len(submit)) > 24:
        raise ValueError("a form has at most 100 blocks, 3,000 characters of metadata, and 24 in its title")
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": PlainText(title)._resolve(),
        "submit": PlainText(submit)._resolve(),
        "close": PlainText("Cancel")._resolve(),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }


def page(*, title: str, blocks: Sequence[Block], metadata: str = "") -> dict[str, Any]:
    """Returns a modal to read, without a submit button. Slack returns `metadata` with each click in it."""
    if len(blocks) > 100 or len(title) > 24:
        raise ValueError("a modal has at most 100 blocks, and 24 characters in its title")
    close = PlainText("Close")._resolve()
    carried = {"private_metadata": metadata} if metadata else {}
    return {"type": "modal", "title": PlainText(title)._resolve(), "close": close, "blocks": list(blocks), **carried}


def home(blocks: Sequence[Block], *, metadata: str = "") -> dict[str, Any]:
    """Returns a Home view of at most a hundred blocks. Slack returns `metadata` with each click."""
    if len(blocks) > 100 or len(metadata) > 3_000:
        raise ValueError("a Home has at most 100 blocks and 3,000 characters of metadata")
    return {"type": "home", **({"private_metadata": metadata} if metadata else {}), "blocks": list(blocks)}
