"""The report of a department and of the company: its figures are those of the tables, by as many queries for many teams."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from bot.org.teams import Directory, Team
from bot.periods import week_of
from bot.reporting.spans import Span, week_span
from bot.reporting.subtree_reports import SubtreeReport
from handlers.reporting.figures import span_at
from handlers.reporting.subtree_reports import subtree_report
from storage.tables.intake import usage_days, usage_series
from tests.storage.conftest import Books

ZONES = ("Europe/London", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland")


def company_yml(departments: int) -> str:
    """Departments of two teams each, in several zones, cost centres and modes."""
    teams = []
    for n in range(departments):
        zone = ZONES[n % len(ZONES)]
        teams.append(f"  - {{slug: d{n}, name: Department {n}, timezone: {zone}, budget: {{amount: 300}}}}")
        for side in "ab":
            mode = ", mode: preview" if n % 3 == 2 and side == "b" else ""
            teams.append(
                f"  - {{slug: d{n}{side}, name: Team {n}{side}, parent: d{n}, timezone: {zone}, cost_center: CC-{n % 2}, "
                f"budget: {{amount: 100}}{mode}}}"
            )
    head = (
        "organisation: {name: Acme, timezone: Europe/London, funding: 50000, finance: [chloe@acme.test], mode: govern}"
    )
    tools = "tools:\n  - {name: MetaCode, kind: in_house, match: {model: 'metacode*'}}"
    return f"{head}\nteams:\n" + "\n".join(teams) + f"\n{tools}\n"


async def spends(books: Books, departments: int) -> None:
    """Uses of every team over ten weeks, in-house, without a price and of nobody too."""
    events = []
    for n in range(departments):
        for at, (team, days) in enumerate(((f"d{n}a", 0), (f"d{n}a", 8), (f"d{n}b", 1), (f"d{n}b", 9), (f"d{n}", 50))):
            name = f"{n}-{at}"
            ago = timedelta(days=days, hours=n % 24)
            tool, model = ("MetaCode", "metacode-1") if n % 2 else ("Codex", "gpt")
            events.append(
                books.event(
                    name, dollars=n + at + 0.25, ago=ago, team=team, user=None, tool=tool, model=model, workflow=team
                )
            )
        events.append(books.event(f"{n}-u", team=f"d{n}a", user=None, cost_usd=None, ago=timedelta(days=2)))
    events += [books.event("nobody", dollars=7, team=None, user=None, credential="ci-9", ago=timedelta(days=3))]
    for start in range(0, len(events), 50):
        await books.takes(*events[start : start + 50])


async def report(books: Books, nodes: Sequence[Team], span: Span, *, shows_preview: bool = False) -> SubtreeReport:
    async with books.context.store.read() as tx:
        return await subtree_report(await books.context.scope(tx), nodes, span, shows_preview=shows_preview)


async def days_of(books: Books) -> list[Any]:
    """Every row of the days: (team, day, tool, basis, calls, nanos)."""
    async with books.context.store.read() as tx:
        here = usage_series.c.id == usage_days.c.series_id
        wanted = select(
            usage_days.c.team_id,
            usage_days.c.local_day,
            usage_series.c.tool,
            usage_series.c.basis,
            usage_days.c.calls,
            usage_days.c.cost_nanos,
        ).join(usage_series, here)
        return list((await tx.connection.execute(wanted)).all())


def expect_figures(
    found: SubtreeReport, rows: Sequence[Any], directory: Directory, *, at: int, shows_preview: bool
) -> None:
    """Holds a report against the rows of the days."""
    span, is_company = found.span, found.nodes == (directory.root,)
    members = directory.teams if is_company else [t for node in found.nodes for t in directory.subtree(node)]
    shown = {t.id for t in members if shows_preview or t.mode != "preview"}

    def of(first_day: int, end_day: int) -> list[Any]:
        moved = {i: 0 if span.is_fixed else directory.by_id(i).day_of(at) - span.end_day for i in shown}
        return [r for r in rows if r.team_id in shown and first_day <= r.local_day - moved[r.team_id] < end_day]

    own, before = of(span.first_day, span.end_day), of(span.before_day, span.before_end)
    unattributed = [r for r in own if r.team_id == directory.unattributed.id]
    assert found.cost_nanos == sum(r.cost_nanos for r in own)
    assert found.before_nanos == sum(r.cost_nanos for r in before)
    assert found.calls == sum(r.calls for r in own)
    assert found.unpriced_calls == sum(r.calls for r in own if r.basis == "unpriced")
    assert found.unattributed_nanos == sum(r.cost_nanos for r in unattributed)
    assert sum(team.cost_nanos for team in found.teams) + found.unattributed_nanos == found.cost_nanos
    assert sum(tool.cost_nanos for tool in found.tools) == found.cost_nanos
    assert sum(centre.cost_nanos for centre in found.cost_centres) == found.cost_nanos
    assert found.mix.cost_nanos == found.cost_nanos
    assert found.mix.in_house.cost_nanos == sum(r.cost_nanos for r in own if r.tool == "MetaCode")
    if span.is_fixed and span.end_day <= found.weeks[-1].monday + 7:
        assert (found.weeks[-1].cost_nanos, found.weeks[-2].cost_nanos) == (found.cost_nanos, found.before_nanos)
        assert found.weeks[-1].in_house_nanos == found.mix.in_house.cost_nanos
    assert found.hidden_teams == len(members) - len(shown)


@pytest.mark.parametrize("departments", [2, 8])
async def test_figures_are_those_of_the_tables_and_each_part_adds_up(books: Books, departments: int) -> None:
    await books.imports(company_yml(departments))
    await spends(books, departments)
    directory = (await books.context.rulebooks.latest()).directory
    rows, at = await days_of(books), books.context.now_micros()
    monday = week_of(directory.root.day_of(at))[0]
    first, second, *rest = (team for team in directory.children(directory.root) if team.slug.startswith("d"))
    for nodes in ((directory.root,), (first,), ((rest or [second])[-1],), (first, second)):
        async with books.context.store.read() as tx:
            rolling = span_at(await books.context.scope(tx), nodes[0], "7d")
        for span in (week_span(monday - 7, zone="UTC"), week_span(monday, zone="UTC"), rolling):
            for shows_preview in (False, True):
                found = await report(books, nodes, span, shows_preview=shows_preview)
                expect_figures(found, rows, directory, at=at, shows_preview=shows_preview)


class Asked:
    """Counts the statements that read."""

    def __init__(self, books: Books) -> None:
        self.count = 0
        event.listen(books.context.store._reader.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.count += statement.lstrip().startswith(("SELECT", "WITH"))


async def test_many_teams_are_read_by_no_more_queries_than_a_few(books: Books) -> None:
    asked, counts = Asked(books), []
    for departments in (2, 30):
        await books.imports(company_yml(departments))
        await spends(books, departments)
        directory = (await books.context.rulebooks.latest()).directory
        span = week_span(week_of(directory.root.day_of(books.context.now_micros()))[0] - 7, zone="UTC")
        await report(books, [directory.root], span)  # the first reads the days of many teams into memory
        asked.count = 0
        await report(books, [directory.root], span)
        counts.append(asked.count)

    assert 0 < counts[1] <= counts[0] <= 30
