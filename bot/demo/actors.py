"""Who uses AI at Acme, with what and when: engineers with their tools, and services with their workflows.

An event of the demo is one turn of an agent, all model calls for one prompt together, so token counts run to millions.
"""

from dataclasses import dataclass
from typing import Literal

from bot.demo.people import DEMO_PEOPLE, DEMO_TEAM_ZONES, LONDON, DemoPerson

AttributedBy = Literal["credential", "tag", "team", "user"]

OFFICE = (0, 0, 0, 0, 0, 0, 0, 1, 4, 10, 12, 11, 6, 8, 11, 12, 10, 7, 3, 1, 1, 1, 0, 0)
NIGHT = (8, 10, 10, 8, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 5)
ALWAYS = (3, 2, 2, 2, 2, 3, 4, 6, 8, 9, 9, 9, 8, 9, 9, 9, 8, 7, 6, 6, 5, 4, 4, 3)
"""How a day's turns spread over its local hours, as weights."""


@dataclass(frozen=True, kw_only=True)
class AgentTurn:
    """A typical agent turn with one tool and model: token counts around which the real ones scatter.

    `placed_by` says which fact of the event leads to its team. `most_input` keeps a turn below the size from which a
    model costs more per token; 0 for models that have no such size.
    """

    tool: str
    provider: str
    model: str
    placed_by: AttributedBy
    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning_percent: int = 0
    cost_usd: str = ""
    most_input: int = 0


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person or service: how many turns on a plain weekday, in which hours, and what part of that at weekends."""

    key: str
    team: str
    timezone: str
    turns: tuple[tuple[int, AgentTurn], ...]
    per_day: float
    weekend: float
    hours: tuple[int, ...]
    user: str = ""
    credential: str = ""
    workflow: str = ""
    tags: tuple[str, ...] = ()
    is_new: bool = False
    """Began in the last closed week: what the digest of that week finds as its driver."""


OPUS = AgentTurn(
    tool="Claude Code", provider="anthropic", model="claude-opus-4-5", placed_by="tag",
    uncached=20_000, cache_read=2_800_000, cache_write=150_000, output=24_000, reasoning_percent=20,
)  # fmt: skip
SONNET = AgentTurn(
    tool="Claude Code", provider="anthropic", model="claude-sonnet-4-5", placed_by="tag",
    uncached=5_000, cache_read=110_000, cache_write=34_000, output=9_000, reasoning_percent=10, most_input=190_000,
)  # fmt: skip
CODEX = AgentTurn(
    tool="Codex", provider="openai", model="gpt-5", placed_by="team",
    uncached=320_000, cache_read=3_600_000, output=58_000, reasoning_percent=60,
)  # fmt: skip
METACODE = AgentTurn(
    tool="MetaCode", provider="acme", model="metacode-2", placed_by="credential", uncached=900_000, output=36_000
)
COPILOT = AgentTurn(
    tool="GitHub Copilot", provider="github", model="copilot-premium", placed_by="user", cost_usd="0.12"
)
GEMINI = AgentTurn(
    tool="Gateway API", provider="google", model="gemini-2.5-pro", placed_by="team",
    uncached=60_000, output=5_000, reasoning_percent=50, most_input=190_000,
)  # fmt: skip

_REVIEW = AgentTurn(
    tool="Gateway API", provider="anthropic", model="claude-opus-4-5", placed_by="credential",
    uncached=140_000, cache_read=640_000, cache_write=64_000, output=15_000,
)  # fmt: skip
_EVALS = AgentTurn(
    tool="Gateway API", provider="anthropic", model="claude-opus-4-5", placed_by="credential",
    uncached=180_000, output=32_000, reasoning_percent=40,
)  # fmt: skip
_EMBED = AgentTurn(tool="Gateway API", provider="acme", model="acme-embed-x", placed_by="credential", uncached=900_000)
_HAIKU = AgentTurn(
    tool="Gateway API", provider="anthropic", model="claude-haiku-4-5", placed_by="credential",
    uncached=320_000, cache_read=1_500_000, output=40_000,
)  # fmt: skip
_MINI = AgentTurn(
    tool="Gateway API", provider="openai", model="gpt-5-mini", placed_by="credential",
    uncached=300_000, cache_read=400_000, output=60_000, reasoning_percent=30,
)  # fmt: skip
_AGENT = AgentTurn(
    tool="Gateway API", provider="openai", model="gpt-5", placed_by="credential",
    uncached=360_000, cache_read=1_500_000, output=75_000, reasoning_percent=60,
)  # fmt: skip

_KITS: dict[str, tuple[tuple[int, AgentTurn], ...]] = {
    "product": ((6, OPUS), (3, SONNET), (2, METACODE)),
    "search": ((5, OPUS), (3, SONNET), (2, CODEX), (3, METACODE), (1, COPILOT)),
    "checkout": ((4, OPUS), (2, SONNET), (5, CODEX), (1, METACODE), (3, COPILOT)),
    "data-platform": ((4, OPUS), (4, SONNET), (3, CODEX), (2, GEMINI)),
    "mobile": ((3, OPUS), (3, SONNET), (2, CODEX), (2, METACODE), (4, COPILOT)),
    "support": ((2, OPUS), (3, SONNET), (2, GEMINI), (2, COPILOT)),
}


def _engineer(person: DemoPerson) -> Actor:
    # Ben manages two teams and writes code for one: all his turns name a repository or key of Search.
    team = "search" if person.team == "product" else person.team
    return Actor(
        key=person.name,
        team=team,
        timezone=person.timezone,
        turns=_KITS[person.team],
        per_day=8 if person.title.startswith("Manager") else 22,
        weekend=0.06,
        hours=OFFICE,
        user=person.email,
        credential=f"key-{team}-ide",
        tags=(f"repo:{team}-api", f"repo:{team}-web"),
    )


def _service(
    team: str,
    workflow: str,
    credential: str,
    turn: AgentTurn,
    *,
    per_day: float,
    hours: tuple[int, ...],
    weekend: float,
) -> Actor:
    return Actor(
        key=f"{team or 'unknown'}.{workflow or turn.model}",
        team=team,
        timezone=DEMO_TEAM_ZONES.get(team, LONDON),
        turns=((1, turn),),
        per_day=per_day,
        weekend=weekend,
        hours=hours,
        credential=credential,
        workflow=workflow,
        is_new=workflow == "evals",
    )


ACTORS: tuple[Actor, ...] = (
    *(_engineer(p) for p in DEMO_PEOPLE if p.team),
    _service("search", "code-review", "key-search-review", _REVIEW, per_day=16, hours=OFFICE, weekend=0.05),
    _service("search", "evals", "key-search-evals", _EVALS, per_day=62, hours=NIGHT, weekend=0.8),
    _service("search", "index-refresh", "key-search-index", _EMBED, per_day=7, hours=NIGHT, weekend=1.0),
    _service("checkout", "code-review", "key-checkout-review", _REVIEW, per_day=10, hours=OFFICE, weekend=0.05),
    _service("checkout", "nightly-tests", "ci-7", _AGENT, per_day=26, hours=NIGHT, weekend=0.4),
    _service("data-platform", "query-agent", "key-data-agent", _AGENT, per_day=44, hours=OFFICE, weekend=0.1),
    _service("data-platform", "nightly-tests", "ci-4", _REVIEW, per_day=14, hours=NIGHT, weekend=0.5),
    _service("mobile", "code-review", "key-mobile-review", _REVIEW, per_day=12, hours=OFFICE, weekend=0.05),
    _service("mobile", "release-notes", "key-mobile-notes", _MINI, per_day=6, hours=OFFICE, weekend=0.0),
    _service("support", "support-bot", "key-support-bot", _HAIKU, per_day=70, hours=ALWAYS, weekend=0.6),
    _service("support", "triage", "key-support-triage", _MINI, per_day=30, hours=ALWAYS, weekend=0.6),
    # A key nobody has claimed: its usage is unattributed until an admin says whose it is.
    _service("", "", "key-unknown-91", _MINI, per_day=4, hours=ALWAYS, weekend=0.7),
)
