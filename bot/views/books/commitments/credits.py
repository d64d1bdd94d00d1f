"""The messages of credits."""

from bot.books.commitments.credits import Credit
from bot.messages import Message
from bot.money import usd
from bot.org.teams import Team
from bot.views.blocks import name, section
from bot.views.wording import period_words


def credit_message(credit: Credit, *, team: Team, who: str) -> Message:
    """Returns the message of a credit, for the team's channel. `who` is a mention, empty for the command line."""
    by = f", booked by {who}" if who else ""
    text = (
        f"*Credit*: {name(team.name)} gets {usd(credit.amount_nanos)} back in {period_words(credit.period)}{by}. "
        f"Document: {name(credit.paper, limit=200)}."
    )
    return Message(text=text.replace("*", ""), blocks=(section(text, block_id=f"credit-{credit.id}"),))


def reversed_message(credit: Credit, *, team: Team) -> Message:
    """Returns the message of a credit that was taken back. It replaces the credit's own."""
    text = (
        f"*Credit taken back*: {usd(credit.amount_nanos)} of {name(team.name)}. "
        f"Document: {name(credit.paper, limit=200)}."
    )
    return Message(text=text.replace("*", ""), blocks=(section(text, block_id=f"credit-{credit.id}-reversed"),))
