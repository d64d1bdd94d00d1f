"""The answer to `/tokens top`: the largest parts of a team's spend, never people."""

from bot.messages import Block, Message
from bot.money import percent, tokens_short, usd, usd_round
from bot.reporting.digests import Share
from bot.reporting.top import TopReport, TopSpan
from bot.views.blocks import context, name, section
from bot.views.reporting.mix import mix_lines
from bot.views.wording import change_words, counted, part_name, signed_usd

_MOST = 10
_SPANS: dict[TopSpan, tuple[str, str]] = {
    "7d": ("in the last 7 days", "the 7 days before"),
    "30d": ("in the last 30 days", "the 30 days before"),
    "mtd": ("this month so far", "the same days of last month"),
}


def top_message(top: TopReport, *, command: str) -> Message:
    """Returns the largest parts with cost, share, tokens and change; for tools, also the mix of in-house and third-party."""
    key, part = f"top-{top.team.id}", top.query.part
    span, before = _SPANS[top.query.span]
    team = name(top.team.name)
    notes = context(
        f"Only you see this. Today so far is included, changes are against {before}. "
        f"`{command} top models 30d` shows models, `{command} top workflows mtd` workflows.",
        block_id=f"{key}-notes",
    )
    shown = [share for share in top.shares if share.cost_nanos or share.tokens or share.before_nanos]
    if not shown:
        text = f"Nothing is recorded for {team} {span}, nor in {before}."
        return Message(text=text, blocks=(section(text, block_id=key), notes))
    change = change_words(top.cost_nanos, top.before_nanos, before=before)
    summary = f"{team} spent {usd_round(top.cost_nanos)} {span}, {change}."
    lines = [_line(rank, share, top) for rank, share in enumerate(shown[:_MOST], 1)]
    rest = shown[_MOST:]
    if rest:
        cost = sum(share.cost_nanos for share in rest)
        lines.append(f"and {counted(len(rest), 'other')}: {usd(cost)} ({percent(cost, top.cost_nanos)})")
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
    shown, part = part_name(share.name, kind=top.query.part), percent(share.cost_nanos, top.cost_nanos)
    new = ", new" if share.before_nanos == 0 and share.cost_nanos > 0 else ""
    return (
        f"{rank}. {shown}: {usd(share.cost_nanos)} ({part}), {tokens_short(share.tokens)} tokens, "
        f"{signed_usd(share.change_nanos)}{new}"
    )
