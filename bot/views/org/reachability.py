"""Notices about people whom Slack does not reach."""

from bot.messages import Message
from bot.org.reachability import LostManagers
from bot.views.blocks import escape, name, section


def lost_managers_line(lost: LostManagers) -> str:
    """Returns one sentence: the team, who is gone, and who acts for them."""
    gone = ", ".join(escape(person.words, limit=120) for person in lost.gone)
    instead = f" {', '.join(lost.instead)} can act instead." if lost.instead else " Nobody can act for them."
    if lost.is_finance:
        return f"Nobody in finance can be reached: {gone}.{instead}"
    return f"{name(lost.team.name)} has no manager who can be reached: {gone}.{instead}"


def lost_managers_message(lost: LostManagers) -> Message:
    """Returns the notice for finance, or for admins if finance itself is gone."""
    where = "`organisation.finance`" if lost.is_finance else "`managers`"
    text = f"{lost_managers_line(lost)} Name somebody else under {where} in teams.yml."
    return Message(text=text, blocks=(section(text, block_id=f"lost-managers-{lost.team.id}"),))
