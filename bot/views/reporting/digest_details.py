"""The details of a team's week as a modal: the arithmetic of its change, its parts, and all that the digest left out."""

from collections.abc import Sequence
from typing import Any

from bot.messages import Block
from bot.money import tokens_short, usd
from bot.reporting.digests import Digest
from bot.reporting.figures import Share
from bot.views.blocks import context, date_mark, page, section
from bot.views.detection.data_gaps import gaps_words
from bot.views.reporting.causes import arithmetic_words
from bot.views.reporting.digests import announced_words, driver_words, finding_words, next_steps
from bot.views.reporting.mix import mix_lines
from bot.views.wording import counted, part_name, rest_cost_words, share_words, signed_usd, week_words

_MOST = 5


def week_page(digest: Digest, *, command: str) -> dict[str, Any]:
    """Returns the modal."""
    key = f"week-{digest.standing.team.id}-{digest.monday}"
    compares = not digest.is_first and not digest.is_first_full
    blocks: list[Block] = [section(f"*{finding_words(digest)}.* {_calls(digest)}", block_id=f"{key}-headline")]

    def listed(title: str, lines: Sequence[str], part: str) -> None:
        text = "\n".join(line for line in lines if line)
        if text:
            blocks.append(section(f"*{title}*\n{text}", block_id=f"{key}-{part}"))

    if digest.gaps:
        listed("Missing data", [gaps_words(digest.gaps, zone=digest.standing.zone)], "gaps")
    elif compares:
        listed(
            "How it compares",
            [arithmetic_words(digest.change, week_nanos=digest.week_nanos, hides_key=digest.hides_key)],
            "why",
        )
    if compares:
        listed("Moved most", [f"• {driver_words(driver)}" for driver in digest.drivers], "drivers")
    for title, part, shares in (
        ("Tools", "tool", digest.tools),
        ("Models", "model", digest.models),
        ("Workflows", "workflow", digest.workflows),
    ):
        listed(title, _share_lines(digest, shares, kind=part, compares=compares), f"{part}s")
    listed("In-house and third-party", [mix_lines(digest.mix, against="the week before")], "mix")
    listed("Announced ahead", [f"• {announced_words(one)}" for one in digest.announced[:_MOST]], "announced")
    listed("To do", [f"• {step}" for step in next_steps(digest)], "steps")
    listed("Waiting for a decision", _waiting(digest), "requests")
    notes = [f"{counted(digest.alerts, 'alert')} in the week: see the channel."] if digest.alerts else []
    notes.append(f"`{command}` shows where the team stands now, `{command} me` your own use.")
    blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    return page(title=f"Week of {week_words(digest.monday)}", blocks=blocks)


def _calls(digest: Digest) -> str:
    if not digest.calls:
        return "No calls were recorded."
    return f"{counted(digest.calls, 'call')}, {tokens_short(digest.mix.tokens)} tokens."


def _share_lines(digest: Digest, shares: Sequence[Share], *, kind: str, compares: bool) -> list[str]:
    """Returns a line for each large part with its share, tokens and change, and one for the rest."""
    used = [share for share in shares if share.cost_nanos or share.tokens]
    if kind == "workflow" and not any(share.name.strip() for share in used):
        return []
    lines = []
    for share in used[:_MOST]:
        is_compared = compares and share.change_nanos and not share.has_no_price
        moved = f", {signed_usd(share.change_nanos)}" if is_compared else ""
        named = (
            "without a workflow" if kind == "workflow" and not share.name.strip() else part_name(share.name, kind=kind)
        )
        lines.append(f"• {named}: {share_words(share, total_nanos=digest.week_nanos)}{moved}")
    rest = used[_MOST:]
    if rest:
        lines.append(f"• {counted(len(rest), 'other')}: {rest_cost_words(rest)}")
    return lines


def _waiting(digest: Digest) -> list[str]:
    """Returns the requests that wait, oldest first, and how long decisions take."""
    lines = [
        f"• {one.asker_mention} asks for {usd(one.amount_nanos)}, since {date_mark(one.since)}"
        for one in digest.waiting[:_MOST]
    ]
    rest = len(digest.waiting) - _MOST
    if rest > 0:
        lines.append(f"• and {rest:,} more")
    return [*lines, digest.decision_times]
