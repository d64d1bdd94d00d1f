"""The drill's company: seventeen people, four teams, their channels, and the variants of teams.yml that are imported."""

from dataclasses import dataclass

from bot.sandbox.settings import Channel, Member, SandboxSettings

SECRET = "a-signing-secret-of-the-drill"
TOKEN = "xoxb-drill"
MANAGERS = ("ben", "bea", "mia", "max", "dora")
FINANCE = ("chloe", "fay")
ADMINS = ("dan",)
MEMBERS = ("anna", "emi", "ivo", "jan", "kim", "lea", "noa", "pia", "zoe")
NAMES = (*MANAGERS, *FINANCE, *ADMINS, *MEMBERS)
TEAMS = ("product", "search", "mobile", "data")
CHANNELS = ("CPRODUCT", "CSEARCH", "CMOBILE", "CDATA")
PRICED_MODEL = "drill-priced"
REPORTED_MODEL = "drill-reported"
ROAMING_KEY = "key-roaming"
CREDENTIALS = ("key-search", "key-mobile", "key-data", ROAMING_KEY)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What differs between two imports. A price of a dollar per million tokens is 1,000 nano-dollars per token."""

    search_budget: int
    mobile_budget: int
    input_dollars: int
    output_dollars: int
    roaming_team: str

    def nanos(self, uncached_input: int, output: int) -> int:
        """Returns the cost of a call of the priced model."""
        return 1_000 * (uncached_input * self.input_dollars + output * self.output_dollars)


VARIANTS = (
    Variant(search_budget=200, mobile_budget=150, input_dollars=2, output_dollars=8, roaming_team="search"),
    Variant(search_budget=330, mobile_budget=150, input_dollars=3, output_dollars=9, roaming_team="mobile"),
    Variant(search_budget=450, mobile_budget=350, input_dollars=2, output_dollars=7, roaming_team="data"),
)
FIRST, FINAL = VARIANTS[0], VARIANTS[-1]
"""The final budgets are the largest, so that the final import takes nothing from a team that spent it."""


def teams_yml(variant: Variant) -> str:
    """Returns the file of a variant."""
    return f"""
organisation:
  {{name: Acme, currency: USD, timezone: Europe/London, period: month, funding: 1000000, mode: govern, people: self,
   finance: [chloe@acme.test, fay@acme.test], admins: [dan@acme.test]}}
teams:
  - {{slug: product, name: Product, channel: "#team-product", managers: [ben@acme.test, bea@acme.test],
     budget: {{amount: 400000}}}}
  - {{slug: search, name: Search, parent: product, channel: "#team-search", managers: [ben@acme.test, bea@acme.test],
     members: [anna@acme.test, emi@acme.test, ivo@acme.test], budget: {{amount: {variant.search_budget}}}}}
  - {{slug: mobile, name: Mobile, parent: product, channel: "#team-mobile", managers: [mia@acme.test, max@acme.test],
     members: [jan@acme.test, kim@acme.test, lea@acme.test], budget: {{amount: {variant.mobile_budget}}}}}
  - {{slug: data, name: Data, channel: "#team-data", managers: [dora@acme.test],
     members: [noa@acme.test, pia@acme.test, zoe@acme.test], budget: {{amount: 150, thresholds: [50, 80, 100]}}}}
attribution:
  - {{credential: key-search, team: search}}
  - {{credential: key-mobile, team: mobile}}
  - {{credential: key-data, team: data}}
  - {{credential: {ROAMING_KEY}, team: {variant.roaming_team}}}
prices:
  - {{model: "{PRICED_MODEL}*", input_per_mtok: {variant.input_dollars}, output_per_mtok: {variant.output_dollars}}}
"""


def person_id(name: str) -> str:
    """Returns a person's id in Slack."""
    return f"U{name.upper()}"


def workspace_settings(bot_url: str) -> SandboxSettings:
    """Returns the stand-in's workspace. Everybody is in every channel."""
    people = tuple(
        Member(id=person_id(name), name=name, real_name=name.title(), email=f"{name}@acme.test") for name in NAMES
    )
    everyone = tuple(member.id for member in people)
    channels = tuple(Channel(id=channel, name=f"team-{channel[1:].lower()}", members=everyone) for channel in CHANNELS)
    return SandboxSettings(
        bot_url=bot_url,
        signing_secret=SECRET,
        bot_token=TOKEN,
        people=people,
        channels=channels,
        acting=people[0].id,
    )
