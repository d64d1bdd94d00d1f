"""How long budget lasts: the fields of a form that ask for it, its words, and the button that ends a grant early."""

from collections.abc import Mapping, Sequence

from bot.books.grant_ends import END_KINDS, KIND_FIELD, EndKind, TypedEnd
from bot.books.grants import DAY_FIELD, MEASURE_FIELD, Grant, GrantEnd
from bot.messages import Block
from bot.money import usd
from bot.org.teams import Team
from bot.periods import PeriodKind
from bot.text import plain
from bot.views.blocks import Element, button, confirmation, date_input, field, name, select, text_input
from bot.views.wording import until_words

END_GRANT = "end_grant"
"""Action id of the button that ends a grant early; its value is the grant's id."""

_CHARACTERS = 24
_BACK = "Unspent budget goes back when it ends."
_MEASURES: Mapping[EndKind, tuple[str, str]] = {
    "days": ("Number of days", "Only with “For some days”. Today counts as one."),
    "spent": ("Amount spent", "Only with “Until an amount is spent”."),
}
_BOTH = ("Days or amount", "Only with “For some days” (10) or “Until an amount is spent” ($500).")


def end_options(period: PeriodKind, offered: Sequence[EndKind] = END_KINDS) -> list[tuple[str, str]]:
    """Returns the menu's (text, value) options."""
    words: dict[EndKind, str] = {
        "open": f"From this {period} on",
        "period": f"This {period} only",
        "days": "For some days",
        "date": "Until a date",
        "spent": "Until an amount is spent",
    }
    return [(words[kind], kind) for kind in offered]


def end_fields(typed: TypedEnd, *, period: PeriodKind, offered: Sequence[EndKind] = END_KINDS) -> list[Block]:
    """Returns the fields that ask how long budget lasts: a menu, and a field for each kind of end that is offered.

    `handlers.books.granting.grant_ends.typed_end` reads them.
    """
    chosen = typed.kind if typed.kind in offered else offered[0]
    menu = select(end_options(period, offered), action_id=KIND_FIELD, chosen=chosen, placeholder="Choose how long")
    blocks = [field("How long", menu, block_id=KIND_FIELD, hint=_BACK)]
    if "date" in offered:
        day = date_input(action_id=DAY_FIELD, placeholder="Last day", initial=typed.day)
        blocks.append(field("Last day", day, block_id=DAY_FIELD, hint="Only with “Until a date”.", optional=True))
    measures = [_MEASURES[kind] for kind in offered if kind in _MEASURES]
    if measures:
        label, hint = _BOTH if len(measures) > 1 else measures[0]
        measure = text_input(
            action_id=MEASURE_FIELD,
            initial=typed.measure,
            placeholder="10" if "spent" not in offered else "$500" if "days" not in offered else "10 or $500",
            max_length=_CHARACTERS,
        )
        blocks.append(field(label, measure, block_id=MEASURE_FIELD, hint=hint, optional=True))
    return blocks


def end_text(end: GrantEnd, *, zone: str, today: int) -> str:
    """Returns an end in words: `until 15 Jan`, with the year if it is another one, or once an amount is spent."""
    parts = []
    if end.at is not None:
        parts.append(until_words(end.at, zone=zone, today=today))
    if end.spent_nanos is not None:
        parts.append(f"until {usd(end.spent_nanos)} of it is spent")
    return " or ".join(parts)


def end_grant_button(grant: Grant, *, team: Team, payer: Team) -> Element:
    """Returns the button that ends a grant early, with its question."""
    amount, shown = usd(grant.amount_nanos), plain(team.name, limit=30)
    confirm = confirmation(
        title="End this grant?",
        text=f"{name(team.name)} keeps what it spent of the {amount}. The rest goes back to {name(payer.name)} now.",
        confirm="End grant",
    )
    label = f"End the grant of {amount} to {shown}"
    return button("End grant", action_id=END_GRANT, value=grant.id, label=label, confirm=confirm)
