"""Usage as a company sends it: fifty teams of thirty people, each with a tool and two models, calling in bursts."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

TEAMS, PEOPLE_PER_TEAM = 50, 30
_TOOLS = ("Claude Code", "Codex", "Cursor", "GitHub Copilot", "MetaCode", "Assistant")
_MODELS = (
    *(("anthropic", "claude-opus-4-5"), ("anthropic", "claude-sonnet-4-5"), ("anthropic", "claude-haiku-4-5")),
    *(("openai", "gpt-4o"), ("openai", "gpt-5"), ("openai", "gpt-5-mini"), ("google", "gemini-2.5-pro")),
    *(("google", "gemini-2.5-flash"), ("vllm", "metacode-2"), ("vllm", "acme-large")),
)
_WORKFLOWS = ("", "", "", "code-review", "evals")
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


def events(count: int, *, seed: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Native events of the last two hours. Another seed gives other events of the same people."""
    company, chance = random.Random(1), random.Random(seed)
    habits = [
        (team, person, company.choice(_TOOLS), company.sample(_MODELS, 2), company.choice(_WORKFLOWS))
        for team in range(TEAMS)
        for person in range(PEOPLE_PER_TEAM)
    ]
    busy = [company.paretovariate(1.2) for _ in habits]
    at = now - timedelta(hours=2)
    step = timedelta(hours=2) / count
    number = 0
    while number < count:
        team, person, tool, models, workflow = chance.choices(habits, busy)[0]
        provider, model = models[chance.random() < 0.25]
        for _ in range(min(round(chance.expovariate(1 / _CALLS_PER_BURST)) + 1, count - number)):
            number += 1
            data: dict[str, Any] = {
                "provider": provider,
                "model": model,
                "tool": tool,
                "user": email(team, person),
                "team": slug(team),
                "credential": f"key-{team}",
                "tags": [f"repo:{slug(team)}"],
                "uncached_input_tokens": chance.randrange(5_000),
                "cache_read_tokens": chance.randrange(60_000),
                "output_tokens": chance.randrange(1, 2_000),
            }
            if workflow:
                data["workflow"] = workflow
            time = (at + number * step).isoformat()
            identity = {"id": f"{seed}-{number}", "source": "/bench", "specversion": "1.0", "type": "ai.usage"}
            yield {**identity, "time": time, "data": data}


def bodies(count: int, *, batch: int, seed: int, now: datetime) -> list[bytes]:
    """The events as bodies ready to send."""
    listed = list(events(count, seed=seed, now=now))
    return [json.dumps(listed[start : start + batch]).encode() for start in range(0, count, batch)]
