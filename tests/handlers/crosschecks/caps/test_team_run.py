"""A run over one team's targets, with gateways that answer as they please: no network, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.crosschecks.caps import Cap, CapTarget
from bot.crosschecks.gateway_caps import CapMark, GatewayCap
from bot.money import NANOS
from bot.periods import MICROS, Calendar
from handlers.crosschecks.caps import team_run
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.budgets import CapBudget
from handlers.crosschecks.caps.outcomes import Gateway
from handlers.crosschecks.caps.team_run import TeamRun

PERIOD = Calendar(kind="month").period_of(20_800)
SET = GatewayCap(
    id=1,
    gateway="eu",
    target=CapTarget(kind="team", ref="x"),
    team_id=1,
    state="set",
    set_nanos=500 * NANOS,
    seen_nanos=500 * NANOS,
    followed_version=1,
)


class Api:
    """A gateway of one cap. `reads` are what the next readings raise or show in place of it."""

    def __init__(self, dollars: float | None = 500, *, confirmed: bool = True) -> None:
        self.cap = None if dollars is None else int(dollars * NANOS)
        self.confirmed = confirmed
        self.reads: list[Exception] = []
        self.after_write: Exception | None = None
        self.told: list[tuple[str, int]] = []

    async def read_cap(self, _: CapTarget) -> Cap:
        if self.reads:
            raise self.reads.pop(0)
        return Cap(cap_nanos=self.cap if self.confirmed else None, spent_nanos=0, confirmed=self.confirmed)

    async def write_cap(self, _: CapTarget, cap_nanos: int, *, seen: Cap, change: Any) -> Cap:
        self.told.append((change.id, cap_nanos // NANOS))
        self.cap = cap_nanos
        if self.after_write is not None:
            raise self.after_write
        return Cap(cap_nanos=cap_nanos, spent_nanos=0, confirmed=self.confirmed)


def budget(dollars: int, *, version: int = 1, why_not: str = "") -> CapBudget:
    mark = CapMark(version=version, decided_version=version)
    return CapBudget(
        mark=mark,
        period=PERIOD,
        available_nanos=dollars * NANOS,
        charged_nanos=0,
        why_not=why_not,
        changed_by="tokens",
        because="the books",
    )


async def follows(
    rows: Sequence[GatewayCap], api: Api, books: CapBudget, *, seconds: int, raised: Mapping[int, int] | None = None
) -> list[GatewayCap]:
    run = TeamRun(rows, {"eu": Gateway(adapter=cast("Any", api), mode="write")})
    await run.read()
    at = seconds * MICROS
    first = run.plan(books, team="t", team_name="T", at=at, raised=raised or {})
    while first:
        run.take(await run.write(first), at=at)
        first = run.raise_others(at=at)
    return list(run.rows.values())


async def test_a_receiver_is_told_once_of_a_cap_and_again_when_it_changes() -> None:
    hook = Api(confirmed=False)
    rows = [GatewayCap(id=1, gateway="eu", target=SET.target, team_id=1)]

    for look in range(4):
        rows = await follows(rows, hook, budget(500), seconds=300 * look)
    assert [dollars for _, dollars in hook.told] == [500]
    assert rows[0].state == "sent"

    await follows(rows, hook, budget(700, version=2), seconds=1_500)
    assert [dollars for _, dollars in hook.told] == [500, 700]


async def test_a_receiver_that_did_not_answer_is_told_again_of_the_same_change() -> None:
    hook = Api(confirmed=False)
    rows = [GatewayCap(id=1, gateway="eu", target=SET.target, team_id=1)]
    hook.after_write = CapUnreachable("no answer")
    rows = await follows(rows, hook, budget(500), seconds=1)
    hook.after_write = None

    rows = await follows(rows, hook, budget(500), seconds=3)
    assert len({change for change, _ in hook.told}) == 1
    assert len(hook.told) == 2

    await follows(rows, hook, budget(700, version=2), seconds=5)
    assert len({change for change, _ in hook.told}) == 2


async def test_our_own_write_is_no_change_by_hand_where_the_gateway_would_not_show_it() -> None:
    api = Api()
    api.after_write = CapRefused("eu no longer shows this team")
    rows = await follows([SET], api, budget(750, version=2), seconds=1)
    assert rows[0].state == "refused"

    api.after_write = None
    rows = await follows(rows, api, budget(760, version=3), seconds=2)
    assert (rows[0].state, rows[0].set_nanos) == ("set", 760 * NANOS)


@pytest.mark.parametrize("fault", [CapUnreachable("down"), CapRefused("no key")])
async def test_a_conflict_stays_open_while_its_gateway_does_not_answer(fault: Exception) -> None:
    api = Api(900)
    rows = await follows([SET], api, budget(500, version=2), seconds=1)
    assert (rows[0].state, rows[0].conflict) == ("conflict", 1)

    api.reads = [fault]
    rows = await follows(rows, api, budget(500, version=2), seconds=2)
    assert (rows[0].state, rows[0].conflict) == ("conflict", 1)
    rows = await follows(rows, api, budget(500, version=2), seconds=400)
    assert (rows[0].state, rows[0].conflict) == ("conflict", 1)


async def test_a_persons_raised_cap_goes_back_where_the_teams_budget_stops_nobody_any_more() -> None:
    target = CapTarget(kind="user", ref="anna")
    raised = replace(SET, target=target, base_nanos=50 * NANOS, set_nanos=70 * NANOS, seen_nanos=70 * NANOS)
    api = Api(70)

    rows = await follows([raised], api, budget(500, why_not="T warns, and stops nobody"), seconds=1, raised={1: 0})

    assert api.cap == 50 * NANOS
    assert rows[0].set_nanos == 50 * NANOS


async def test_a_cap_changed_by_hand_while_another_gateway_was_slow_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(team_run, "_FRESH_SECONDS", -1.0)  # every reading is old
    api = Api()
    run = TeamRun([SET], {"eu": Gateway(adapter=cast("Any", api), mode="write")})
    await run.read()
    first = run.plan(budget(750, version=2), team="t", team_name="T", at=MICROS)
    api.cap = 900 * NANOS
    run.take(await run.write(first), at=MICROS)

    rows = await follows(list(run.rows.values()), api, budget(750, version=2), seconds=4)
    assert (api.cap, api.told) == (900 * NANOS, [])
    assert (rows[0].state, rows[0].conflict) == ("conflict", 1)


async def test_a_gateway_that_counts_in_cents_has_what_was_written_to_the_cent() -> None:
    class Less(Api):
        async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: Any) -> Cap:
            return await super().write_cap(target, cap_nanos - NANOS // 2, seen=seen, change=change)

    rows = await follows([SET], Less(), budget(750, version=2), seconds=1)

    assert rows[0].state == "refused"
