"""Handing out budget: the form with each team's budget, the message to a team, and the receipt."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.books.allocations import Allocator, TeamShare, shown_amount
from bot.books.budgets import has_begun
from bot.books.grant_ends import TypedEnd
from bot.books.grants import Grant
from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.periods import long_day_text
from bot.text import plain
from bot.views.blocks import actions, button, context, field, modal, name, section, text_input
from bot.views.books.grants import end_words
from bot.views.grant_ends import end_fields, end_grant_button
from bot.views.wording import NO_PRICE, last_day_text, period_words, round_cost_words

ALLOCATION_FORM = "allocation_form"
HAND_OUT = "hand_out_budget"
"""Action id of the button that opens the form; its value is the team's id."""
PREVIOUS_TEAMS = "allocation_previous"
NEXT_TEAMS = "allocation_next"
"""Action ids of the buttons that turn the form's pages; their value is the page's number."""

TEAMS_ON_A_PAGE = 25
FORM_TITLE = "Hand out budget"
_AMOUNT_CHARACTERS = 24
_RECEIPT_LINES = 15
_ZERO = "0 is a budget of $0: gateways that check first then block the team's calls, in mode govern."


@dataclass(frozen=True, kw_only=True)
class FormState:
    """What a form carries from one page to the next. `typed` has the changed fields of all pages, by team id."""

    page: int
    revision: int
    """Grows when the form shows new figures, so that Slack does not keep the old ones in its fields."""
    typed: Mapping[int, str]
    end: TypedEnd
    note: str = ""


def field_of(team_id: int, revision: int) -> str:
    """Returns the block id of a team's amount."""
    return f"amount-{revision}-{team_id}"


def allocation_form(
    allocator: Allocator, shown: Sequence[TeamShare], state: FormState, *, pages: int, metadata: str
) -> dict[str, Any]:
    """Returns one page of the form: `shown` of the allocator's teams, prefilled with what was typed or is in force."""
    blocks: list[Block] = [section(f"*{state.note}*", block_id="note")] if state.note else []
    blocks.append(section(_lead(allocator), block_id="allocator"))
    for share in shown:
        typed = text_input(
            action_id="amount",
            initial=state.typed.get(share.team.id, shown_amount(share.base_nanos)),
            placeholder="500, $1,250.50 or 2k",
            max_length=_AMOUNT_CHARACTERS,
        )
        label = plain(share.team.name, limit=60)
        block_id, hint = field_of(share.team.id, state.revision), share_hint(share, allocator)
        blocks.append(field(label, typed, block_id=block_id, hint=hint, optional=True))
    if pages > 1:
        blocks.append(actions(*_page_buttons(state.page, pages), block_id="pages"))
    blocks += end_fields(state.end, period=allocator.kind)
    blocks.append(context(_ZERO, block_id="zero"))
    return modal(title=FORM_TITLE, submit="Save budgets", blocks=blocks, callback_id=ALLOCATION_FORM, metadata=metadata)


def _lead(allocator: Allocator) -> str:
    team, balance = name(allocator.team.name), allocator.balance
    month, each = period_words(allocator.period.name), f"each {allocator.kind}"
    if not allocator.has_limit:
        given = sum(share.base_nanos or 0 for share in allocator.shares)
        return f"{team} declares no funding: it is what its teams get, {usd(given)} {each} now."
    has = f"*{team}* has {usd(balance.received_nanos)} in {month}"
    kept = [f"{usd(balance.handed_nanos)} is with its teams"]
    kept += [f"{usd(balance.held_nanos)} is held"] if balance.held_nanos else []
    own = "unattributed usage cost" if allocator.team.kind == "organisation" else "it spent"
    kept += [f"{own} {usd(balance.charged_nanos)}"] if balance.charged_nanos else []
    return f"{has}: {', '.join(kept)}. *{usd(allocator.left_nanos)} is left to hand out.*"


def share_hint(share: TeamShare, allocator: Allocator) -> str:
    """Returns a team's figures for the line below its field."""
    parts: list[str] = []
    team, balance = share.team, share.balance
    if share.base_nanos is None:
        parts.append("No budget yet")
    elif team.starts_day is not None and not has_begun(team, allocator.period.first_day):
        parts.append(f"Begins on {long_day_text(team.starts_day)}")
    if share.spend is not None:
        of = share.spend
        parts.append(f"Spent: {NO_PRICE}" if of.has_no_price else f"Spent {usd(of.spent_nanos)}")
        end = round_cost_words(of.forecast_nanos, has_no_price=of.has_no_price)
        parts.append(f"forecast {end} by {last_day_text(allocator.period)}")
        if balance.budget == "set":
            parts.append(f"{usd(balance.available_nanos)} available")
    else:
        parts.append("Its figures are for its members and managers")
    if share.extra_nanos:
        parts.append(f"{usd(share.extra_nanos)} more this {allocator.kind}")
    if share.promised_nanos:
        parts.append(f"{usd(share.promised_nanos)} with its teams or held")
    return " · ".join(parts)


def _page_buttons(page: int, pages: int) -> list[Any]:
    turns = []
    if page > 0:
        label = f"Show page {page} of {pages}"
        turns.append(button(f"Page {page} of {pages}", action_id=PREVIOUS_TEAMS, value=page - 1, label=label))
    if page + 1 < pages:
        label = f"Show page {page + 2} of {pages}"
        turns.append(button(f"Page {page + 2} of {pages}", action_id=NEXT_TEAMS, value=page + 1, label=label))
    return turns


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """A team's new budget, or its grant, and what the team then has."""

    share: TeamShare
    before_nanos: int | None
    after_nanos: int
    grant: Grant | None = None


def change_words(change: Allocated, allocator: Allocator) -> str:
    """Returns a change in words: `$12,000.00 each month from December 2026 on; it was $10,000.00`."""
    team = change.share.team
    if change.grant is None:
        was = "there was none" if change.before_nanos is None else f"it was {usd(change.before_nanos)}"
        begins = period_words(allocator.period.name)
        if team.starts_day is not None and team.starts_day >= allocator.period.end_day:
            begins = long_day_text(team.starts_day)
        return f"{usd(change.after_nanos)} each {allocator.kind} from {begins} on; {was}"
    more = usd(change.grant.amount_nanos)
    zone = team.zone_on(change.grant.given_at)
    today = allocator.period.first_day
    return f"{more} more {end_words(change.grant, zone=zone, today=today)}"


def allocated_message(
    change: Allocated, allocator: Allocator, *, by_mention: str, managers: Sequence[str], key: str
) -> Message:
    """Returns the message to a team whose budget was changed. `managers` are mentions of its managers."""
    team, balance = change.share.team, change.share.balance
    if change.grant is None:
        said = f"{by_mention} set the budget of {name(team.name)}: {change_words(change, allocator)}."
    else:
        said = f"{by_mention} gave {name(team.name)} {change_words(change, allocator)}."
    left = ""
    if balance.budget == "set":
        over = balance.available_nanos < 0
        left = f" It {'is over it by' if over else 'has'} {usd(abs(balance.available_nanos))}{'' if over else ' available'} now."
    if change.grant is None and change.after_nanos == 0 and team.mode == "govern":
        left += " Gateways that check first block calls of a team with a budget of $0."
    text = f"{said}{left}"
    blocks: list[Block] = [section(text, block_id=f"{key}-said")]
    if change.grant is not None:
        payer = allocator.team
        blocks.append(actions(end_grant_button(change.grant, team=team, payer=payer), block_id=f"{key}-actions"))
    if managers:
        whose = f"For {', '.join(managers)}. It comes out of the budget of {name(allocator.team.name)}."
        blocks.append(context(whose, block_id=f"{key}-for"))
        text = f"{text} {whose}"
    return Message(text=text, blocks=tuple(blocks))


def allocation_receipt(changes: Sequence[Allocated], allocator: Allocator, *, key: str) -> Message:
    """Returns the receipt for the person who handed out. `allocator` is as it is then."""
    lines = [f"• {name(c.share.team.name)}: {change_words(c, allocator)}" for c in changes[:_RECEIPT_LINES]]
    if len(changes) > _RECEIPT_LINES:
        lines.append(f"• … and {len(changes) - _RECEIPT_LINES:,} more teams")
    left = f"{name(allocator.team.name)} has {usd(allocator.left_nanos)} left to hand out."
    lead = f"You handed out budget of {name(allocator.team.name)}."
    end = left if allocator.has_limit else ""
    blocks = (
        section(lead, block_id=f"{key}-lead"),
        section("\n".join(lines), block_id=f"{key}-changes"),
        *((context(end, block_id=f"{key}-left"),) if end else ()),
    )
    return Message(text=f"{lead} {'; '.join(line.removeprefix('• ') for line in lines)}. {end}".strip(), blocks=blocks)


def changed_note(shares: Collection[TeamShare], *, by_mentions: Sequence[str]) -> str:
    """Returns why a form shows new figures: the teams that somebody changed meanwhile."""
    if not shares:
        return "The figures have changed meanwhile, so nothing was saved. Look again, then save."
    who = " and ".join(by_mentions) or "An import of teams.yml"
    named = [f"{name(s.team.name, limit=40)} to {shown_amount(s.base_nanos)}" for s in list(shares)[:3]]
    more = f" and {len(shares) - 3} more" if len(shares) > 3 else ""
    return f"{who} changed {', '.join(named)}{more} meanwhile, so nothing was saved. Look again, then save."


def which_team_message(teams: Sequence[Team], command: str) -> Message:
    """Returns the choice among several teams whose budget the person hands out."""
    lead = "Whose budget do you hand out?"
    blocks: list[Block] = [section(lead, block_id="hand-out")]
    for team in teams[:15]:
        label = f"Hand out the budget of {plain(team.name, limit=40)}"
        choose = button("Hand out", action_id=HAND_OUT, value=team.id, label=label)
        blocks.append(section(f"*{name(team.name)}*", block_id=f"hand-out-{team.id}", accessory=choose))
    if len(teams) > 15:
        rest = f"… and {len(teams) - 15} more: type `{command} allocate` with the team's short name."
        blocks.append(context(rest, block_id="hand-out-more"))
    names = ", ".join(name(team.name) for team in teams[:15])
    return Message(text=f"{lead} {names}.", blocks=tuple(blocks))
