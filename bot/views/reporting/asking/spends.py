"""What a team spent in some days: as a whole with its parts, on one part, or by key."""

from collections.abc import Sequence

from bot.messages import Block, Message
from bot.money import percent, tokens_short, usd, usd_round
from bot.org.teams import Team
from bot.reporting.asking.spends import PartSpend, SpendAnswer
from bot.reporting.figures import Share, Spend
from bot.reporting.spans import Span
from bot.views.blocks import context, name, section
from bot.views.reporting.asking.needs import UnassignedKey, unassigned_blocks
from bot.views.wording import (
    NO_PRICE,
    before_words,
    change_words,
    cost_words,
    counted,
    days_words,
    in_span_words,
    period_words,
    share_words,
    signed_usd,
    spend_change_words,
    whose,
    zone_words,
)

_MOST_KEYS = 15
_MOST_TEAMS = 8
_MOST_OF_A_NAME = 8
_KINDS = {"tool": "tool", "model": "model", "workflow": "workflow", "credential": "key"}


def spend_message(answer: SpendAnswer) -> Message:
    """Returns what a team spent over a span: the change, its parts, and the budget of a period as it was."""
    spend, span = answer.spend, answer.spend.span
    key = f"spend-{answer.team.id}"
    subject = whose(answer.team, answer.teams_below)
    if not spend.calls and not spend.before_nanos and not spend.before_has_no_price:
        text = f"{subject} used nothing {in_span_words(span)}, and nothing in {before_words(span)}."
        return Message(text=text, blocks=(section(text, block_id=key), _notes(answer.team, span, key)))
    lead = _lead(subject, spend)
    fields = [
        f"*Spent*\n{cost_words(spend.cost_nanos, has_no_price=spend.has_no_price)}",
        f"*{_sentence(before_words(span))}*\n{_before(spend)}",
        f"*Calls*\n{spend.calls:,}",
        f"*Tokens*\n{tokens_short(spend.tokens)}",
    ]
    budget = _budget_words(answer)
    if budget:
        fields.append(f"*Own budget*\n{budget}")
    if spend.unpriced_calls and not spend.has_no_price:
        fields.append(f"*{_sentence(NO_PRICE)}*\n{_unpriced(spend)}")
    blocks: list[Block] = [section(f"*{lead}*", block_id=key, fields=fields)]
    said = [lead]
    if teams := _team_lines(answer):
        body = "\n".join(("*Teams*", *(f"• {line}" for line in teams)))
        blocks.append(section(body, block_id=f"{key}-teams"))
        said.append(f"Teams: {'; '.join(teams)}.")
    for kind, shares, most in (
        ("tool", answer.tools, 5),
        ("model", answer.models, 3),
        ("workflow", answer.workflows, 3),
    ):
        lines = _lines(shares, spend, kind=kind, most=most)
        if lines:
            body = "\n".join((f"*{kind.capitalize()}s*", *(f"• {line}" for line in lines)))
            blocks.append(section(body, block_id=f"{key}-{kind}s"))
            said.append(f"{kind.capitalize()}s: {'; '.join(lines)}.")
    if budget:
        said.insert(1, f"Own budget: {budget}.")
    if spend.unpriced_calls and not spend.has_no_price:
        said.append(f"{_sentence(NO_PRICE)}: {_unpriced(spend)}.")
    blocks.append(_notes(answer.team, span, key))
    return Message(text=" ".join(said), blocks=tuple(blocks))


def part_message(team: Team, *, typed: str, spend: Spend, parts: Sequence[PartSpend], teams_below: int) -> Message:
    """Returns what a team spent on the tools, models, workflows or keys that a word names: each kind for itself, as they are
    the same calls seen from several sides."""
    span, key = spend.span, f"part-{team.id}"
    subject, before = whose(team, teams_below), before_words(span)
    leads, blocks = [], list[Block]()
    for part in parts:
        shares = [share for share in part.shares if share.calls or share.before_nanos]
        kind = _KINDS[part.kind]
        what = (
            f"the {kind} {name(shares[0].name)}"
            if len(shares) == 1
            else f"{counted(len(shares), kind)} with “{name(typed)}”"
        )
        if not shares:
            continue
        lead = f"{subject} spent {_cost(part)} on {what} {in_span_words(span)}"
        if spend.cost_nanos > 0 and part.cost_nanos > 0:
            lead += f", {percent(part.cost_nanos, spend.cost_nanos)} of its spend"
        if spend.is_compared:
            lead += f": {change_words(part.cost_nanos, part.before_nanos, before=before)}"
        lines = _lines(shares, spend, kind=kind, most=_MOST_OF_A_NAME) if len(shares) > 1 else []
        leads.append(" ".join((f"{lead}.", *(f"{line};" for line in lines))))
        blocks.append(section("\n".join((f"*{lead}.*", *(f"• {line}" for line in lines))), block_id=f"{key}-{kind}"))
    if not blocks:
        text = f"{subject} used nothing called “{name(typed)}” {in_span_words(span)}, nor in {before}."
        return Message(text=text, blocks=(section(text, block_id=key), _notes(team, span, key)))
    notes = [_notes_words(team, span)]
    if len(blocks) > 1:
        notes.append("These are the same calls seen from several sides, so they don't add up.")
    blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    return Message(text=" ".join(leads), blocks=tuple(blocks))


def keys_message(
    team: Team,
    *,
    spend: Spend,
    shares: Sequence[Share],
    teams_below: int,
    unassigned: Sequence[UnassignedKey] = (),
    may_claim: bool = False,
) -> Message:
    """Returns what each key of a team spent, the most expensive first, and the keys that belong to no team."""
    span, key = spend.span, f"keys-{team.id}"
    subject = whose(team, teams_below)
    used = [share for share in shares if share.calls or share.before_nanos]
    named = [share for share in used if share.name.strip()]
    lead = f"No key of {subject} was used {in_span_words(span)}, nor in {before_words(span)}."
    lines: list[str] = []
    if named:
        cost = sum(share.cost_nanos for share in named)
        lead = f"{subject} spent {usd_round(cost)} with {counted(len(named), 'key')} {in_span_words(span)}."
        lines = _lines(used, spend, kind="key", most=_MOST_KEYS)
    body = "\n".join((f"*{lead}*", *(f"• {line}" for line in lines)))
    blocks, text = unassigned_blocks(unassigned, may_claim=may_claim)
    said = [lead, f"{'; '.join(lines)}." if lines else "", text]
    return Message(
        text=" ".join(filter(None, said)),
        blocks=(section(body, block_id=key), *blocks, _notes(team, span, key)),
    )


def _lead(subject: str, spend: Spend) -> str:
    span = in_span_words(spend.span)
    if spend.has_no_price:
        return f"{subject} used {tokens_short(spend.tokens)} tokens {span}, all with {NO_PRICE}."
    return f"{subject} spent {usd_round(spend.cost_nanos)} {span}, {spend_change_words(spend)}."


def _lines(shares: Sequence[Share], spend: Spend, *, kind: str, most: int) -> list[str]:
    """Returns a line per large part, with its change where the days before are complete, and one for the rest."""
    listed = [share for share in shares if share.cost_nanos or share.tokens or share.before_nanos]
    if len(listed) == 1 and not listed[0].name.strip():
        return []
    named = [share for share in listed if share.name.strip()]
    lines = [_line(share, spend, kind=kind) for share in named[:most]]
    lines += [_line(share, spend, kind=kind) for share in listed if not share.name.strip()]
    if rest := named[most:]:
        cost = sum(share.cost_nanos for share in rest)
        has_no_price = cost == 0 and any(share.has_no_price for share in rest)
        words = cost_words(cost, has_no_price=has_no_price)
        lines.append(
            f"{counted(len(rest), 'other')}: {words}"
            + ("" if has_no_price else f" ({percent(cost, spend.cost_nanos)})")
        )
    return lines


def _team_lines(answer: SpendAnswer) -> list[str]:
    """Returns a line per team with its share and change, and one for the rest; the node's own usage by its name."""
    spend, lines = answer.spend, list[str]()
    for part in answer.by_team[:_MOST_TEAMS]:
        called = "Unattributed" if part.team.kind != "team" else name(part.team.name)
        own = " itself" if part.team.id == answer.team.id else ""
        change = part.cost_nanos - part.before_nanos
        words = f"{called}{own}: {usd(part.cost_nanos)} ({percent(part.cost_nanos, spend.cost_nanos)})"
        lines.append(f"{words}, {signed_usd(change)}" if spend.is_compared else words)
    if rest := answer.by_team[_MOST_TEAMS:]:
        lines.append(f"{counted(len(rest), 'other')}: {usd(sum(part.cost_nanos for part in rest))}")
    return lines


def _line(share: Share, spend: Spend, *, kind: str) -> str:
    called = name(share.name) if share.name.strip() else f"no {kind} named"
    words = f"{called}: {share_words(share, total_nanos=spend.cost_nanos)}"
    if not spend.is_compared or share.has_no_price:
        return words
    new = ", new" if share.is_new else ""
    return f"{words}, {signed_usd(share.change_nanos)}{new}"


def _cost(part: PartSpend) -> str:
    has_no_price = part.cost_nanos == 0 and any(share.has_no_price for share in part.shares)
    return f"({NO_PRICE})" if has_no_price else usd_round(part.cost_nanos)


def _before(spend: Spend) -> str:
    if spend.is_compared:
        return cost_words(spend.before_nanos, has_no_price=spend.before_has_no_price)
    return f"{usd(spend.before_nanos)}, not complete" if spend.before_nanos else "No usage yet"


def _unpriced(spend: Spend) -> str:
    return f"{counted(spend.unpriced_calls, 'call')}, {tokens_short(spend.unpriced_tokens)} tokens"


def _budget_words(answer: SpendAnswer) -> str:
    balance, period = answer.balance, answer.period
    if balance is None or period is None:
        return ""
    used = f"{usd(balance.charged_nanos)} of {usd(balance.allocated_nanos)}"
    share = percent(balance.charged_nanos, balance.allocated_nanos)
    return f"{used} used ({share}) in {period_words(period.name)}"


def _notes(team: Team, span: Span, key: str) -> Block:
    return context(_notes_words(team, span), block_id=f"{key}-notes")


def _notes_words(team: Team, span: Span) -> str:
    """Returns the days and the zone of the figures."""
    zone = "each team's own time" if team.kind == "organisation" else zone_words(span.zone)
    today = " Today so far is included." if span.is_open else ""
    return f"Only you see this. {_sentence(days_words(span.first_day, span.end_day))}, in {zone}.{today}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
