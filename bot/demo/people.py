"""The people and channels of Acme, the company that the demo shows. Plain data: the sandbox is built from it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """Somebody at Acme. `team` is the slug of their team, `""` for finance and administration."""

    slack_id: str
    name: str
    real_name: str
    title: str
    team: str
    timezone: str

    @property
    def email(self) -> str:
        return f"{self.name}@acme.test"


@dataclass(frozen=True, kw_only=True)
class DemoChannel:
    """A channel of the workspace; `members` are Slack ids, `team` the slug of the team it belongs to, if any."""

    id: str
    name: str
    topic: str
    team: str
    members: tuple[str, ...]


LONDON, BERLIN, NEW_YORK, KOLKATA = "Europe/London", "Europe/Berlin", "America/New_York", "Asia/Kolkata"

DEMO_TEAM_ZONES = {
    "product": LONDON,
    "search": LONDON,
    "checkout": BERLIN,
    "data-platform": NEW_YORK,
    "mobile": LONDON,
    "support": KOLKATA,
}
"""Each team's zone: its days, its Monday 09:00 and its working hours follow it."""


def _person(name: str, real_name: str, title: str, team: str) -> DemoPerson:
    return DemoPerson(
        slack_id=f"U{name.upper()}",
        name=name,
        real_name=real_name,
        title=title,
        team=team,
        timezone=DEMO_TEAM_ZONES.get(team, LONDON),
    )


DEMO_PEOPLE: tuple[DemoPerson, ...] = (
    _person("anna", "Anna Kovac", "Staff engineer, Search", "search"),
    _person("ben", "Ben Ruiz", "Manager of Product & Search", "product"),
    _person("chloe", "Chloe Martin", "Finance partner", ""),
    _person("dan", "Dan Berg", "Workspace admin", ""),
    _person("emi", "Emi Tanaka", "ML engineer, Search", "search"),
    _person("jonas", "Jonas Weber", "Engineer, Search", "search"),
    _person("priya", "Priya Nair", "Engineer, Search", "search"),
    _person("tom", "Tom Okafor", "Engineer, Search", "search"),
    _person("lena", "Lena Fischer", "Manager of Checkout", "checkout"),
    _person("marco", "Marco Rossi", "Engineer, Checkout", "checkout"),
    _person("sofia", "Sofia Lind", "Engineer, Checkout", "checkout"),
    _person("yusuf", "Yusuf Demir", "Engineer, Checkout", "checkout"),
    _person("farid", "Farid Haddad", "Manager of Data Platform", "data-platform"),
    _person("grace", "Grace Lin", "Data engineer", "data-platform"),
    _person("noah", "Noah Brandt", "Data engineer", "data-platform"),
    _person("ruth", "Ruth Adler", "Manager of Mobile", "mobile"),
    _person("diego", "Diego Santos", "Engineer, Mobile", "mobile"),
    _person("hana", "Hana Sato", "Engineer, Mobile", "mobile"),
    _person("meera", "Meera Iyer", "Manager of Support", "support"),
    _person("arjun", "Arjun Rao", "Support engineer", "support"),
)

# Who reads along everywhere: the manager above the product teams, and finance.
_EVERYWHERE = ("UBEN", "UCHLOE")


def _team_channel(team: str, topic: str) -> DemoChannel:
    own = tuple(p.slack_id for p in DEMO_PEOPLE if p.team == team)
    return DemoChannel(
        id=f"C{team.upper().replace('-', '')}",
        name=f"team-{team}",
        topic=topic,
        team=team,
        members=(*own, *(i for i in _EVERYWHERE if i not in own)),
    )


DEMO_CHANNELS: tuple[DemoChannel, ...] = (
    _team_channel("search", "Search: relevance, ranking and the search API"),
    _team_channel("checkout", "Checkout: carts, payments and orders"),
    _team_channel("data-platform", "Data Platform: pipelines and the warehouse"),
    _team_channel("mobile", "Mobile: the iOS and Android apps"),
    _team_channel("support", "Support: customers and the support assistant"),
    _team_channel("product", "Product: plans across the product teams"),
    DemoChannel(
        id="CGENERAL",
        name="general",
        topic="Everyone at Acme",
        team="",
        members=tuple(p.slack_id for p in DEMO_PEOPLE),
    ),
)
