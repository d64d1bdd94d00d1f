"""Planted causes of a simulated week, and the words that its headline must have."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bot.reporting.causes.weeks import WeekUse
from tests.bench.causes.worlds import (
    MODELS,
    STYLES,
    WEEKS,
    Floats,
    Stream,
    cost,
    cost_of,
    scatter,
    stream,
    streams_of,
    uses_of,
)

Planted = Literal["swap", "cache", "key", "price", "people", "workflow", "none"]
PLANTED: tuple[Planted, ...] = ("swap", "cache", "key", "price", "people", "workflow", "none")


@dataclass(frozen=True, kw_only=True)
class TeamWeek:
    """A team's uses, what was planted, and the words of which the headline must have one of each tuple."""

    planted: Planted
    style: str
    uses: tuple[WeekUse, ...]
    expected: tuple[str, ...] = ()
    effect: float = 0.0
    """The planted effect as a share of the week without it."""


def team_week(chance: np.random.Generator, planted: Planted) -> TeamWeek:
    """Returns a simulated team-week; it plants again until the effect is at least a seventh of the week."""
    while True:
        style = STYLES[int(chance.integers(len(STYLES)))]
        streams = streams_of(chance, style)
        before = cost(streams, 0)
        if planted == "none":
            return TeamWeek(planted=planted, style=style.name, uses=uses_of(chance, streams))
        made = PLANTERS[planted](chance, streams)
        if made is None:
            continue
        changed, expected = made
        effect = cost(changed, 0) / before - 1
        if abs(effect) < 0.15 or effect > 2 or abs(np.log1p(effect)) < 2 * scatter(streams):
            continue
        return TeamWeek(
            planted=planted, style=style.name, uses=uses_of(chance, changed), expected=expected, effect=effect
        )


def _last(values: Floats, now: float) -> Floats:
    changed = values.copy()
    changed[0] = now
    return changed


Made = tuple[list[Stream], tuple[str, ...]] | None


def _swap(chance: np.random.Generator, streams: list[Stream]) -> Made:
    """Most calls of a workflow, a tool or the team go to another model."""
    flows = sorted({s.workflow for s in streams})
    flow = str(chance.choice(flows)) if chance.random() < 0.6 else None
    group = [s for s in streams if flow is None or s.workflow == flow]
    costs = {m: sum(cost_of(s, 0) for s in group if s.model == m) for m in {s.model for s in group}}
    left = max(costs, key=lambda m: costs[m])
    taken = int(chance.choice([m for m in range(len(MODELS)) if m != left]))
    part = float(chance.uniform(0.6, 1.0))
    changed = []
    for one in streams:
        if one.model != left or (flow is not None and one.workflow != flow):
            changed.append(one)
            continue
        changed.append(replace(one, calls=_last(one.calls, one.calls[0] * (1 - part))))
        moved = np.zeros(WEEKS)
        moved[0] = one.calls[0] * part
        changed.append(replace(one, model=taken, calls=moved, rate=np.full(WEEKS, MODELS[taken][2])))
    return changed, (MODELS[taken][1],)


def _cache(chance: np.random.Generator, streams: list[Stream]) -> Made:
    """Caching stops, or nearly, for a workflow, a tool or the team; or it begins."""
    field_of = str(chance.choice(["workflow", "tool", "all"]))
    names = sorted({getattr(s, field_of) for s in streams}) if field_of != "all" else []
    name = str(chance.choice(names)) if names else ""
    to = float(chance.choice([0.0, 0.1, 0.2]))
    changed = []
    for one in streams:
        hit = (field_of == "all" or getattr(one, field_of) == name) and one.cached[0] > 0.4
        changed.append(replace(one, cached=_last(one.cached, to)) if hit else one)
    return changed, ("cach",)


def _key(chance: np.random.Generator, streams: list[Stream]) -> Made:
    """One key makes many more calls than before, or a new key joins a workflow."""
    services = [s for s in streams if s.workflow]
    if not services:
        return None
    chosen = services[int(chance.integers(len(services)))]
    total, own = cost(streams, 0), sum(cost_of(s, 0) for s in streams if s.credential == chosen.credential)
    wanted = float(chance.uniform(0.2, 1.0)) * total
    if chance.random() < 0.5:
        if own <= 0 or wanted / own > 30:
            return None
        changed = [
            replace(s, calls=_last(s.calls, s.calls[0] * (1 + wanted / own)))
            if s.credential == chosen.credential
            else s
            for s in streams
        ]
        return changed, (chosen.credential,)
    calls = np.zeros(WEEKS)
    calls[0] = chosen.calls[0] * wanted / max(cost_of(chosen, 0), 1e-9)
    return [*streams, replace(chosen, credential="ci-new-9", calls=calls)], ("ci-new-9",)


def _price(chance: np.random.Generator, streams: list[Stream]) -> Made:
    """A model's price rises or falls."""
    costs = {m: sum(cost_of(s, 0) for s in streams if s.model == m) for m in {s.model for s in streams}}
    model = max(costs, key=lambda m: costs[m] * chance.uniform(0.5, 1))
    ratio = float(chance.choice([chance.uniform(1.2, 2.5), chance.uniform(0.4, 0.8)]))
    changed = [replace(s, rate=_last(s.rate, s.rate[0] * ratio)) if s.model == model else s for s in streams]
    return changed, (MODELS[model][1], "price")


def _people(chance: np.random.Generator, streams: list[Stream]) -> Made:
    """People join who work like the others, or leave."""
    own = {s.person_id for s in streams if s.person_id and not s.workflow and s.calls[0] > 0}
    if len(own) < 8:
        return None
    number = max(2, round(len(own) * float(chance.uniform(0.25, 0.8))))
    if chance.random() < 0.3:
        gone = set(list(own)[: min(number, len(own) - 6)])
        changed = [
            replace(s, calls=_last(s.calls, 0.0)) if s.person_id in gone and not s.workflow else s for s in streams
        ]
        return changed, ("people",)
    changed = list(streams)
    for joined in range(number):
        like = int(chance.choice(sorted(own)))
        for one in [s for s in streams if s.person_id == like and not s.workflow]:
            calls = np.zeros(WEEKS)
            calls[0] = one.calls[0]
            key = f"key-{1_000 + joined}" if one.credential == f"key-{like}" else one.credential
            changed.append(replace(one, person_id=1_000 + joined, credential=key, calls=calls))
    return changed, ("people",)


def _workflow(chance: np.random.Generator, streams: list[Stream]) -> Made:
    """A new workflow begins, with a key of its own or a known one; or a workflow ends."""
    total = cost(streams, 0)
    services = sorted({s.workflow for s in streams if s.workflow})
    if services and chance.random() < 0.3:
        ended = str(chance.choice(services))
        return [replace(s, calls=_last(s.calls, 0.0)) if s.workflow == ended else s for s in streams], (ended,)
    like = streams[int(chance.integers(len(streams)))]
    key = "ci-evals" if chance.random() < 0.7 else like.credential
    one = stream(chance, np.ones(WEEKS), tool="Gateway API", model=like.model, key=key, workflow="nightly-evals")
    calls = np.zeros(WEEKS)
    calls[0] = float(chance.uniform(0.2, 1.2)) * total / cost_of(one, 0)
    return [*streams, replace(one, calls=calls)], ("nightly-evals",)


PLANTERS: dict[Planted, Callable[[np.random.Generator, list[Stream]], Made]] = {
    "swap": _swap,
    "cache": _cache,
    "key": _key,
    "price": _price,
    "people": _people,
    "workflow": _workflow,
}
