"""What changed of teams' balances since they were read: new entries, and usage by its teams' versions."""

from dataclasses import dataclass

from sqlalchemy import func, select, union

from storage.tables.books import accounts, entries
from storage.tables.intake import team_changes
from storage.tables.requests import limit_raises
from storage.transaction import OpenTransaction

_OVERLAP = 1_000
"""On PostgreSQL an entry may be committed after one with a higher id: so many earlier ones are looked at again."""


@dataclass(frozen=True, kw_only=True)
class Marks:
    """How far entries and usage were read, and how many raises of limits each team has."""

    entry_id: int
    versions: dict[int, int]
    raises: dict[int, int]


class BalanceChanges:
    """The changes of balances in one snapshot."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def marks(self) -> Marks:
        """Returns how far this snapshot goes."""
        newest = (await self._connection.execute(select(func.max(entries.c.id)))).scalar()
        rows = await self._connection.execute(select(team_changes.c.team_id, team_changes.c.version))
        raised = await self._connection.execute(
            select(limit_raises.c.team_id, func.count()).group_by(limit_raises.c.team_id)
        )
        return Marks(
            entry_id=int(newest or 0),
            versions={int(team): int(version) for team, version in rows},
            raises={int(team): int(count) for team, count in raised},
        )

    async def teams_since(self, before: Marks, now: Marks) -> set[int]:
        """Returns the teams with new entries, changed usage or a raised limit."""
        changed = {team for team, version in now.versions.items() if before.versions.get(team) != version}
        changed |= {team for team, count in now.raises.items() if before.raises.get(team) != count}
        if now.entry_id > before.entry_id:
            recent = entries.c.id > max(0, before.entry_id - _OVERLAP)
            moved = (
                select(accounts.c.team_id).join(entries, column == accounts.c.id).where(recent)
                for column in (entries.c.from_account_id, entries.c.to_account_id)
            )
            changed |= {int(team) for team in (await self._connection.execute(union(*moved))).scalars()}
        return changed
