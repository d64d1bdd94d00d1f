"""The company's workspace in Slack: everybody of the year, and the channel of the first team."""

from bot.sandbox.settings import Channel, Member, SandboxSettings
from tests.bench.year.company import Size, email, is_guest
from tests.support.company import PEOPLE as KNOWN
from tests.support.company import SECRET, TOKEN

CHANNEL = "CSEARCH"


def members(size: Size) -> tuple[Member, ...]:
    """Returns everybody who has a role in the company."""
    known = {member.email for member in KNOWN}
    people = [person for person in range(size.people // size.teams) if not is_guest(person)]
    emails = [email(team, person) for team in range(size.teams) for person in people]
    emails += [f"manager-{number}@acme.test" for number in range(20)]
    others = (
        Member(id=f"UYEAR{number:05d}", name=address.partition("@")[0], real_name=f"Person {number}", email=address)
        for number, address in enumerate(emails)
        if address not in known
    )
    return (*KNOWN, *others)


def workspace_settings(size: Size, bot_url: str) -> SandboxSettings:
    """Returns the stand-in's workspace. The bench's people are in the channel."""
    people = members(size)
    channel = Channel(id=CHANNEL, name="team-search", members=tuple(member.id for member in KNOWN))
    return SandboxSettings(
        bot_url=bot_url, signing_secret=SECRET, bot_token=TOKEN, people=people, channels=(channel,), acting="UANNA"
    )
