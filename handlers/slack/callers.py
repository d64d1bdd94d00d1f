"""How messages call a person."""

from bot.org.people import Person
from bot.views import blocks


def called(person: Person) -> str:
    """Returns a person's mention if Slack knows them, else their escaped name."""
    return blocks.mention(person.slack_id) if person.slack_id else blocks.name(person.name or person.email)
