"""What a gateway says about a call, in the words of the rulebook."""

from typing import NamedTuple

from bot.books.gatekeeping.calls import Call
from bot.org.people import normalize_spelling
from bot.rulebook import Rulebook


class AskedCall(NamedTuple):
    """The labels that a gateway sends; "" is a missing one."""

    workflow: str = ""
    tool: str = ""
    model: str = ""
    user: str = ""


NOTHING_ASKED = AskedCall()


def call_of(rulebook: Rulebook, *, workflow: str, tool: str, model: str, user: str) -> Call:
    """Returns a call with its tool as usage is booked: by its declared name, else by the model."""
    named = rulebook.tools.named(tool, model)
    return Call(
        workflow=workflow,
        tool=named,
        tool_kind=rulebook.tools.kind_of(named) if named or model else "",
        model=model,
        spelling=normalize_spelling(user) if user else "",
    )
