"""What needs an admin, in a few lines with buttons to act."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.views.blocks import button, context, name, section, spoken_label
from bot.views.org.attribution import CLAIM_KEY
from bot.views.wording import counted

_MOST_KEYS = 5
_MOST_TEAMS = 5


class UnassignedKey(NamedTuple):
    """A key whose usage belongs to no team, by the id of one of its series."""

    series_id: int
    name: str
    calls: int
    cost_nanos: int


def needs_message(
    keys: Sequence[UnassignedKey], *, broken: Sequence[Team], silent: int, lost: int, command: str
) -> Message:
    """Returns what an admin can repair. Home has each with its figures."""
    lines = []
    if broken:
        named = ", ".join(name(team.name, limit=40) for team in broken[:_MOST_TEAMS])
        more = f" and {len(broken) - _MOST_TEAMS:,} more" if len(broken) > _MOST_TEAMS else ""
        lines.append(f"{counted(len(broken), 'channel')} can't be posted to: {named}{more}.")
    if silent:
        lines.append(f"{counted(silent, 'source')} {'is' if silent == 1 else 'are'} silent.")
    if lost:
        lines.append(f"{counted(lost, 'message')} could not be delivered: `tokens messages` lists them.")
    key_blocks, key_text = unassigned_blocks(keys, may_claim=True)
    lead = "What needs an admin" if lines or keys else "Nothing needs an admin now."
    note = f"Your Home shows the company. `{command} help` lists what you can ask."
    blocks: list[Block] = [section(f"*{lead}*", block_id="needs")]
    if lines:
        blocks.append(section("\n".join(f"• {line}" for line in lines), block_id="needs-lines"))
    blocks += [*key_blocks, context(note, block_id="needs-note")]
    said = [f"{lead}." if lines or keys else lead, *lines, key_text, note]
    return Message(text=" ".join(filter(None, said)), blocks=tuple(blocks))


def unassigned_blocks(keys: Sequence[UnassignedKey], *, may_claim: bool) -> tuple[list[Block], str]:
    """Returns the unassigned keys, each with a button to claim it, and the same as text."""
    if not keys:
        return [], ""
    total = sum(key.cost_nanos for key in keys)
    lead = f"{counted(len(keys), 'key')} belong{'s' if len(keys) == 1 else ''} to no team: {usd(total)} in the last 30 days"
    blocks: list[Block] = [section(f"*{lead}*", block_id="unassigned")]
    lines = []
    for key in keys[:_MOST_KEYS]:
        line = f"{name(key.name)}: {usd(key.cost_nanos)}, {counted(key.calls, 'call')}"
        label = f"Claim {spoken_label(key.name, limit=40)} for a team"
        claim = button("Claim", action_id=CLAIM_KEY, value=key.series_id, label=label) if may_claim else None
        blocks.append(section(line, block_id=f"unassigned-{key.series_id}", accessory=claim))
        lines.append(line)
    if len(keys) > _MOST_KEYS:
        more = f"And {counted(len(keys) - _MOST_KEYS, 'more key')}: `tokens attribution unattributed` lists them."
        blocks.append(context(more, block_id="unassigned-more"))
        lines.append(more)
    return blocks, f"{lead}: {'; '.join(lines)}."
