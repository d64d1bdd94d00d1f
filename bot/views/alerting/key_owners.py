"""The private message about a runaway key."""

from bot.alerting.key_owners import RunawayKey
from bot.messages import Block, Message
from bot.money import usd
from bot.periods import HOUR_MICROS
from bot.text import plain
from bot.views.alerting.alerts import ACKNOWLEDGE_ALERT
from bot.views.blocks import actions, button, context, date_mark, name, section
from bot.views.wording import counted

OWNER_ON_IT = "owner_on_it"
"""The owner's button carries the alert's id."""


def owner_message(key: RunawayKey, *, alert_id: int, is_owner: bool, answered: str | None, closed: bool) -> Message:
    """Returns the message for the owner of a key, or for the team's managers if the key has no owner. `answered` is
    the sentence of the answer, in mrkdwn."""
    block_id = f"owner-{alert_id}" + ("-answered" if answered else "") + ("-closed" if closed else "")
    shown, team = name(key.credential), name(key.team.name)
    usual = f"usually {usd(key.usual_nanos)}" if key.usual_nanos else "usually nothing"
    found = f"Key {shown} of {team} spent {usd(key.cost_nanos)} in {counted(key.hours, 'hour')}, {usual}"
    zone = key.team.zone_on(key.from_hour * HOUR_MICROS)
    since = f"since {date_mark(key.from_hour * HOUR_MICROS, timezone=zone)}"
    why = "You get this because most of what it spends is yours." if is_owner else "Nobody is known to own it."
    if is_owner:
        why += " The channel sees the key, and not whose it is."
    todo = (
        "See what runs with it: a loop that does not end, a job that tries again and again, a key that somebody else has. "
        "Stop that, or have the key revoked at your gateway. If it was planned, say so on the alert in the channel."
    )
    ended = " The spike has ended." if closed else ""
    blocks: list[Block] = [section(f"*{found}*, {since}.{ended} {why}", block_id=f"{block_id}-found")]
    if not closed:
        blocks.append(section(todo, block_id=f"{block_id}-todo"))
    if answered:
        blocks.append(context(answered, block_id=f"{block_id}-answer"))
    elif not closed:
        action = OWNER_ON_IT if is_owner else ACKNOWLEDGE_ALERT
        label = f"I'm on it: key {plain(key.credential, limit=40)}"
        on_it = button("I'm on it", action_id=action, value=alert_id, label=label)
        blocks.append(actions(on_it, block_id=f"{block_id}-actions"))
    said = f" {answered}" if answered else "" if closed else f" {todo}"
    return Message(text=f"{found}, {since}.{ended} {why}{said}", blocks=tuple(blocks))
