"""Plans of statements on both databases: which statements a query runs, how the database would, and what it scans."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.store import Transaction

FEW_ROWS = {
    *("config", "documents", "teams", "team_roles", "role_references", "alert_settings", "attribution_rules"),
    *("sources", "ingest_keys", "source_activity", "team_changes", "repricings", "unpriced_models", "gateway_teams"),
    *("source_overlaps", "source_producers", "quarantine_sizes", "reattributions", "person_checks", "person_teams"),
    "grant_worth",
}
"""Tables that grow with the company, not with its usage: a statement may read them whole."""
PARTS = {
    *("ix_outbox_waiting", "ix_outbox_ended", "ix_outbox_repeated"),
    *("ix_budget_requests_one_pending", "ix_usage_series_unpriced"),
}
"""Indexes of the few rows that a condition leaves: a statement may read them whole."""


class Statement(NamedTuple):
    """A statement with its parameters, as the driver gets them."""

    sql: str
    parameters: tuple[Any, ...] | dict[str, Any]


class Plan(NamedTuple):
    """The steps of a plan, each a line, and those that read a large table whole."""

    lines: list[str]
    scans: list[str]


@contextmanager
def noting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Statement]]:
    """Collects the statements that read, SQLAlchemy's and those that go past it."""
    found: list[Statement] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        found.append(Statement(sql, tuple(parameters)))

    bulk_on_sqlite, bulk_driver = _of_bulk("on_sqlite"), _of_bulk("driver")

    async def on_sqlite(connection: Any, statements: Any) -> Any:
        found.extend(
            Statement(sql, values if isinstance(values, dict) else tuple(values)) for sql, values in statements
        )
        return await bulk_on_sqlite(connection, statements)

    async def driver(connection: Any) -> Any:
        return _Noting(await bulk_driver(connection), found)

    monkeypatch.setattr("storage.bulk.on_sqlite", on_sqlite)
    monkeypatch.setattr("storage.bulk.driver", driver)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        monkeypatch.undo()


def _of_bulk(name: str) -> Any:
    from storage import bulk  # noqa: PLC0415  # beside the patches

    return vars(bulk)[name]


class _Noting:
    """asyncpg's connection, which notes what is fetched from it."""

    def __init__(self, driver: Any, found: list[Statement]) -> None:
        self._driver = driver
        self._found = found

    async def fetch(self, sql: str, *parameters: Any) -> Any:
        self._found.append(Statement(sql, parameters))
        return await self._driver.fetch(sql, *parameters)

    async def copy_from_query(self, sql: str, *parameters: Any, **options: Any) -> Any:
        self._found.append(Statement(sql, parameters))
        return await self._driver.copy_from_query(sql, *parameters, **options)


async def plan_of(tx: Transaction, statement: Statement) -> Plan:
    """Returns the plan that the database would use now."""
    driver: Any = (await tx.connection.get_raw_connection()).driver_connection
    if tx.connection.dialect.name == "postgresql":
        for way in (
            "seqscan",
            "hashjoin",
            "mergejoin",
        ):  # the test's tables are so small that it would rather read them whole
            await driver.execute(f"SET LOCAL enable_{way} = off")
        rows = await driver.fetch(f"EXPLAIN (COSTS OFF, FORMAT JSON) {statement.sql}", *statement.parameters)
        return _of_postgresql(rows[0][0][0]["Plan"])
    cursor = await driver.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters)
    return _of_sqlite([re.sub(r"SCAN \d+ CONSTANT", "SCAN CONSTANT", row[3]) for row in await cursor.fetchall()])


def _of_sqlite(steps: list[str]) -> Plan:
    scans = [step for step in steps if _is_scan(step)]
    return Plan(steps, scans)


def _is_scan(step: str) -> bool:
    """Whether a step reads a large table, or an index of all of its rows, from end to end."""
    found = re.match(r"SCAN (\w+)(?:.* INDEX (\w+))?", step)
    if found is None or found[1] in FEW_ROWS | {"CONSTANT"} or found[2] in PARTS:
        return False
    return not re.match(r"(given|anon_\d+|both|n|SUBQUERY)$", found[1])


def _of_postgresql(root: dict[str, Any]) -> Plan:
    plan = Plan([], [])

    def walk(node: dict[str, Any], depth: int) -> None:
        kind, table, index = node["Node Type"], node.get("Relation Name"), node.get("Index Name")
        condition = " ".join(re.findall(r"(\w+) (?:~?[<>]=?~?|=|IS)", str(node.get("Index Cond", ""))))
        line = " ".join(filter(None, (kind, table, index and f"by {index}", condition and f"({condition})")))
        plan.lines.append("  " * depth + line)
        whole = kind == "Seq Scan" or (kind.endswith("Scan") and index and not condition and index not in PARTS)
        if whole and (table or str(index).removeprefix("pk_")) not in FEW_ROWS:
            plan.scans.append(line)
        for child in node.get("Plans", ()):
            walk(child, depth + 1)

    walk(root, 0)
    return plan
