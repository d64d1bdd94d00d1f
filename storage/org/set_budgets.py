"""The budgets that managers set in Slack."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, select

from bot.org.set_budgets import SetBudget
from storage import bulk
from storage.config import Config
from storage.tables.org import budget_changes, set_budgets, teams
from storage.transaction import OpenTransaction

_COLUMNS = ("team_id", "amount_nanos", "set_by", "set_at", "file_nanos")
_KEPT_VERSIONS = 100
"""A process that is further behind reads everything."""


class SetBudgets:
    """The set budgets within one transaction. Rules read them from the directory, so every change is a change of the
    configuration.
    """

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def by_team(self) -> dict[int, SetBudget]:
        """Returns the budgets set in Slack, by team id."""
        return {int(row.team_id): _budget(row) for row in await self._connection.execute(select(set_budgets))}

    async def declared(self, team_ids: Iterable[int] | None = None) -> dict[int, int | None]:
        """Returns the budgets of teams.yml, in nano-dollars, by team id; None for a team without one."""
        query = select(teams.c.id, teams.c.budget_nanos, teams.c.budget_declared)
        if team_ids is not None:
            query = query.where(teams.c.id.in_(list(team_ids)))
        rows = await self._connection.execute(query)
        return {int(team): int(nanos) if is_declared or nanos else None for team, nanos, is_declared in rows}

    async def save(self, amounts: Mapping[int, int], *, by: int | None, at: int) -> None:
        """Stores budgets, by team id, and what teams.yml says meanwhile."""
        declared = await self.declared(amounts)
        rows = [(team_id, nanos, by, at, declared[team_id]) for team_id, nanos in sorted(amounts.items())]
        tail = "ON CONFLICT (team_id) DO UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in _COLUMNS[1:])
        await bulk.upsert(self._connection, "set_budgets", _COLUMNS, rows, tail)
        version = await Config(self._tx).changed()
        changes = [{"version": version, "team_id": team_id} for team_id in sorted(amounts)]
        if changes:
            await self._connection.execute(insert(budget_changes), changes)
        await self._connection.execute(
            delete(budget_changes).where(budget_changes.c.version <= version - _KEPT_VERSIONS)
        )

    async def changed_between(self, known: int, version: int) -> dict[int, SetBudget] | None:
        """Returns the budgets, by team id, that were set between two versions of the configuration; None if something else
        may have changed."""
        query = select(budget_changes).where(budget_changes.c.version > known, budget_changes.c.version <= version)
        changes = [(int(at), int(team)) for at, team in await self._connection.execute(query)]
        if {at for at, _ in changes} != set(range(known + 1, version + 1)):
            return None
        teams_changed = {team for _, team in changes}
        rows = await self._connection.execute(select(set_budgets).where(set_budgets.c.team_id.in_(teams_changed)))
        found = {int(row.team_id): _budget(row) for row in rows}
        return found if found.keys() == teams_changed else None

    async def reset(self, slugs: Iterable[str]) -> None:
        """Takes back the budgets set in Slack of these teams: those of teams.yml count again."""
        named = select(teams.c.id).where(teams.c.slug.in_(list(slugs)))
        await self._connection.execute(delete(set_budgets).where(set_budgets.c.team_id.in_(named)))
        await Config(self._tx).changed()


def _budget(row: object) -> SetBudget:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # a SQLAlchemy Row
    values.pop("team_id")
    return SetBudget(**values)
