"""Grants with an end: how long they last, and the message when one has ended."""

from dataclasses import dataclass, replace

from bot.books.grants import Grant, GrantEnd
from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.views.blocks import name, section
from bot.views.grant_ends import END_GRANT, end_text


def end_words(grant: Grant, *, zone: str, today: int) -> str:
    """Returns when a grant ends: `until 15 Jan`, with the year if it is another one, or once an amount is spent."""
    return end_text(GrantEnd(at=grant.ends_at, spent_nanos=grant.ends_at_spent_nanos), zone=zone, today=today)


def grant_words(grant: Grant, *, used_nanos: int, zone: str, today: int) -> str:
    """Returns an active grant in a sentence: `$500.00 of it until 15 Jan; $120.00 of that is used.`"""
    used = f"{usd(used_nanos)} of that is used" if used_nanos > 0 else "none of that is used"
    return f"{usd(grant.amount_nanos)} of the budget is {end_words(grant, zone=zone, today=today)}; {used}."


@dataclass(frozen=True, kw_only=True)
class GrantLine:
    """An active grant of a team's budget, in a sentence. `may_end` says that the reader may end it early."""

    grant: Grant
    words: str
    payer: Team
    may_end: bool


def ended_words(team: Team, grant: Grant) -> str:
    """Returns why a budget changed when a grant has ended."""
    return f"A grant of {usd(grant.amount_nanos)} to {name(team.name)} has ended."


def ended_early_words(team: Team, grant: Grant, *, by_mention: str) -> str:
    return f"{by_mention} ended the grant of {usd(grant.amount_nanos)} to {name(team.name)} early."


def grant_ended_message(team: Team, grant: Grant, *, payer: Team, by_mention: str = "") -> Message:
    """Returns the message to the team whose grant has ended. `by_mention` mentions who ended it early."""
    if grant.returned_nanos:
        back = f"{usd(grant.returned_nanos)} of it was unspent and went back to {name(payer.name)}."
    else:
        back = "Nothing of it was left to go back."
    over = ended_early_words(team, grant, by_mention=by_mention) if by_mention else ended_words(team, grant)
    text = f"{over} {back}"
    return Message(text=text, blocks=(section(text, block_id=f"grant-{grant.id}-ended"),))


def without_end_button(message: Message) -> Message:
    """Returns a message without its button that ends a grant."""

    def ends_a_grant(block: Block) -> bool:
        return any(element.get("action_id") == END_GRANT for element in block.get("elements", ()))

    return replace(message, blocks=tuple(block for block in message.blocks if not ends_a_grant(block)))
