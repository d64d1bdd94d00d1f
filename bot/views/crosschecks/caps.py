"""Words for caps at gateways: a line per gateway on a card and in Home, and the message about a cap changed by hand."""

from collections.abc import Mapping, Sequence

from bot.crosschecks.gateway_caps import UNLIMITED, GatewayCap, ShownCap
from bot.messages import Block, Message
from bot.money import usd
from bot.org.gateways import GatewayKind
from bot.org.teams import Team
from bot.text import plain
from bot.views.blocks import Element, actions, button, context, date_mark, escape, name, section
from bot.views.wording import counted

USE_BOOKS_CAP = "use_books_cap"
KEEP_GATEWAY_CAP = "keep_gateway_cap"
"""These two buttons carry the target's id and the conflict that they show."""

KIND_NAMES: Mapping[GatewayKind, str] = {
    "litellm": "LiteLLM",
    "claude_gateway": "Claude gateway",
    "claude_enterprise": "Claude Enterprise",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "github": "GitHub",
    "webhook": "Webhook",
}


def cap_line(shown: ShownCap, *, zone: str) -> str:
    """Returns a target's line in mrkdwn, such as `LiteLLM eu: $750.00 set and read back, 14:02`."""
    return f"{gateway_label(shown)}: {_state_words(shown, zone=zone)}"


def gateway_label(shown: ShownCap) -> str:
    """Returns the gateway's name for people, with the target where the team has several there."""
    row = shown.row
    kind = KIND_NAMES[shown.kind] if shown.kind is not None else ""
    label = f"{kind} {name(row.gateway)}".strip()
    return f"{label}, {name(row.target.ref)}" if shown.is_one_of_several else label


def _state_words(shown: ShownCap, *, zone: str) -> str:
    row = shown.row
    is_behind = shown.mark.version > row.followed_version and row.state not in (
        "conflict",
        "refused",
        "idle",
        "dry_run",
    )
    at = date_mark(row.set_at, timezone=zone, pattern="{time}") if row.set_at is not None else ""
    sentence, books = escape(row.sentence.rstrip(".")), usd(row.wanted_nanos or 0)
    if row.state in ("new", "waiting") or is_behind:
        why = f" ({sentence}; it is tried again)" if sentence and not is_behind else ""
        return f"waiting: the cap is being set{why}"
    return {
        "set": f"{usd(row.set_nanos or 0)} set and read back, {at}",
        "sent": f"{usd(row.set_nanos or 0)} sent, {at}; it can't be read back",
        "refused": f"refused: {sentence}",
        "conflict": f"changed by hand to {amount_words(row.seen_nanos)}; the books say {books}. The team's managers choose",
        "kept": f"{amount_words(row.seen_nanos)}, kept by {shown.kept_by or 'a manager'} until the next decision; "
        f"the books say {books}",
        "dry_run": f"{books} would be set (dry run); the cap is {amount_words(row.seen_nanos)}",
        "idle": f"cap unchanged: {sentence}",
    }[row.state]


def amount_words(nanos: int | None) -> str:
    """Returns a cap as read: an amount, or that there is none."""
    return "no cap" if nanos is None or nanos == UNLIMITED else usd(nanos)


def conflict_buttons(row: GatewayCap) -> list[Element]:
    """Returns the two choices about a cap that somebody changed at its gateway."""
    books, gateway = usd(row.wanted_nanos or 0), amount_words(row.seen_nanos)
    value = f"r{row.conflict}:{row.id}"
    spoken = plain(row.gateway, limit=30)
    return [
        button(
            f"Use the books' {books}",
            action_id=USE_BOOKS_CAP,
            value=value,
            label=f"Set the cap at {spoken} to {books}",
            style="primary",
        ),
        button(
            f"Keep the gateway's {gateway}",
            action_id=KEEP_GATEWAY_CAP,
            value=value,
            label=f"Keep {gateway} at {spoken}",
        ),
    ]


def conflict_message(shown: ShownCap, *, team: Team) -> Message:
    """Returns the message to a team's managers about a cap that somebody changed at the gateway, with both numbers."""
    row = shown.row
    text = _conflict_words(shown, team)
    note = "Tokens doesn't change this cap until you choose. What you keep holds until the next decision about this budget."
    blocks: list[Block] = [
        section(text, block_id=f"{_key(row)}-what"),
        actions(*conflict_buttons(row), block_id=f"{_key(row)}-choice"),
        context(note, block_id=f"{_key(row)}-note"),
    ]
    return Message(text=f"{text} {note}", blocks=tuple(blocks))


_MOST_IN_HOME = 5


def home_blocks(conflicts: Sequence[tuple[ShownCap, Team]]) -> list[Block]:
    """Returns the caps that wait for a person's choice, with both numbers and the two buttons, for their Home."""
    blocks: list[Block] = [section("*Gateway caps changed by hand*", block_id="home-caps")]
    for shown, team in conflicts[:_MOST_IN_HOME]:
        key = _key(shown.row)
        blocks += [
            section(_conflict_words(shown, team), block_id=f"home-{key}"),
            actions(*conflict_buttons(shown.row), block_id=f"home-{key}-choice"),
        ]
    rest = len(conflicts) - _MOST_IN_HOME
    if rest > 0:
        blocks.append(
            context(f"And {counted(rest, 'more cap')}: each has a message of its own.", block_id="home-caps-more")
        )
    return blocks


def settled_message(shown: ShownCap, *, team: Team, outcome: str) -> Message:
    """Returns the same message once there is nothing left to choose. `outcome` says why, in mrkdwn."""
    text = f"{_conflict_words(shown, team)} {outcome}"
    return Message(text=text, blocks=(section(text, block_id=f"{_key(shown.row)}-settled"),))


def chosen_words(row: GatewayCap, *, by_mention: str, keep: bool) -> str:
    if keep:
        return f"{by_mention} keeps the gateway's {amount_words(row.seen_nanos)} until the next decision about this budget."
    return f"{by_mention} chose the books' {usd(row.wanted_nanos or 0)}; it is being set."


def _conflict_words(shown: ShownCap, team: Team) -> str:
    row = shown.row
    was = f" Tokens had set {usd(row.set_nanos)}." if row.set_nanos is not None else ""
    return (
        f"*Somebody changed the cap of {name(team.name)} at {gateway_label(shown)}* to {amount_words(row.seen_nanos)}; "
        f"the books say {usd(row.wanted_nanos or 0)}.{was}"
    )


def _key(row: GatewayCap) -> str:
    return f"cap-{row.id}-{row.conflict}"


def cap_lines_text(lines: Sequence[str]) -> str:
    """Returns the lines of a team's caps as one text, one below the other."""
    return "\n".join(f"{line}." if not line.endswith(".") else line for line in lines)
