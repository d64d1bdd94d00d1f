"""Usage as a company sends it: fifty teams of thirty people, each with a tool and two models, calling in bursts."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

TEAMS, PEOPLE_PER_TEAM = 50, 30
TOOLS = ("Claude Code", "Codex", "Cursor", "GitHub Copilot", "MetaCode", "Assistant")
MODELS = (
    *(("anthropic", "claude-opus-4-5"), ("anthropic", "claude-sonnet-4-5"), ("anthropic", "claude-haiku-4-5")),
    *(("openai", "gpt-4o"), ("openai", "gpt-5"), ("openai", "gpt-5-mini"), ("google", "gemini-2.5-pro")),
    *(("google", "gemini-2.5-flash"), ("vllm", "metacode-2"), ("vllm", "acme-large")),
)
WORKFLOWS = ("", "", "", "code-review", "evals")
_CALLS_PER_BURST = 8


def teams_yml(teams: int = TEAMS) -> str:
    """The organisation, in the format of `tokens teams import`."""
    lines = [
        "organisation: {name: Acme, timezone: Europe/London, period: month, funding: 9000000, mode: govern,",
        "  finance: [chloe@acme.test], admins: [dan@acme.test]}",
        "teams:",
    ]
    zones = ("Europe/London", "Asia/Kolkata", "America/Los_Angeles")
    for team in range(teams):
        zone = zones[team % len(zones)]
        people = f"managers: [ben@acme.test], members: [{email(team, 0)}]"
        lines.append(
            f"  - {{slug: {slug(team)}, name: Team {team}, {people}, timezone: {zone}, budget: {{amount: 20000}}}}"
        )
    lines += [
        "tools: [{name: MetaCode, kind: in_house, match: {model: 'metacode*'}}]",
        "prices: [{model: 'metacode*', input_per_mtok: 0.40, output_per_mtok: 1.60}]",
    ]
    return "\n".join(lines) + "\n"


def slug(team: int) -> str:
    return f"team-{team}"


def email(team: int, person: int) -> str:
    return f"person-{person}@team-{team}.acme.test"


Habit = tuple[int, int, str, list[tuple[str, str]], str]
"""(team, person, tool, models, workflow)"""


def habits() -> list[Habit]:
    """What each person works with."""
    company = random.Random(1)
    return [
        (team, person, company.choice(TOOLS), company.sample(MODELS, 2), company.choice(WORKFLOWS))
        for team in range(TEAMS)
        for person in range(PEOPLE_PER_TEAM)
    ]


def events(count: int, *, seed: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Native events of the last two hours. Another seed gives other events of the same people."""
    chance, company = random.Random(seed), habits()
    weights = random.Random(2)
    busy = [weights.paretovariate(1.2) for _ in company]
    at, step = now - timedelta(hours=2), timedelta(hours=2) / count
    number = 0
    while number < count:
        habit = chance.choices(company, busy)[0]
        model = habit[3][chance.random() < 0.25]
        for _ in range(min(round(chance.expovariate(1 / _CALLS_PER_BURST)) + 1, count - number)):
            number += 1
            yield _event(f"{seed}-{number}", at + number * step, habit, model, chance)


def first_events(*, seed: int, now: datetime) -> Iterator[dict[str, Any]]:
    """One event of every person with each of their models: after these, everyone and everything is known."""
    chance = random.Random(seed)
    calls = ((habit, model) for habit in habits() for model in habit[3])
    for number, (habit, model) in enumerate(calls):
        yield _event(f"{seed}-{number}", now - timedelta(hours=1), habit, model, chance)


def _event(event_id: str, at: datetime, habit: Habit, model: tuple[str, str], chance: random.Random) -> dict[str, Any]:
    team, person, tool, _, workflow = habit
    return native_event(
        event_id, at, team=team, person=person, tool=tool, model=model, workflow=workflow, chance=chance
    )


def native_event(
    event_id: str,
    at: datetime,
    *,
    team: int,
    person: int,
    tool: str,
    model: tuple[str, str],
    workflow: str,
    chance: random.Random,
    credential: str = "",
) -> dict[str, Any]:
    """One call as a native event. Its key is the team's, unless another is given."""
    data: dict[str, Any] = {
        "provider": model[0],
        "model": model[1],
        "tool": tool,
        "user": email(team, person),
        "team": slug(team),
        "credential": credential or f"key-{team}",
        "tags": [f"repo:{slug(team)}"],
        "uncached_input_tokens": chance.randrange(5_000),
        "cache_read_tokens": chance.randrange(60_000),
        "output_tokens": chance.randrange(1, 2_000),
    }
    if workflow:
        data["workflow"] = workflow
    identity = {"id": event_id, "source": "/bench", "specversion": "1.0", "type": "ai.usage"}
    return {**identity, "time": at.isoformat(), "data": data}
