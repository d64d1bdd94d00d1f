"""Simulated teams: people with their tools and services with their workflows, over nine weeks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.money import NANOS
from bot.reporting.causes.weeks import HISTORY_WEEKS, WeekUse

Floats = NDArray[np.float64]
WEEKS = HISTORY_WEEKS + 1
TOOLS = ("Claude Code", "Codex", "Cursor", "MetaCode", "GitHub Copilot", "Gateway API")
MODELS = (
    ("anthropic", "claude-opus-4-5", 5.0, (1.0, 0.1, 1.25, 2.0, 5.0)),
    ("anthropic", "claude-sonnet-4-5", 3.0, (1.0, 0.1, 1.25, 2.0, 5.0)),
    ("anthropic", "claude-haiku-4-5", 1.0, (1.0, 0.1, 1.25, 2.0, 5.0)),
    ("openai", "gpt-5", 1.25, (1.0, 0.1, 1.0, 1.0, 8.0)),
    ("openai", "gpt-5-mini", 0.25, (1.0, 0.1, 1.0, 1.0, 8.0)),
    ("google", "gemini-2.5-pro", 1.25, (1.0, 0.25, 1.0, 1.0, 8.0)),
    ("acme", "metacode-2", 0.4, (1.0, 1.0, 1.0, 1.0, 4.0)),
)
WORKFLOWS = ("code-review", "nightly-tests", "triage", "support-bot", "index-refresh", "release-notes")


@dataclass(frozen=True)
class Style:
    """How a company's weeks scatter. `tails` are the degrees of freedom of the noise: few make outliers common. `holiday`
    is the chance of a past week with half the work.
    """

    name: str
    team_noise: tuple[float, float]
    person_noise: float
    service_noise: float
    absence: float
    tails: float = 30
    trend: tuple[float, float] = (0, 0)
    holiday: float = 0


STYLES = (
    Style("steady", team_noise=(0.02, 0.05), person_noise=0.25, service_noise=0.06, absence=0.03),
    Style("noisy", team_noise=(0.04, 0.09), person_noise=0.5, service_noise=0.15, absence=0.1),
    Style("heavy tails", team_noise=(0.03, 0.06), person_noise=0.4, service_noise=0.1, absence=0.06, tails=4),
    Style("growing", team_noise=(0.02, 0.06), person_noise=0.3, service_noise=0.08, absence=0.05, trend=(0.02, 0.05)),
    Style("holidays", team_noise=(0.02, 0.06), person_noise=0.3, service_noise=0.08, absence=0.05, holiday=0.15),
)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One series of calls: who makes them with what, how many a week, and what one is like."""

    tool: str
    model: int
    workflow: str
    credential: str
    person_id: int
    calls: Floats
    """Per week, the explained one first."""
    tokens_per_call: float
    output_share: float
    cached: Floats
    rate: Floats


def scatter(streams: Sequence[Stream]) -> float:
    """Returns how much the past weeks vary, by their middle deviation from week to week."""
    costs = np.log([cost(streams, week) for week in range(1, WEEKS)])
    return float(np.median(np.abs(np.diff(costs))) / 0.95)


def streams_of(chance: np.random.Generator, style: Style) -> list[Stream]:
    dollars = float(np.exp(chance.uniform(np.log(20), np.log(200_000))))
    people = int(np.clip(np.exp(chance.uniform(np.log(3), np.log(40))), 3, 40))
    services = int(chance.integers(0, 6))
    service_share = float(chance.uniform(0.15, 0.7)) if services else 0.0
    tools = list(chance.permutation(TOOLS[:5])[: int(chance.integers(1, 4))])
    models = list(chance.permutation(len(MODELS))[: int(chance.integers(2, 5))])
    keys = chance.choice(["shared", "per tool", "personal"])
    level = _level(chance, style)
    streams: list[Stream] = []
    for person in range(1, people + 1):
        weight = float(chance.lognormal(0, 0.7))
        there = chance.random(WEEKS) > style.absence
        for tool in chance.permutation(tools)[: int(chance.integers(1, len(tools) + 1))]:
            for model in chance.permutation(models)[: int(chance.integers(1, 3))]:
                volume = weight * level * _noise(chance, style.person_noise, style.tails) * there
                key = {"shared": "key-team", "per tool": f"key-{tool}", "personal": f"key-{person}"}[str(keys)]
                streams.append(stream(chance, volume, tool=str(tool), model=int(model), key=key, person=person))
    mine = sum(cost_of(s, 1) for s in streams) or 1.0
    rest: list[Stream] = []
    for number in range(services):
        noise = _noise(chance, style.service_noise, style.tails)
        parts = 2 if chance.random() < 0.4 else 1
        weight = float(chance.lognormal(0, 0.8))
        for model in chance.permutation(models)[:parts]:
            who = int(chance.integers(1, people + 1)) if chance.random() < 0.2 else 0
            rest.append(
                stream(
                    chance,
                    weight * level * noise,
                    tool="Gateway API",
                    model=int(model),
                    key=f"ci-{number}",
                    workflow=WORKFLOWS[number],
                    person=who,
                )
            )
    theirs = sum(cost_of(s, 1) for s in rest) or 1.0
    scaled = [replace(s, calls=s.calls * dollars * (1 - service_share) / mine) for s in streams]
    scaled += [replace(s, calls=s.calls * dollars * service_share / theirs) for s in rest]
    return scaled


def _level(chance: np.random.Generator, style: Style) -> Floats:
    noise = _noise(chance, float(chance.uniform(*style.team_noise)), style.tails)
    trend = np.exp(-float(chance.uniform(*style.trend)) * np.arange(WEEKS))
    holiday = np.where((chance.random(WEEKS) < style.holiday) & (np.arange(WEEKS) > 0), 0.5, 1.0)
    return np.asarray(noise * trend * holiday)


def _noise(chance: np.random.Generator, spread: float, tails: float) -> Floats:
    drawn = chance.standard_t(tails, WEEKS) / np.sqrt(tails / (tails - 2))
    return np.asarray(np.exp(spread * np.clip(drawn, -3.5, 3.5)))


def stream(
    chance: np.random.Generator,
    volume: Floats,
    *,
    tool: str,
    model: int,
    key: str,
    workflow: str = "",
    person: int = 0,
) -> Stream:
    """Returns a stream of calls whose size, output and caching are drawn."""
    cached = float(chance.choice([0.0, chance.uniform(0.5, 0.92)], p=[0.3, 0.7]))
    wobble = np.clip(cached + chance.normal(0, 0.015, WEEKS), 0, 0.95) if cached else np.zeros(WEEKS)
    return Stream(
        tool=tool,
        model=model,
        workflow=workflow,
        credential=key,
        person_id=person,
        calls=volume,
        tokens_per_call=float(chance.lognormal(np.log(60_000), 0.7)),
        output_share=float(chance.uniform(0.01, 0.08)),
        cached=wobble,
        rate=np.full(WEEKS, MODELS[model][2]),
    )


def _split(stream: Stream, week: int) -> tuple[float, float, float, float]:
    """Returns calls, uncached and cached input, and output of a stream's week, in tokens."""
    calls = float(stream.calls[week])
    tokens = calls * stream.tokens_per_call
    output = tokens * stream.output_share
    read = (tokens - output) * float(stream.cached[week])
    return calls, tokens - output - read, read, output


def cost_of(stream: Stream, week: int) -> float:
    _, uncached, read, output = _split(stream, week)
    weights = MODELS[stream.model][3]
    return (uncached * weights[0] + read * weights[1] + output * weights[4]) * float(stream.rate[week]) / 1e6


def cost(streams: Sequence[Stream], week: int) -> float:
    return sum(cost_of(one, week) for one in streams)


def uses_of(chance: np.random.Generator, streams: Sequence[Stream]) -> tuple[WeekUse, ...]:
    uses = []
    for one in streams:
        provider, model, *_ = MODELS[one.model]
        for week in range(WEEKS):
            calls, uncached, read, output = _split(one, week)
            if calls <= 0:
                continue
            size = float(np.exp(chance.normal(0, 0.03)))
            cost = round(cost_of(one, week) * size * NANOS)
            uses.append(
                WeekUse(
                    week, one.tool, provider, model, one.workflow, one.credential, one.person_id, "book",
                    max(1, round(calls)), round(uncached * size), round(read * size), 0, 0, round(output * size), cost,
                )
            )  # fmt: skip
    return tuple(uses)
