"""Usage that no rule books: the notice about a new producer, and its line on Home."""

from collections.abc import Sequence

from bot.crosschecks.producers import UnreadView
from bot.messages import Message
from bot.views.blocks import context, name, section
from bot.views.wording import counted

_SHOWN = 5


def unread_message(views: Sequence[UnreadView]) -> Message:
    """Returns the notice about usage of new producers of one source that nobody books."""
    source = name(views[0].source)
    text = f"*{source}* gets usage that is not booked, because no rule reads it."
    lines = [
        f"• {_producer(view)}: {counted(view.rows, 'row')}. Reason: {name(view.key.reason)}." for view in views[:_SHOWN]
    ]
    if rest := len(views) - _SHOWN:
        lines += [f"• and {counted(rest, 'more producer')} or reasons"] if rest > 0 else []
    todo = (
        f"Change what the sender sends, the source's `--signal`, or update Tokens. Then book the kept rows: "
        f"`tokens quarantine retry --source {source}`. `tokens sources` shows the count."
    )
    small_print = "Posted once per producer."
    return Message(
        text=" ".join([text.replace("*", ""), *(line.removeprefix("• ") for line in lines), todo]),
        blocks=(
            section(text, block_id="unread"),
            section("\n".join(lines), block_id="unread-producers"),
            section(todo, block_id="unread-todo"),
            context(small_print, block_id="unread-note"),
        ),
    )


def unread_lines(views: Sequence[UnreadView]) -> list[str]:
    """Returns Home's line about usage that nobody books; none if there is none."""
    if not views:
        return []
    first, rest = views[0], len({(view.source, view.key.name) for view in views}) - 1
    more = f", and {counted(rest, 'more producer')}" if rest else ""
    return [
        f"{name(first.source, limit=40)} gets usage that is not booked: {counted(first.rows, 'row')} of "
        f"{_producer(first)}{more}. `tokens sources` says why."
    ]


def _producer(view: UnreadView) -> str:
    return name(view.key.label, limit=80)
