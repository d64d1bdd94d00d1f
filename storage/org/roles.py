"""Roles as teams.yml states them: each reference to a person, by e-mail or Slack id, and whom it means."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, exists, or_, select, update

from storage import bulk
from storage.tables.org import people, person_aliases, person_teams, role_references, team_roles
from storage.transaction import OpenTransaction

_COLUMNS = ("team_id", "role", "reference", "person_id")
_ROLE_KEY = ("team_id", "person_id", "role")


class Roles:
    """The roles within one transaction. `team_roles` follows from the references."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def stated(self, team_id: int) -> dict[tuple[str, str], int]:
        """Returns whom each (role, reference) of the last import means."""
        own = select(role_references).where(role_references.c.team_id == team_id)
        rows = await self._connection.execute(own)
        return {(str(row.role), str(row.reference)): int(row.person_id) for row in rows}

    async def save(self, team_id: int, roles: Sequence[str], stated: Mapping[tuple[str, str], int]) -> None:
        """Replaces a team's people in these roles by those that (role, reference) names."""
        for table in (role_references, team_roles):
            await self._connection.execute(delete(table).where(table.c.team_id == team_id, table.c.role.in_(roles)))
        rows = [(team_id, role, reference, person_id) for (role, reference), person_id in sorted(stated.items())]
        await bulk.insert_missing(self._connection, "role_references", _COLUMNS, _COLUMNS[:3], rows)
        holders = sorted({(team_id, person_id, role) for (role, _), person_id in stated.items()})
        await bulk.insert_missing(self._connection, "team_roles", _ROLE_KEY, _ROLE_KEY, holders)

    async def is_claimed(self, email: str) -> bool:
        """Returns whether an e-mail is somebody's for certain: in Slack, or as an alias of an operator's file."""
        in_slack = exists().where(people.c.email == email, people.c.slack_id.is_not(None))
        as_alias = exists().where(person_aliases.c.alias == email)
        return bool((await self._connection.execute(select(or_(in_slack, as_alias)))).scalar())

    async def move(self, person_id: int, into: int) -> None:
        """Gives one record's roles and dated teams to another of the same person."""
        roles = select(team_roles.c.team_id, team_roles.c.role).where(team_roles.c.person_id == person_id)
        own = [(int(team), into, str(role)) for team, role in await self._connection.execute(roles)]
        days = select(person_teams.c.from_day, person_teams.c.team_id).where(person_teams.c.person_id == person_id)
        dated = [(into, int(day), int(team)) for day, team in await self._connection.execute(days)]
        await bulk.insert_missing(self._connection, "team_roles", _ROLE_KEY, _ROLE_KEY, own)
        columns = ("person_id", "from_day", "team_id")
        await bulk.insert_missing(self._connection, "person_teams", columns, columns[:2], dated)
        for table in (team_roles, person_teams):
            await self._connection.execute(delete(table).where(table.c.person_id == person_id))
        moved = update(role_references).where(role_references.c.person_id == person_id)
        await self._connection.execute(moved.values(person_id=into))

    async def team_references(self) -> list[tuple[str, int, str]]:
        """Returns (reference, team id, role) of every member and manager that teams.yml names, in order of teams."""
        columns = (role_references.c.reference, role_references.c.team_id, role_references.c.role)
        named = select(*columns).where(role_references.c.role.in_(("member", "manager")))
        rows = await self._connection.execute(named.order_by(role_references.c.team_id, role_references.c.reference))
        return [(str(reference), int(team_id), str(role)) for reference, team_id, role in rows]
