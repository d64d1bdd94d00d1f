"""What people see of delegations: the list, the form that names a delegate, and the messages to both."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.messages import Block, Message
from bot.requests.attendance.delegations import Delegation, Fault
from bot.views.blocks import (
    actions,
    button,
    context,
    date_input,
    date_mark,
    field,
    modal,
    name,
    section,
    user_select,
)

OPEN_DELEGATION = "open_delegation"
END_DELEGATION = "end_delegation"
"""The end button carries a delegation's id."""
DELEGATION_FORM = "delegation_form"
DELEGATE_FIELD = "delegate"
OWNER_FIELD = "delegate_for"
FIRST_DAY_FIELD = "delegate_from"
LAST_DAY_FIELD = "delegate_until"
_MAX_SHOWN = 12
_DAY = "{date_short_pretty}"


def span_words(one: Delegation, *, at: int) -> str:
    """Returns `until Fri 4 Dec`, or `from Mon 7 Dec until Fri 11 Dec`; the last day counts in."""
    last = date_mark(one.ends_at - 1, pattern=_DAY)
    if one.starts_at > at:
        return f"from {date_mark(one.starts_at, pattern=_DAY)} until {last}"
    return f"until {last}"


def delegation_words(one: Delegation, called: Mapping[int, str], *, at: int) -> str:
    """Returns `@Emi decides for @Ben until Fri 4 Dec`."""
    return f"{called[one.delegate_id]} decides for {called[one.person_id]} {span_words(one, at=at)}"


def delegations_message(
    delegations: Sequence[Delegation],
    called: Mapping[int, str],
    *,
    viewer_id: int,
    may_delegate: bool,
    may_end_all: bool,
    at: int,
    command: str,
    note: str = "",
) -> Message:
    """Returns the delegations that a person sees, with a button to end those they may end, and one to name a delegate."""
    blocks: list[Block] = [section(note, block_id="delegations-note")] if note else []
    lines = [f"{delegation_words(one, called, at=at)}." for one in delegations]
    for one, line in list(zip(delegations, lines, strict=True))[:_MAX_SHOWN]:
        may_end = may_end_all or one.person_id == viewer_id
        end = button("End", action_id=END_DELEGATION, value=one.id, label="End this delegation") if may_end else None
        blocks.append(section(line, block_id=f"delegation-{one.id}", accessory=end))
    if len(lines) > _MAX_SHOWN:
        more = f"And {len(lines) - _MAX_SHOWN:,} more."
        blocks.append(context(more, block_id="delegations-more"))
        lines = [*lines[:_MAX_SHOWN], more]
    if not lines:
        lines = ["Nobody decides for you, and you decide for nobody else."]
        blocks.append(section(lines[0], block_id="delegations-none"))
    if may_delegate:
        names = button("Name a delegate", action_id=OPEN_DELEGATION, value=0, label="Name who decides for you")
        how = f"Or type `{command} delegate @emi until friday`. `{command} delegate off` ends it."
        blocks += [actions(names, block_id="delegations-actions"), context(how, block_id="delegations-how")]
    said = [note] if note else []
    return Message(text=" ".join([*said, *lines]), blocks=tuple(blocks))


def delegation_form(
    *,
    is_admin: bool,
    first_day: str,
    last_day: str = "",
    delegate: str = "",
    owner: str = "",
    note: str = "",
) -> dict[str, Any]:
    """Returns the form that names a delegate. Days are `2026-12-04`, people Slack ids. An admin may name one for somebody
    else."""
    blocks: list[Block] = [section(f"*{note}*", block_id="delegation-note")] if note else []
    blocks += [
        field(
            "Who decides for you",
            user_select(action_id=DELEGATE_FIELD, chosen=delegate, placeholder="Choose a person"),
            block_id=DELEGATE_FIELD,
            hint="They get the cards of budget requests, and decide up to the amount that you may decide. You can "
            "still decide too.",
        ),
        field(
            "First day",
            date_input(action_id=FIRST_DAY_FIELD, initial=first_day),
            block_id=FIRST_DAY_FIELD,
            hint="Today, or a later day.",
        ),
        field(
            "Last day",
            date_input(action_id=LAST_DAY_FIELD, initial=last_day),
            block_id=LAST_DAY_FIELD,
            hint="It ends when this day ends, in your time zone.",
        ),
    ]
    if is_admin:
        blocks.append(
            field(
                "For whom",
                user_select(action_id=OWNER_FIELD, chosen=owner, placeholder="Yourself"),
                block_id=OWNER_FIELD,
                hint="Admins name delegates for others too. Leave it empty for yourself.",
                optional=True,
            )
        )
    return modal(title="Name a delegate", submit="Name", blocks=blocks, callback_id=DELEGATION_FORM, metadata="{}")


def fault_words(fault: Fault, *, delegate: str, owner: str) -> str:
    """Returns why somebody can't be named, and what to do. The names are mentions."""
    return {
        "not_permitted": "Only admins name a delegate for somebody else.",
        "nothing_to_delegate": f"{owner} decides no budget requests, so there is nothing to hand over.",
        "oneself": "Name somebody else: nobody stands in for themselves.",
        "has_delegated": f"{delegate} has named a delegate for these days too. Choose somebody who is there.",
    }[fault]


def named_message(one: Delegation, called: Mapping[int, str], *, at: int, command: str) -> Message:
    """Returns the message to a new delegate: for whom they decide, until when, and where they see what waits."""
    by = "" if one.made_by == one.person_id else f" ({called[one.made_by]} arranged it)"
    text = (
        f"You decide {called[one.person_id]}'s budget requests {span_words(one, at=at)}{by}. "
        f"Their cards come to you; `{command} requests` lists what waits."
    )
    note = "Nobody decides their own request: if you ask yourself, others decide."
    key = f"delegation-{one.id}-named"
    blocks = (section(text, block_id=key), context(note, block_id=f"{key}-note"))
    return Message(text=f"{text} {note}", blocks=blocks)


def arranged_message(one: Delegation, called: Mapping[int, str], *, at: int, command: str) -> Message:
    """Returns the message to somebody for whom an admin named a delegate."""
    text = (
        f"{called[one.made_by]} named {called[one.delegate_id]} to decide your budget requests {span_words(one, at=at)}. "
        f"`{command} delegate off` ends it."
    )
    return Message(text=text, blocks=(section(text, block_id=f"delegation-{one.id}-arranged"),))


def ended_message(one: Delegation, called: Mapping[int, str], *, by: int) -> Message:
    """Returns the message to a delegate whose time ended early."""
    text = f"{called[by]} ended it: you no longer decide {called[one.person_id]}'s budget requests."
    return Message(text=text, blocks=(section(text, block_id=f"delegation-{one.id}-ended"),))


def left_alone_message(mine: Delegation, called: Mapping[int, str], *, owner: str) -> Message:
    """Returns the message to somebody whose delegate named a delegate of their own: it goes one step."""
    text = (
        f"{owner} decides your budget requests, and has named a delegate too. Meanwhile yours go to your other deciders. "
        "Name somebody else if you like."
    )
    return Message(text=text, blocks=(section(text, block_id=f"delegation-{mine.id}-alone"),))


def unknown_person_words(typed: str) -> str:
    return f"I don't know “{name(typed)}”. Choose the person here."
