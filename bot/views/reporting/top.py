"""The answer to `/tokens top`: the largest parts of a team's spend, never people."""

from bot.messages import Block, Message
from bot.money import percent, tokens_short, usd_round
from bot.reporting.figures import Share
from bot.reporting.top import TopReport
from bot.views.blocks import context, section
from bot.views.reporting.mix import mix_lines
from bot.views.wording import (
    before_words,
    counted,
    in_span_words,
    part_name,
    rest_cost_words,
    share_words,
    signed_usd,
    spend_change_words,
    whose,
    zone_words,
)

_MOST = 10


def top_message(top: TopReport, *, command: str) -> Message:
    """Returns the largest parts with cost, share, tokens and change; for tools, also the mix of in-house and third-party."""
    key, part = f"top-{top.team.id}", top.part
    spend, of = top.spend, top.spend.span
    span, before = in_span_words(of), before_words(of)
    team = whose(top.team, top.teams_below)
    zone = "each team's own time" if top.team.kind == "organisation" else zone_words(of.zone)
    included = "Today so far is included" if of.is_open else "Today is not included"
    notes = context(
        f"Only you see this. Days in {zone}. {included}; changes are against {before}. "
        f"`{command} top models 30d` shows models, `{command} top workflows last month` workflows.",
        block_id=f"{key}-notes",
    )
    shown = [share for share in top.shares if share.cost_nanos or share.tokens or share.before_nanos]
    if not shown:
        today = "" if of.is_open else f" `{command} top mtd` includes today."
        text = f"Nothing is recorded for {team} {span}, nor in {before}.{today}"
        return Message(text=text, blocks=(section(text, block_id=key), notes))
    summary = f"{team} spent {usd_round(spend.cost_nanos)} {span}, {spend_change_words(spend)}."
    if spend.has_no_price:
        summary = f"{team} used {tokens_short(spend.tokens)} tokens {span}, all with no price yet."
    lines = [_line(rank, share, top) for rank, share in enumerate(shown[:_MOST], 1)]
    rest = shown[_MOST:]
    if rest:
        cost = sum(share.cost_nanos for share in rest)
        part_of = f" ({percent(cost, spend.cost_nanos)})" if cost else ""
        lines.append(f"and {counted(len(rest), 'other')}: {rest_cost_words(rest)}{part_of}")
    title = f"What costs most: {part}s"
    blocks: list[Block] = [
        section(f"*{summary}*", block_id=key),
        section("\n".join((f"*{title}*", *lines)), block_id=f"{key}-{part}s"),
    ]
    if top.mix is not None:
        mix = mix_lines(top.mix)
        blocks.append(section(f"*In-house and third-party, against {before}*\n{mix}", block_id=f"{key}-mix"))
    return Message(text=f"{summary} {title}: {'; '.join(lines)}.", blocks=(*blocks, notes))


def _line(rank: int, share: Share, top: TopReport) -> str:
    shown = f"{rank}. {part_name(share.name, kind=top.part)}: {share_words(share, total_nanos=top.spend.cost_nanos)}"
    if not top.spend.is_compared or share.has_no_price:
        return shown
    new = ", new" if share.is_new else ""
    return f"{shown}, {signed_usd(share.change_nanos)}{new}"
