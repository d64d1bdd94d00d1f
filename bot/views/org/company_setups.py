"""Setting the organisation up in Slack: its first form, the form of its roles, and the notice of a change."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import Block, Message
from bot.org.setting_up.zones import offered_zones
from bot.views.blocks import context, field, modal, name, section, select, text_input, users_select
from bot.views.typed_forms import NOTE

FIRST_FORM = "first_setup_form"
COMPANY_FORM = "company_setup_form"
NAME_FIELD, ZONE_FIELD, MODE_FIELD = "company-name", "company-zone", "company-mode"
FINANCE_FIELD, ADMINS_FIELD = "company-finance", "company-admins"
MODES: tuple[tuple[str, str], ...] = (
    ("Preview: only finance gets messages", "preview"),
    ("Announce: teams see figures, nothing is blocked", "announce"),
    ("Govern: budgets count", "govern"),
)


@dataclass(frozen=True, kw_only=True)
class TypedCompany:
    """What a form says of the organisation. People are Slack ids; `admins` is None where the form does not ask."""

    name: str
    timezone: str
    mode: str
    finance: tuple[str, ...]
    admins: tuple[str, ...] | None = None


def first_form(typed: TypedCompany, *, opened_in: str) -> dict[str, Any]:
    """Returns the form of an installation that nobody has set up yet."""
    lead = "Tokens is new here. You become its admin, as an admin of this workspace. All of this can be changed later."
    blocks = [section(lead, block_id="first"), *_fields(typed)]
    metadata = json.dumps({"channel": opened_in})
    return modal(title="Set up Tokens", submit="Set up", blocks=blocks, callback_id=FIRST_FORM, metadata=metadata)


def company_form(typed: TypedCompany, *, seen: str, not_in_slack: Sequence[str] = (), note: str = "") -> dict[str, Any]:
    """Returns the form of the organisation's name, mode and roles."""
    blocks: list[Block] = [section(f"*{note}*", block_id=NOTE)] if note else []
    blocks += _fields(typed)
    if not_in_slack:
        others = ", ".join(name(one) for one in not_in_slack[:10])
        blocks.append(context(f"Without a Slack account, and kept: {others}.", block_id="not-in-slack"))
    metadata = json.dumps({"seen": seen})
    return modal(title="Company settings", submit="Save", blocks=blocks, callback_id=COMPANY_FORM, metadata=metadata)


def with_mark(seen: str) -> str:
    """Returns the form's metadata with the mark of what it shows now."""
    return json.dumps({"seen": seen})


def _fields(typed: TypedCompany) -> list[Block]:
    own = text_input(action_id=NAME_FIELD, initial=typed.name, placeholder="Acme", max_length=80)
    zones = select(
        [(zone, zone) for zone in offered_zones([typed.timezone])],
        action_id=ZONE_FIELD,
        chosen=typed.timezone,
        placeholder="Choose",
    )
    modes = select(MODES, action_id=MODE_FIELD, chosen=typed.mode, placeholder="Choose")
    finance = users_select(action_id=FINANCE_FIELD, chosen=typed.finance, placeholder="Choose people")
    hint = "They see every team, hand out the company's budget, and decide what no manager may."
    fields = [
        field("Company", own, block_id=NAME_FIELD, hint="Amounts are in US dollars."),
        field("Time zone", zones, block_id=ZONE_FIELD, hint="The company's days. A team can have its own."),
        field("Mode", modes, block_id=MODE_FIELD, hint="Start with preview: no channel gets a message yet."),
        field("Finance", finance, block_id=FINANCE_FIELD, hint=hint, optional=True),
    ]
    if typed.admins is not None:
        admins = users_select(action_id=ADMINS_FIELD, chosen=typed.admins, placeholder="Choose people")
        hint = "They link channels, create teams, name managers and claim keys. Without any, finance does."
        fields.append(field("Admins", admins, block_id=ADMINS_FIELD, hint=hint, optional=True))
    return fields


def company_changed_message(
    company: str, *, by_mention: str, finance: Sequence[str], admins: Sequence[str], key: str
) -> Message:
    """Returns the notice to finance and admins of who has these roles now. People are mentions."""
    text = (
        f"{by_mention} changed the company settings of {name(company)}. Finance: {_listed(finance)}. "
        f"Admins: {_listed(admins) if admins else 'finance'}."
    )
    return Message(text=text, blocks=(section(text, block_id=f"company-{key}"),))


def _listed(people: Sequence[str]) -> str:
    more = f" and {len(people) - 10} more" if len(people) > 10 else ""
    return (", ".join(people[:10]) or "nobody") + more
