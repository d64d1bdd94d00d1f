"""The cause of a week: what changed is named, the most specific that explains about half; a quiet week has none."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from bot.money import NANOS
from bot.reporting.causes.choosing import WeekChange, week_change
from bot.reporting.causes.weeks import USUAL_WEIGHTS, Weeks, WeekUse
from bot.views.reporting.causes import cause_words
from tests.bench.causes.planting import PLANTED, Planted, team_week

FULL = 8


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Calls of one kind in a week. A rate is dollars per million uncached input tokens."""

    model: str = "sonnet"
    workflow: str = ""
    key: str = "ci-1"
    tool: str = "Claude Code"
    person: int = 0
    calls: int = 1_000
    tokens: int = 10_000
    cached: float = 0.8
    rate: float = 3.0
    basis: str = "book"

    def use(self, week: int) -> WeekUse:
        calls = self.calls * (100 + (week * 37) % 5 - 2) // 100  # two percent of noise
        tokens = calls * self.tokens
        output = tokens // 20
        read = int((tokens - output) * self.cached)
        counters = (tokens - output - read, read, 0, 0, output)
        weighted = sum(n * w for n, w in zip(counters, USUAL_WEIGHTS, strict=True))
        cost = 0 if self.basis == "unpriced" else round(weighted * self.rate * NANOS / 1_000_000)
        return WeekUse(
            week, self.tool, "anthropic", self.model, self.workflow, self.key, self.person, self.basis, calls, *counters, cost
        )  # fmt: skip


REVIEW = Calls(workflow="code-review", key="ci-2", calls=800)
EVALS = Calls(workflow="evals", key="ci-3", model="opus", rate=15, calls=200)
PEOPLE = tuple(Calls(person=n, key="ide", calls=150 + 10 * n, tool="Codex") for n in range(1, 9))
USUAL = (*PEOPLE, REVIEW, EVALS)


def weeks(now: tuple[Calls, ...], before: tuple[Calls, ...] = USUAL, *, full: int = FULL) -> Weeks:
    return Weeks(
        uses=tuple([c.use(0) for c in now] + [c.use(week) for week in range(1, full + 1) for c in before]), full=full
    )


def change(now: tuple[Calls, ...], before: tuple[Calls, ...] = USUAL, *, full: int = FULL) -> WeekChange:
    return week_change(weeks(now, before, full=full))


def said(now: tuple[Calls, ...], before: tuple[Calls, ...] = USUAL) -> str:
    found = change(now, before)
    return found.kind if found.cause is None else cause_words(found.cause)


def with_all(calls: tuple[Calls, ...], of: Callable[[Calls], Calls]) -> tuple[Calls, ...]:
    return tuple(map(of, calls))


def test_a_quiet_week_has_no_cause() -> None:
    assert change(USUAL).kind == "quiet"
    assert change(USUAL).cause is None
    assert change(USUAL, full=1).kind == "quiet"
    assert change(USUAL, (), full=0) == WeekChange(kind="first", usual_nanos=0)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ((*PEOPLE, replace(REVIEW, model="opus", rate=15), EVALS), "opus replaced sonnet on code-review"),
        ((*PEOPLE, replace(REVIEW, cached=0.0), EVALS), "caching fell from 80% to 0% on code-review"),
        ((*USUAL, Calls(workflow="nightly", key="ci-9", calls=900)), "nightly (new) on sonnet"),
        ((*PEOPLE, REVIEW), "evals stopped"),
        ((*PEOPLE, REVIEW, replace(EVALS, calls=700)), "key ci-3 on evals"),
        ((*USUAL, replace(REVIEW, key="ci-7", calls=2_000)), "key ci-7 (new) on code-review"),
        ((*PEOPLE, replace(REVIEW, key="ci-7"), EVALS), "quiet"),
    ],
)
def test_the_most_specific_change_is_named(now: tuple[Calls, ...], words: str) -> None:
    assert said(now) == words


def test_a_price_that_rose_is_told_from_more_tokens() -> None:
    dearer = with_all(USUAL, lambda c: replace(c, rate=c.rate * 1.5) if c.model == "opus" else c)
    cheaper = with_all(USUAL, lambda c: replace(c, rate=c.rate * 0.5) if c.model == "sonnet" else c)
    priced = with_all(USUAL, lambda c: replace(c, basis="unpriced") if c.model == "opus" else c)

    assert said(dearer) == "the price of opus rose 50%"
    assert said(cheaper) == "the price of sonnet fell 50%"
    assert said(USUAL, priced) == "opus has a price now"


def test_less_caching_is_told_from_a_higher_price() -> None:
    found = change(with_all(USUAL, lambda c: replace(c, cached=0.1))).cause

    assert found is not None
    assert found.kind == "cache"
    assert cause_words(found) == "caching fell from 80% to 10% on sonnet"


def test_people_are_counted_from_five_on() -> None:
    joined = tuple(Calls(person=n, key="ide", calls=220, tool="Codex") for n in range(20, 26))
    few, two = (*PEOPLE[:3], REVIEW), (replace(PEOPLE[0], person=30), replace(PEOPLE[1], person=31))

    assert said((*USUAL, *joined)) == "14 people, usually 8"
    assert "people" not in said((*few, *two), few)


def test_more_of_everything_is_more_calls() -> None:
    assert said(with_all(USUAL, lambda c: replace(c, calls=c.calls * 2))) == "96% more calls"
    assert said(with_all(USUAL, lambda c: replace(c, calls=c.calls // 2))) == "51% fewer calls"
    assert said(with_all(USUAL, lambda c: replace(c, tokens=c.tokens * 2))) == "100% more tokens per call"


def test_the_effect_of_a_part_is_its_cost_beyond_a_usual_week() -> None:
    nightly = Calls(workflow="nightly", key="ci-9", calls=900)
    found = change((*USUAL, nightly)).cause

    assert found is not None
    assert found.effect_nanos == nightly.use(0).cost_nanos
    assert found.owner_id == 0


def test_a_key_of_one_person_has_its_owner_and_can_stay_unnamed() -> None:
    own = Calls(person=3, key="laptop-3", calls=3_000)
    found = change((*USUAL, own)).cause

    assert found is not None
    assert found.owner_id == 3
    assert cause_words(found, hides_key=True) == "one key (new) on sonnet"


def test_somebody_who_is_away_is_no_cause() -> None:
    people = tuple(replace(one, key=f"laptop-{one.person}", calls=1_500) for one in PEOPLE[:3])

    assert "laptop" not in said(people[1:], people)


def test_a_week_after_a_holiday_is_a_usual_one() -> None:
    uses = list(weeks(USUAL).uses)
    halved = [
        use._replace(cost_nanos=use.cost_nanos // 3, calls=use.calls // 3) if use.week == 1 else use for use in uses
    ]

    assert week_change(Weeks(uses=tuple(halved), full=FULL)).kind == "usual_again"


def test_steady_growth_is_a_usual_week() -> None:
    def growing(week: int) -> list[WeekUse]:
        return [replace(c, calls=round(c.calls * 1.05 ** (FULL - week))).use(week) for c in USUAL]

    uses = [use for week in range(FULL + 1) for use in growing(week)]

    assert week_change(Weeks(uses=tuple(uses), full=FULL)).kind == "quiet"


def test_weeks_of_corrections_and_of_nothing_are_no_fault() -> None:
    nothing = Weeks(uses=(), full=3)
    minus = REVIEW.use(0)._replace(cost_nanos=-5, calls=-1, output=-7, uncached_input=-9)

    assert week_change(nothing).kind == "quiet"
    assert week_change(Weeks(uses=(minus, *weeks((), (REVIEW,)).uses), full=FULL)).cause is None
    assert change((), USUAL).kind == "changed"


def test_planted_causes_of_simulated_teams_are_named() -> None:
    """A small version of `python -m tests.bench.causes`."""
    chance = np.random.default_rng(2026)
    named, causes, blamed, quiet = 0, 0, 0, 0
    kinds: tuple[Planted, ...] = (*PLANTED, *("none",) * 9)
    for kind in kinds * 10:
        week = team_week(chance, kind)
        cause = week_change(Weeks(uses=week.uses, full=FULL)).cause
        words = "" if cause is None else cause_words(cause)
        if kind == "none":
            quiet, blamed = quiet + 1, blamed + (cause is not None and cause.kind != "many")
        else:
            causes, named = causes + 1, named + (bool(words) and all(part in words for part in week.expected))

    assert named >= 0.9 * causes
    assert blamed <= 0.03 * quiet
