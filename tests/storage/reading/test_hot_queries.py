"""Hot queries read no large table whole, whatever the database knows of its rows. Their plans are kept beside this file.

`REWRITE_PLANS=1 pytest tests/storage/reading` writes the plans anew; read the difference before you commit it.
"""

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.store import Store
from tests.storage.reading import many_rows
from tests.storage.reading.hot_queries import HOT_QUERIES
from tests.storage.reading.plans import Plan, noting, plan_of

REWRITES = bool(os.environ.get("REWRITE_PLANS"))
FOLDER = Path(__file__).parent
KEPT_FOR = (3, 40)
"""The version of SQLite whose plans are kept: others word or order their steps differently."""


def kept(is_sqlite: bool, has_statistics: bool) -> Path:
    database = "sqlite" if is_sqlite else "postgresql"
    return FOLDER / f"{database}-{'with' if has_statistics else 'without'}-statistics.txt"


def written(plans: dict[str, list[Plan]]) -> str:
    """The text of a file of plans: each query's name and the steps of its statements."""
    parts = []
    for name, of in plans.items():
        parts.append(f"# {name}\n" + "".join("".join(f"{line}\n" for line in (*plan.lines, "--")) for plan in of))
    return "\n".join(parts)


async def plans_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Plan]]:
    found: dict[str, list[Plan]] = {}
    for query in HOT_QUERIES:
        async with store.read() as tx:
            tx.memory.forget_kept()  # what this process remembers is not read
            with noting(monkeypatch) as statements:
                await query.run(tx)
            assert statements, query.name
            found[query.name] = []
            for statement in statements:
                if (plan := await plan_of(tx, statement)) not in found[query.name]:  # one statement, of several sizes
                    found[query.name].append(plan)
    return found


@pytest.mark.new_database
@pytest.mark.parametrize("has_statistics", [False, True], ids=["without-statistics", "with-statistics"])
async def test_hot_queries_read_no_large_table_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch, has_statistics: bool
) -> None:
    async with store.begin() as tx:
        await tx.connection.run_sync(many_rows.fill)
        if has_statistics:
            await tx.connection.execute(text("ANALYZE"))
    plans = await plans_of(store, monkeypatch)

    assert {name: scans for name, of in plans.items() if (scans := [scan for plan in of for scan in plan.scans])} == {}
    if not store.is_sqlite or sqlite3.sqlite_version_info[:2] == KEPT_FOR:
        if REWRITES:
            kept(store.is_sqlite, has_statistics).write_text(written(plans))
        assert written(plans) == kept(store.is_sqlite, has_statistics).read_text()
