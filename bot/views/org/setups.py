"""Setting a team up in Slack: the form, and the message to its channel."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.messages import Block, Message
from bot.money import usd
from bot.org.setting_up.zones import offered_zones
from bot.org.teams import Team
from bot.periods import PeriodKind
from bot.text import plain
from bot.views.blocks import (
    channel_select,
    context,
    field,
    mention_of_channel,
    modal,
    name,
    section,
    select,
    text_input,
    users_select,
)
from bot.views.typed_forms import NOTE

SETUP_FORM = "setup_form"
CHOOSE_TEAM = "setup_team"
CHOOSE_PARENT = "setup_parent"
"""Action ids of the menus that show the form anew."""
TEAM_FIELD, PARENT_FIELD = "setup-team", "setup-parent"
NAME_FIELD, SLUG_FIELD, CHANNEL_FIELD = "name", "slug", "channel"
ZONE_FIELD, MANAGERS_FIELD, MEMBERS_FIELD, BUDGET_FIELD = "zone", "managers", "members", "budget"
NEW_TEAM = 0
"""The value of the menu's entry for a team that is made."""
FORM_TITLE = "Set up a team"
MOST_CHOICES = 99
_LABEL_CHARACTERS = 30


@dataclass(frozen=True, kw_only=True)
class TypedSetup:
    """What a form says. A field that it does not have is None. People are Slack ids, the channel is an id or empty."""

    team_id: int = NEW_TEAM
    name: str | None = None
    slug: str | None = None
    parent_id: int | None = None
    channel: str | None = None
    timezone: str | None = None
    managers: tuple[str, ...] | None = None
    members: tuple[str, ...] | None = None
    budget: str | None = None


@dataclass(frozen=True, kw_only=True)
class SetupFigures:
    """What a form shows: the choices, what the person may change, and what is left to hand out."""

    team: Team | None
    choices: Sequence[Team]
    """Teams without a channel, which this one may be linked to; empty where the team is given."""
    parents: Sequence[Team]
    zones: Sequence[str]
    may_link: bool
    may_change_members: bool
    payer: Team | None
    """Whose budget this team's comes out of, if the person may hand it out."""
    left_nanos: int | None
    """What the payer has left to hand out; None if it declares no limit."""
    period: PeriodKind
    not_in_slack: Sequence[str] = ()
    """Managers and members whom no menu shows: they have no account, and stay."""
    budget_by: str = ""
    """Who sets the budget instead, in mrkdwn."""
    seen: str = ""
    """A mark of everything that the form shows of the team, which changes with it."""


def block_of(field_name: str, team_id: int) -> str:
    """Returns the block id of a field: another team's has another, so that Slack does not keep what was typed."""
    return f"{field_name}-{team_id}"


def setup_form(
    figures: SetupFigures,
    typed: TypedSetup,
    *,
    opened_in: str,
    note: str = "",
    carried: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Returns the form, filled in with what is typed or holds. `carried` are the names that were typed of a new team."""
    team = figures.team
    blocks: list[Block] = [section(f"*{note}*", block_id=NOTE)] if note else []
    if team is not None and not figures.choices:
        blocks.append(section(_state_words(team), block_id="setup-of"))
    if figures.choices:
        blocks.append(_team_field(figures, typed))
    if figures.may_link:
        blocks += _link_fields(figures, typed)
    if figures.may_change_members:
        blocks += _people_fields(figures, typed)
    blocks += _budget_fields(figures, typed)
    metadata = {"team": typed.team_id, "channel": opened_in, "seen": figures.seen, **carried}
    return modal(
        title=FORM_TITLE,
        submit="Save" if team is not None else "Create team",
        blocks=blocks,
        callback_id=SETUP_FORM,
        metadata=json.dumps(metadata),
    )


def with_mark(metadata: Mapping[str, Any], seen: str) -> str:
    """Returns a form's metadata with the mark of what it shows now."""
    return json.dumps({**metadata, "seen": seen})


def _label(team: Team) -> str:
    return plain(team.name, limit=_LABEL_CHARACTERS)


def _state_words(team: Team) -> str:
    channel = f"linked to {mention_of_channel(team.channel_id)}" if team.channel_id else "linked to no channel"
    return f"*{name(team.name)}* (`{team.slug}`) is {channel}."


def _team_field(figures: SetupFigures, typed: TypedSetup) -> Block:
    options: list[tuple[str, int | str]] = [("A new team", NEW_TEAM)]
    options += [(_label(team), team.id) for team in figures.choices[:MOST_CHOICES]]
    more = len(figures.choices) - MOST_CHOICES
    hint = "Teams without a channel." if more <= 0 else f"And {more} more: type the command with the team's short name."
    menu = select(options, action_id=CHOOSE_TEAM, chosen=typed.team_id, placeholder="Choose a team")
    return field("Team", menu, block_id=TEAM_FIELD, hint=hint, acts=True)


def _link_fields(figures: SetupFigures, typed: TypedSetup) -> list[Block]:
    team_id, is_new = typed.team_id, figures.team is None
    own_name = text_input(
        action_id=NAME_FIELD, initial=typed.name or "", placeholder="Search", max_length=80, focus=is_new
    )
    blocks = [field("Name", own_name, block_id=block_of(NAME_FIELD, team_id), hint="As people call the team.")]
    if is_new:
        short = text_input(action_id=SLUG_FIELD, initial=typed.slug or "", placeholder="search", max_length=63)
        hint = "Senders name the team by it. Empty: made from the name."
        blocks.append(field("Short name", short, block_id=block_of(SLUG_FIELD, team_id), hint=hint, optional=True))
    if is_new and len(figures.parents) > 1:
        options: list[tuple[str, int | str]] = [(_label(team), team.id) for team in figures.parents[:MOST_CHOICES]]
        chosen = typed.parent_id if typed.parent_id in {value for _, value in options} else options[0][1]
        menu = select(options, action_id=CHOOSE_PARENT, chosen=chosen, placeholder="Choose")
        blocks.append(
            field("Part of", menu, block_id=PARENT_FIELD, hint="Its budget comes out of this one's.", acts=True)
        )
    channels = channel_select(action_id=CHANNEL_FIELD, chosen=typed.channel or "", placeholder="None")
    hint = "Digests, alerts and requests post here. Everybody in it sees the team's figures. Empty: none."
    block_id = block_of(CHANNEL_FIELD, team_id)
    blocks.append(field("Channel", channels, block_id=block_id, hint=hint, optional=True))
    managers = users_select(action_id=MANAGERS_FIELD, chosen=typed.managers or (), placeholder="Choose people")
    block_id = block_of(MANAGERS_FIELD, team_id)
    hint = "They decide requests for budget, and answer alerts."
    blocks.append(field("Managers", managers, block_id=block_id, hint=hint, optional=True))
    return blocks


def _people_fields(figures: SetupFigures, typed: TypedSetup) -> list[Block]:
    team_id = typed.team_id
    members = users_select(action_id=MEMBERS_FIELD, chosen=typed.members or (), placeholder="Choose people")
    hint = "Their usage counts as the team's, and they see its figures everywhere."
    blocks = [field("Members", members, block_id=block_of(MEMBERS_FIELD, team_id), hint=hint, optional=True)]
    if figures.not_in_slack:
        others = ", ".join(name(one) for one in figures.not_in_slack[:10])
        blocks.append(context(f"Without a Slack account, and kept: {others}.", block_id="not-in-slack"))
    zones = offered_zones([typed.timezone or "", *figures.zones])
    menu = select([(one, one) for one in zones], action_id=ZONE_FIELD, chosen=typed.timezone, placeholder="Choose")
    hint = "Its days, its Monday digest and its quiet hours."
    if figures.team is not None:
        hint += f" A change starts with the next {figures.period}."
    return [*blocks, field("Time zone", menu, block_id=block_of(ZONE_FIELD, team_id), hint=hint)]


def _budget_fields(figures: SetupFigures, typed: TypedSetup) -> list[Block]:
    if figures.payer is None:
        return [context(f"Its budget: {figures.budget_by}", block_id="budget-by")] if figures.budget_by else []
    amount = text_input(
        action_id=BUDGET_FIELD, initial=typed.budget or "", placeholder="500, $1,250.50 or 2k", max_length=24
    )
    payer = plain(figures.payer.name, limit=50)
    if figures.left_nanos is None:
        hint = f"{payer} declares no funding: it grows with its teams' budgets."
    else:
        hint = f"{payer} has {usd(figures.left_nanos)} left to hand out this {figures.period}."
    label = f"Budget each {figures.period}, in US dollars"
    return [field(label, amount, block_id=block_of(BUDGET_FIELD, typed.team_id), hint=hint, optional=True)]


def linked_message(team: Team, *, by_mention: str, managers: Sequence[str], command: str, key: str) -> Message:
    """Returns the message to a channel that a team is linked to. `managers` are mentions."""
    lead = f"{by_mention} linked this channel to *{name(team.name)}*."
    budget = "No budget is set yet." if team.budget_nanos is None else f"Its budget is {usd(team.budget_nanos)}."
    decides = "decides" if len(managers) == 1 else "decide"
    who = f"{', '.join(managers[:5])} {decides} its requests." if managers else "Finance decides its requests."
    small = (
        f"Digests, alerts and requests for budget post here, and everybody here sees the team's figures. Type `{command}` to "
        "see them now."
    )
    text = f"{lead} {budget} {who}"
    blocks = (section(text, block_id=f"linked-{key}"), context(small, block_id=f"linked-{key}-what"))
    return Message(text=f"{text} {small}".replace("*", ""), blocks=blocks)
