"""What a gateway says about a call, in the words of the rulebook."""

from typing import NamedTuple

from bot.books.gatekeeping.calls import Call
from bot.org.people import normalize_spelling
from bot.rulebook import Rulebook
from bot.usage import Labels


class AskedCall(NamedTuple):
    """The labels that a gateway sends; "" is a missing one."""

    workflow: str = ""
    tool: str = ""
    model: str = ""
    user: str = ""


NOTHING_ASKED = AskedCall()


def call_of(rulebook: Rulebook, asked: AskedCall) -> Call:
    """Returns a call with its tool and workflow as its usage will be booked: the tool by its declared name, else by the model;
    the workflow by the company's names."""
    tool = rulebook.tools.named(asked.tool, asked.model)
    labels = Labels(model=asked.model, tool=asked.tool, workflow=asked.workflow)
    workflow = (rulebook.workflows.named(labels) or labels).workflow
    return Call(
        workflow=workflow,
        tool=tool,
        tool_kind=rulebook.tools.kind_of(tool) if tool or asked.model else "",
        model=asked.model,
        spelling=normalize_spelling(asked.user) if asked.user else "",
        priority=rulebook.workflows.priority_of(workflow),
    )
