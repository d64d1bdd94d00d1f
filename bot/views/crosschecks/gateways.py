"""Messages about gateways: a blocked call, and drift between a gateway's figures and the books."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.crosschecks.gateways import DriftLine
from bot.messages import Block, Message
from bot.money import percent, usd
from bot.periods import date_of
from bot.text import plain
from bot.usage import BudgetBlock
from bot.views.blocks import actions, button, context, date_mark, name, section
from bot.views.books.budgets import REQUEST_BUDGET, has_budget, headline, may_request, no_budget_words
from bot.views.wording import counted

_MAX_TEAMS = 12
_DAY_MICROS = 86_400_000_000
_HASH_CHARACTERS = 64


def block_message(
    block: BudgetBlock, *, alias: str, standing: Standing | None, block_id: int, command: str, zone: str
) -> Message:
    """Returns the message to a person whose call a gateway's budget blocked: the cap, both counters, the reset, and the
    next steps.

    `alias` is the gateway's name of its team. `standing` is the team's standing here; None if no rule places the call.
    """
    key = f"block-{block_id}"
    lead = f"The gateway refused your call: {_cap_words(block, alias)}"
    blocks: list[Block] = [section(f"*{lead}* {_reset_words(block, zone)}", block_id=f"{key}-headline")]
    here = _here_words(standing)
    blocks.append(section(here, block_id=f"{key}-here"))
    if standing is not None and may_request(standing):
        team = standing.team
        ask = button(
            "Request budget",
            action_id=REQUEST_BUDGET,
            value=team.id,
            label=f"Request budget for {plain(team.name, limit=40)}",
        )
        blocks.append(actions(ask, block_id=f"{key}-actions"))
    note = f"Told once per cap, {date_mark(block.at, timezone=zone)}. `{command} me` shows your own use."
    blocks.append(context(note, block_id=f"{key}-notes"))
    return Message(text=f"{lead} {_reset_words(block, zone)} {here}", blocks=tuple(blocks))


def block_preview_message(block: BudgetBlock, *, alias: str, standing: Standing, block_id: int, zone: str) -> Message:
    """Returns the same message for finance while a team is in preview; it names nobody."""
    lead = f"The gateway refused a call of {name(standing.team.name)}: {_cap_words(block, alias, own=False)}"
    here = _here_words(standing)
    rest = "The team is in mode preview, so only finance hears of it; else the person who called would have been told."
    blocks = (
        section(f"*{lead}* {_reset_words(block, zone)}\n{here}", block_id=f"block-{block_id}-headline"),
        context(rest, block_id=f"block-{block_id}-notes"),
    )
    return Message(text=f"{lead} {_reset_words(block, zone)} {here} {rest}", blocks=blocks)


def _cap_words(block: BudgetBlock, alias: str, *, own: bool = True) -> str:
    counters = f"{usd(block.spend_nanos)} of {usd(block.limit_nanos)}"
    return f"{_budget_words(block, alias, own=own)} is used up there, {counters}."


def _budget_words(block: BudgetBlock, alias: str, *, own: bool) -> str:
    """Returns whose budget it is, such as `the budget of team Checkout` or `your own budget`; another person stays
    unnamed.
    """
    if block.entity == "user":
        return "your own budget" if own else "a user's budget"
    if block.entity == "key":
        shown = f" {name(block.credential)}" if block.credential else ""
        return f"the budget of {'your' if own else 'the'} key{shown}"
    if block.entity == "team":
        return f"the budget of team {name(alias or block.entity_id or block.gateway_team)}"
    kind = name(block.entity.replace("_", " "))
    is_name = block.entity_id and len(block.entity_id) < _HASH_CHARACTERS
    is_person = block.entity in ("end_user", "team_member")
    if is_name and (own or not is_person):
        return f"the budget of {kind} {name(block.entity_id)}"
    return f"the budget of {'your' if own else 'a'} {kind}"


def _reset_words(block: BudgetBlock, zone: str) -> str:
    if block.resets_at is None:
        return "It does not say when that resets."
    return f"It resets {date_mark(block.resets_at, timezone=zone)}."


def _here_words(standing: Standing | None) -> str:
    """Returns the team's standing here, and what follows from both."""
    if standing is None:
        return "Tokens does not know which team the call belongs to, so ask whoever runs the gateway for more."
    words = f"In Tokens, {headline(standing)}"
    if has_budget(standing) and standing.balance.available_nanos > 0:
        return f"{words} So the gateway's cap is lower than the budget: ask whoever runs the gateway to raise it."
    if standing.team.kind == "team" and standing.team.mode != "announce" and not has_budget(standing):
        return f"{words} {no_budget_words(standing)}"
    return words


def drift_message(lines: Sequence[DriftLine], *, source: str, alert_id: int, zone: str) -> Message:
    """Returns the message to finance about teams whose gateway and booked figures differ, with likely causes and next
    steps.
    """
    key, still = f"alert-{alert_id}", [line for line in lines if not line.is_closed]
    lead = _lead(still, source)
    shown = [_line_words(line, zone) for line in (*still, *(line for line in lines if line.is_closed))[:_MAX_TEAMS]]
    if len(lines) > _MAX_TEAMS:
        shown.append(f"and {counted(len(lines) - _MAX_TEAMS, 'team')} more")
    blocks: list[Block] = [section(f"*{lead}*", block_id=f"{key}-headline")]
    blocks += [
        section("\n".join(f"• {words}" for words in shown[at : at + 6]), block_id=f"{key}-teams-{at}")
        for at in range(0, len(shown), 6)
    ]
    if still:
        causes = "\n".join(f"• {cause}" for cause in _causes(still))
        blocks.append(section(f"*Likely causes*\n{causes}", block_id=f"{key}-causes"))
        blocks.append(context(_advice(still, source), block_id=f"{key}-notes"))
    return Message(text=f"{lead} {' '.join(f'{words}.' for words in shown[:3])}", blocks=tuple(blocks))


def drift_line(source: str, line: DriftLine) -> str:
    """Returns the same in one line, for Home."""
    shown, difference = name(line.alias or line.gateway_team, limit=40), usd(line.drift_nanos)
    if line.more == "gateway":
        return f"{name(source, limit=40)} counts {difference} more for {shown} than arrived here: read the gateway's log again."
    return f"{name(source, limit=40)} counts {difference} less for {shown} than was booked: its counter lost some."


def _lead(still: Sequence[DriftLine], source: str) -> str:
    gateway = f"The gateway {name(source)}"
    if not still:
        return f"{gateway} and Tokens agree again."
    total = usd(sum(line.drift_nanos for line in still))
    teams = counted(len(still), "team")
    directions = {line.more for line in still}
    if directions == {"gateway"}:
        return f"{gateway} counts {total} more than Tokens booked, for {teams}."
    if directions == {"books"}:
        return f"{gateway} counts {total} less than Tokens booked, for {teams}."
    return f"{gateway} and Tokens are {total} apart, for {teams}."


def _line_words(line: DriftLine, zone: str) -> str:
    shown = name(line.alias or line.gateway_team, limit=40)
    if line.is_closed:
        return f"{shown}: agrees again"
    since = date_mark(line.base_at, timezone=zone)
    side = "missing here" if line.more == "gateway" else "missing there"
    share = percent(line.drift_nanos, max(line.counted_nanos, line.booked_nanos))
    return (
        f"{shown}: since {since} the gateway counted {usd(line.counted_nanos)} and Tokens booked {usd(line.booked_nanos)} "
        f"at the gateway's prices, {usd(line.drift_nanos)} ({share}) {side}"
    )


def _causes(still: Sequence[DriftLine]) -> list[str]:
    causes = []
    directions = {line.more for line in still}
    if "gateway" in directions:
        causes.append(
            "Calls did not arrive: batches that were dropped when a post failed (set `max_retries`), a proxy without the "
            "callback, or follow-up rounds that the gateway does not log."
        )
    if "books" in directions:
        causes.append(
            "The gateway does not count them: streamed or failed calls whose cost it lost, a model without a price there, "
            "or a counter that somebody reset."
        )
    models = [line.model for line in still if line.model is not None]
    if models:
        worst = max(models, key=lambda model: abs(model.cost_nanos - model.reported_nanos))
        causes.append(
            f"Prices differ besides, most for {name(worst.model)}: {usd(worst.reported_nanos)} at the gateway's, "
            f"{usd(worst.cost_nanos)} as booked. That is not part of the difference above."
        )
    return causes


def _advice(still: Sequence[DriftLine], source: str) -> str:
    if any(line.more == "gateway" for line in still):
        first = date_of(min(line.base_at for line in still) // _DAY_MICROS)
        command = (
            f"tokens backfill --source {plain(source)} --url … --key-env LITELLM_MASTER_KEY --from {first} --until …"
        )
        return f"`{command}` books what is missing from the gateway's own log, each call once."
    return "Compare one team's day in the gateway's own log with `tokens reconcile`; nothing has to be undone here."
