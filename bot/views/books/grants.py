"""Grants with an end: how long they last, and the message when one has ended."""

from bot.books.grants import Grant, GrantEnd
from bot.messages import Message
from bot.money import usd
from bot.org.teams import Team
from bot.views.blocks import name, section
from bot.views.grant_ends import end_text


def end_words(grant: Grant, *, zone: str, today: int) -> str:
    """Returns when a grant ends: `until 15 Jan`, with the year if it is another one, or once an amount is spent."""
    return end_text(GrantEnd(at=grant.ends_at, spent_nanos=grant.ends_at_spent_nanos), zone=zone, today=today)


def grant_words(grant: Grant, *, used_nanos: int, zone: str, today: int) -> str:
    """Returns an active grant in a sentence: `$500.00 of it until 15 Jan; $120.00 of that is used.`"""
    used = f"{usd(used_nanos)} of that is used" if used_nanos > 0 else "none of that is used"
    return f"{usd(grant.amount_nanos)} of the budget is {end_words(grant, zone=zone, today=today)}; {used}."


def ended_words(team: Team, grant: Grant) -> str:
    """Returns why a budget changed when a grant has ended."""
    return f"A grant of {usd(grant.amount_nanos)} to {name(team.name)} has ended."


def grant_ended_message(team: Team, grant: Grant, *, payer: Team) -> Message:
    """Returns the message to the team whose grant has ended."""
    if grant.returned_nanos:
        back = f"{usd(grant.returned_nanos)} of it was unspent and went back to {name(payer.name)}."
    else:
        back = "Nothing of it was left to go back."
    text = f"{ended_words(team, grant)} {back}"
    return Message(text=text, blocks=(section(text, block_id=f"grant-{grant.id}-ended"),))
