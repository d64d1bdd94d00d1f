"""The form that asks for budget, or changes what was asked: it shows what is left, and what an amount buys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.books.budgets import Standing
from bot.books.grant_ends import KIND_FIELD
from bot.books.grants import DAY_FIELD
from bot.books.ledger import Balance
from bot.messages import Block
from bot.money import usd, usd_round
from bot.org.teams import Team
from bot.periods import PeriodKind, day_text
from bot.requests.asking.asks import Bought, CapChoice, Offer, blocking_cap, bought, offers
from bot.requests.asking.typed_asks import (
    AMOUNT_FIELD,
    CAP_FIELD,
    ENDS,
    GIVER_FIELD,
    PERIOD_ONLY,
    REASON_FIELD,
    TEAM_FIELD,
    Giver,
    TypedAsk,
)
from bot.requests.budget_requests import MAX_REASON_CHARACTERS, BudgetRequest
from bot.text import plain
from bot.views.blocks import Element, actions, button, context, field, modal, name, section, select, text_input
from bot.views.books.budgets import headline, outlook
from bot.views.grant_ends import end_fields
from bot.views.requests.request_words import who_decides
from bot.views.typed_forms import NOTE
from bot.views.wording import a_day, budget_words, counted, last_day_text, period_words

REQUEST_FORM = "request_form"
CHANGE_FORM = "change_form"
FIRST_OFFER = "offer_first"
SECOND_OFFER = "offer_second"
THIRD_OFFER = "offer_third"
OFFERS = (FIRST_OFFER, SECOND_OFFER, THIRD_OFFER)
"""Action ids of the buttons that fill in an amount; their value is the amount in nano-dollars."""

FORM_TITLE = "Request AI budget"
TEAMS_ABOVE: Final = "above"
"""The choice of the teams above as payer."""
_MAX_OPTIONS = 100
_AMOUNT_CHARACTERS = 40


@dataclass(frozen=True, kw_only=True)
class AskFigures:
    """What a form shows: the team's standing, the teams and caps to choose from, and who decides about the amount.

    `deciders` are mentions, of whom `needed` must approve; without any nobody can approve, unless the policy does so by
    itself (`is_auto`). `policy` is the line that applies. `message` is the link of the message that it is about.
    """

    standing: Standing
    teams: Sequence[tuple[Team, Balance]]
    caps: Sequence[CapChoice]
    givers: Sequence[Giver]
    deciders: Sequence[str]
    by_finance: bool
    needed: int = 1
    is_auto: bool = False
    policy: str = ""
    period_kind: PeriodKind = "month"
    message: str = ""


def ask_form(
    figures: AskFigures,
    typed: TypedAsk,
    *,
    metadata: str,
    turn: int = 0,
    note: str = "",
    changes: BudgetRequest | None = None,
    is_second: bool = False,
) -> dict[str, Any]:
    """Returns the form, with what is typed. `note` says what happened meanwhile.

    `turn` grows with each amount that a button fills in: Slack keeps what was typed in a field of the same id. `changes`
    is the pending request that the form changes; `is_second` says that the person meant to ask for another.
    """
    chosen = next((cap for cap in figures.caps if cap.id == typed.cap), figures.caps[0])
    standing = figures.standing
    blocks: list[Block] = [section(f"*{note}*", block_id=NOTE)] if note else []
    if not (figures.deciders or figures.is_auto):
        blocks.append(section(_nobody_words(standing.team), block_id="nobody"))
    if changes is not None:
        blocks.append(section(_change_words(changes, standing, is_second=is_second), block_id="changed-request"))
    blocks.append(section(_state_words(figures), block_id="state"))
    if len(figures.teams) > 1 and changes is None:
        blocks.append(_team_field(figures))
    offered = offers(standing, chosen, lasts_on=typed.end.kind != PERIOD_ONLY.kind)
    blocks.append(actions(*_offer_buttons(offered, standing), block_id="offers"))
    typed_amount = text_input(
        action_id=AMOUNT_FIELD,
        initial=typed.amount,
        placeholder="500, $1,250.50 or 2k",
        max_length=_AMOUNT_CHARACTERS,
        focus=not typed.amount,
        acts=True,
    )
    typed_reason = text_input(
        action_id=REASON_FIELD,
        initial=typed.reason,
        placeholder="What it is for",
        max_length=MAX_REASON_CHARACTERS,
        multiline=True,
        focus=bool(typed.amount) and not typed.reason,
    )
    amount_hint = "Added to the current budget." if chosen.kind == "team" else f"Added to this limit: {chosen.words}."
    blocks += [
        field(
            "Amount in US dollars",
            typed_amount,
            block_id=amount_block(turn),
            hint=plain(amount_hint, limit=140),
            acts=True,
        ),
        context(_buys_words(typed, standing, chosen, offered), block_id="buys"),
        field("Reason", typed_reason, block_id=REASON_FIELD, hint="Your approver sees this."),
        *_end_fields(typed, figures.period_kind),
        *_cap_fields(figures, chosen),
        *_giver_fields(figures, typed),
        context(*_small_print(figures), block_id="who-decides"),
    ]
    return modal(
        title=FORM_TITLE,
        submit="Send request" if changes is None else "Change request",
        blocks=blocks,
        callback_id=REQUEST_FORM if changes is None else CHANGE_FORM,
        metadata=metadata,
    )


def amount_block(turn: int) -> str:
    """Returns the block id of the amount after so many amounts that buttons filled in."""
    return f"{AMOUNT_FIELD}-{turn}" if turn else AMOUNT_FIELD


def _state_words(figures: AskFigures) -> str:
    standing, used = figures.standing, blocking_cap(figures.caps)
    if used is None or used.kind == "team":
        return f"*{headline(standing)}* {outlook(standing)}"
    has = f"{name(standing.team.name)} still has {usd(max(0, standing.balance.available_nanos))}."
    return f"*{_used_words(used)}* {has} {outlook(standing)}"


def _used_words(cap: CapChoice) -> str:
    """Returns `Your key key-12 at eu, $50.00, is used up.`"""
    limit = f", {usd(cap.limit_nanos)}," if cap.limit_nanos is not None else ""
    place = f" at {name(cap.gateway)}" if cap.gateway else ""
    what = f"Your {name(cap.words)}" if cap.kind in ("key", "member") else f"The budget for {name(cap.words)}"
    return f"{what}{place}{limit} is used up."


def _nobody_words(team: Team) -> str:
    return (
        f"*Nobody can approve this for {name(team.name)} now*: nobody decides their own request, and there is no other "
        "manager and nobody in finance. Ask an admin to add one in teams.yml first; what you type is kept."
    )


def _change_words(request: BudgetRequest, standing: Standing, *, is_second: bool) -> str:
    asked = f"{usd(request.amount_nanos)} for *{name(standing.team.name)}* in {period_words(request.period)}"
    if is_second:
        return f"You already have a request waiting: {asked}. Change it here instead of sending a second one."
    return f"You asked for {asked}."


def _team_field(figures: AskFigures) -> Block:
    chosen = figures.standing.team
    listed = list(figures.teams[:_MAX_OPTIONS])
    if chosen.id not in {team.id for team, _ in listed}:
        listed[-1] = (chosen, figures.standing.balance)
    options = [(plain(team.name, limit=40) + f" ({budget_words(balance)})", team.id) for team, balance in listed]
    menu = select(options, action_id=TEAM_FIELD, chosen=chosen.id, placeholder="Choose a team")
    return field("Team", menu, block_id=TEAM_FIELD, hint="The team whose budget grows.", acts=True)


def _offer_buttons(offered: Sequence[Offer], standing: Standing) -> list[Element]:
    return [
        button(
            f"{usd_round(offer.amount_nanos)}{_offer_words(offer, standing)}",
            action_id=action_id,
            value=offer.amount_nanos,
            label=f"Fill in {usd_round(offer.amount_nanos)}{_offer_words(offer, standing)}",
        )
        for action_id, offer in zip(OFFERS, offered, strict=False)
    ]


def _offer_words(offer: Offer, standing: Standing) -> str:
    words = {
        "period": f"to {last_day_text(standing.period)}",
        "quarter": "25% more",
        "half": "50% more",
        "double": "as much again",
        "week": "about a week",
        "fortnight": "about two weeks",
        "plain": "",
    }[offer.kind]
    return f" · {words}" if words else ""


def _buys_words(typed: TypedAsk, standing: Standing, cap: CapChoice, offered: Sequence[Offer]) -> str:
    amount = typed.amount_nanos()
    if cap.kind != "team":
        limit = f" of {usd(cap.limit_nanos)}" if cap.limit_nanos is not None else ""
        left = f"{usd(cap.left_nanos)} left{limit}" if cap.left_nanos is not None else "no figure here of what is left"
        after = (
            f"; with {usd(amount)} more, {usd(cap.left_nanos + amount)}"
            if amount and cap.left_nanos is not None
            else ""
        )
        return f"{name(cap.words).capitalize()}: {left}{after}."
    if amount is None:
        amount = offered[0].amount_nanos if offered else 0
    return buys_words(bought(standing, amount), standing)


def buys_words(more: Bought, standing: Standing) -> str:
    """Returns what an amount buys: `$400: about 9 days at $44 a day, until Wed 9 Dec.`"""
    amount, team = usd_round(more.amount_nanos), name(standing.team.name)
    if more.lacking_nanos:
        return f"{amount} is not enough: {team} would still be {usd(more.lacking_nanos)} over its budget."
    if more.days is None:
        return f"{amount}: nothing was spent in the last four weeks, so there is no pace to compare it with."
    days = f"about {counted(more.days, 'day')}" if more.days else "less than a day"
    pace = f"{amount}: {days} at {a_day(standing.forecast.usual_nanos_per_day)}"
    if more.until_day is None:
        return f"{pace}; the budget then lasts until {last_day_text(standing.period)}."
    return f"{pace}; the budget then runs out on {day_text(more.until_day)}."


def _end_fields(typed: TypedAsk, period: PeriodKind) -> list[Block]:
    """Returns the field that asks how long, and the one for the last day once that is chosen."""
    blocks = []
    for block in end_fields(typed.end, period=period, offered=ENDS):
        if block["block_id"] == KIND_FIELD:
            blocks.append({**block, "dispatch_action": True})
        elif block["block_id"] != DAY_FIELD or typed.end.kind == "date" or typed.end.day:
            blocks.append(block)
    return blocks


def _cap_fields(figures: AskFigures, chosen: CapChoice) -> list[Block]:
    if len(figures.caps) < 2:
        return []
    listed = list(figures.caps[:_MAX_OPTIONS])
    if chosen not in listed:
        listed[-1] = chosen
    options = [(_cap_option(cap, figures.standing), cap.id) for cap in listed]
    menu = select(options, action_id=CAP_FIELD, chosen=chosen.id, placeholder="Choose a limit")
    return [field("For which limit", menu, block_id=CAP_FIELD, hint="The limit that grows.", acts=True)]


def _cap_option(cap: CapChoice, standing: Standing) -> str:
    if cap.kind == "team":
        return f"{plain(standing.team.name, limit=40)} as a whole"
    left = f" ({usd_round(max(0, cap.left_nanos))} left)" if cap.left_nanos is not None else ""
    place = f" at {plain(cap.gateway, limit=20)}" if cap.gateway else ""
    own = "My " if cap.kind in ("member", "key") else ""
    words = plain(cap.words, limit=40)
    return f"{own}{words if own else words[:1].upper() + words[1:]}{place}{left}"


def _giver_fields(figures: AskFigures, typed: TypedAsk) -> list[Block]:
    if not figures.givers:
        return []
    listed = figures.givers[: _MAX_OPTIONS - 1]
    options: list[tuple[str, int | str]] = [("The teams above", TEAMS_ABOVE)]
    options += [(f"{plain(g.team.name, limit=40)} ({usd(g.available_nanos)} left)", g.team.id) for g in listed]
    chosen = typed.giver_id if typed.giver_id in {giver.team.id for giver in listed} else TEAMS_ABOVE
    menu = select(options, action_id=GIVER_FIELD, chosen=chosen, placeholder="Choose who gives it")
    return [field("Out of whose budget", menu, block_id=GIVER_FIELD, hint="Or move it from another team of yours.")]


def _small_print(figures: AskFigures) -> list[str]:
    about = [f"About <{figures.message}|this message>."] if figures.message else []
    if figures.is_auto:
        return ["This much is approved at once, by the policy.", *filter(None, [figures.policy]), *about]
    who = "Nobody decides yet."
    if figures.deciders:
        who = who_decides(figures.deciders, by_finance=figures.by_finance, needed=figures.needed)
    return [f"{who} Nobody decides their own request.", *filter(None, [figures.policy]), *about]
