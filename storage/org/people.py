"""People: opaque ids for the books; names are stored here alone, and can be erased."""

from collections.abc import Iterable

from sqlalchemy import delete, exists, func, insert, select, update

from bot.org.people import Person, UnmatchedPerson, is_email, is_slack_id, normalize_spelling
from storage import bulk
from storage.config import Config
from storage.sums import nano_sums, whole
from storage.tables.intake import usage_days, usage_series
from storage.tables.org import people, person_aliases, person_looks, person_teams, team_roles
from storage.transaction import OpenTransaction


class People:
    """The people within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection
        self._memory = transaction.memory.people

    async def ids_of(self, spellings: Iterable[str]) -> dict[str, int]:
        """Returns the person id of each spelling that a sender uses: an e-mail, or any other id, which becomes an
        alias.

        An unknown spelling becomes a new person, until an import identifies them.
        """
        given = {text: normalize_spelling(text) for text in spellings}
        found = {folded: self._memory[folded] for folded in given.values() if folded in self._memory}
        missing = sorted(set(given.values()) - found.keys())
        if missing:
            fresh = await self._resolve(missing)
            found |= fresh
            self._tx.after_commit(lambda: self._memory.update(fresh))
        return {text: found[folded] for text, folded in given.items()}

    async def _resolve(self, missing: list[str]) -> dict[str, int]:
        aliases = await bulk.select(
            self._connection, "person_aliases", ("alias", "person_id"), ("alias",), [(m,) for m in missing]
        )
        found: dict[str, int] = {str(alias): int(person) for alias, person in aliases}
        emails = [(m,) for m in missing if m not in found and is_email(m)]
        await bulk.insert_missing(self._connection, "people", ("email",), ("email",), emails)
        for email, person in await bulk.select(self._connection, "people", ("email", "id"), ("email",), emails):
            found[str(email)] = int(person)
        for alias in (m for m in missing if m not in found):
            person_id = (
                await self._connection.execute(insert(people).values(name=alias).returning(people.c.id))
            ).scalar_one()
            await bulk.insert_missing(
                self._connection, "person_aliases", ("alias", "person_id"), ("alias",), [(alias, person_id)]
            )
            rows = await bulk.select(self._connection, "person_aliases", ("alias", "person_id"), ("alias",), [(alias,)])
            found[alias] = int(rows[0][1])
        return found

    async def ids_of_emails(self, emails: Iterable[str]) -> dict[str, int]:
        """Returns the ids of known people by e-mail."""
        keys = [(email,) for email in sorted(emails)]
        rows = await bulk.select(self._connection, "people", ("email", "id"), ("email",), keys)
        return {str(email): int(person_id) for email, person_id in rows}

    async def by_reference(self, reference: str) -> int:
        """Returns the person that an operator's file names by e-mail or Slack id; creates a missing one."""
        if not is_slack_id(reference):
            return (await self.ids_of([reference]))[reference]
        row = (await self._connection.execute(select(people.c.id).where(people.c.slack_id == reference))).scalar()
        if row is not None:
            return int(row)
        made = insert(people).values(slack_id=reference, name=reference).returning(people.c.id)
        return int((await self._connection.execute(made)).scalar_one())

    async def by_id(self, person_id: int) -> Person:
        row = (await self._connection.execute(select(people).where(people.c.id == person_id))).one()
        return _person(row)

    async def by_ids(self, person_ids: Iterable[int]) -> dict[int, Person]:
        ids = list(person_ids)
        rows = await self._connection.execute(select(people).where(people.c.id.in_(ids)))
        return {row.id: _person(row) for row in rows}

    async def by_alias(self, alias: str) -> Person | None:
        """Returns the person with an alias that an import or a sender introduced."""
        query = select(people).join(person_aliases, person_aliases.c.person_id == people.c.id)
        row = (
            await self._connection.execute(query.where(person_aliases.c.alias == normalize_spelling(alias)))
        ).one_or_none()
        return _person(row) if row else None

    async def by_slack_id(self, slack_id: str) -> Person | None:
        row = (await self._connection.execute(select(people).where(people.c.slack_id == slack_id))).one_or_none()
        return _person(row) if row else None

    async def ensure_from_slack(self, *, slack_id: str, email: str, name: str, timezone: str) -> Person:
        """Returns a person as Slack describes them: found by Slack id, else joined by e-mail, else new.

        If an operator's file knows the person by Slack id and a sender by e-mail, both become one: the e-mail moves,
        and usage booked on the other id counts for this one.
        """
        folded = normalize_spelling(email)
        known = await self.by_slack_id(slack_id)
        by_email = None
        if folded:
            by_email = (await self._connection.execute(select(people).where(people.c.email == folded))).one_or_none()
        values: dict[str, str] = {"name": name, "timezone": timezone}
        if known is not None:
            person_id = known.id
            if folded and by_email is not None and by_email.id != person_id:
                await self.merge(by_email.id, into=person_id, with_roles=False)
            if folded:
                values["email"] = folded
        elif by_email is not None:
            values["slack_id"] = slack_id
            person_id = by_email.id
        else:
            made = insert(people).values(slack_id=slack_id, email=folded or None).returning(people.c.id)
            person_id = int((await self._connection.execute(made)).scalar_one())
        await self._connection.execute(update(people).where(people.c.id == person_id).values(**values))
        return await self.by_id(person_id)

    async def merge(self, person_id: int, *, into: int, with_roles: bool) -> None:
        """Merges two records of one person.

        Usage booked on the first stays there and is read with the other's; its spellings, and people merged into it,
        move. Roles and teams move only if an operator says that both are one: an e-mail that moves in Slack makes
        nobody a manager.
        """
        if with_roles:
            await self._move_roles(person_id, into)
        for changed in (
            update(person_aliases).where(person_aliases.c.person_id == person_id).values(person_id=into),
            update(people).where(people.c.merged_into == person_id).values(merged_into=into),
            update(people).where(people.c.id == person_id).values(email=None, merged_into=into),
        ):
            await self._connection.execute(changed)
        await Config(self._tx).changed()

    async def _move_roles(self, person_id: int, into: int) -> None:
        roles = select(team_roles.c.team_id, team_roles.c.role).where(team_roles.c.person_id == person_id)
        own = [(int(team), into, str(role)) for team, role in await self._connection.execute(roles)]
        days = select(person_teams.c.from_day, person_teams.c.team_id).where(person_teams.c.person_id == person_id)
        dated = [(into, int(day), int(team)) for day, team in await self._connection.execute(days)]
        key = ("team_id", "person_id", "role")
        await bulk.insert_missing(self._connection, "team_roles", key, key, own)
        columns = ("person_id", "from_day", "team_id")
        await bulk.insert_missing(self._connection, "person_teams", columns, columns[:2], dated)
        for table in (team_roles, person_teams):
            await self._connection.execute(delete(table).where(table.c.person_id == person_id))

    async def all_ids_of(self, person_id: int) -> list[int]:
        """Returns a person's id and the ids merged into it."""
        rows = await self._connection.execute(select(people.c.id).where(people.c.merged_into == person_id))
        return [person_id, *rows.scalars()]

    async def record_look(self, person_ids: Iterable[int], *, by: int, team_id: int, at: int) -> None:
        """Records that somebody looked at others' figures, so that those people can see it."""
        rows = [
            {"person_id": person_id, "looked_by": by, "team_id": team_id, "at": at}
            for person_id in sorted(person_ids)
            if person_id != by
        ]
        if rows:
            await self._connection.execute(insert(person_looks), rows)

    async def looks_of(self, person_ids: Iterable[int], *, limit: int) -> list[tuple[int, int]]:
        """Returns (who, when) of the newest looks at a person's figures, newest first."""
        query = select(person_looks.c.looked_by, person_looks.c.at).where(
            person_looks.c.person_id.in_(list(person_ids))
        )
        rows = await self._connection.execute(query.order_by(person_looks.c.id.desc()).limit(limit))
        return [(int(by), int(at)) for by, at in rows]

    async def without_slack_id(self, person_ids: Iterable[int]) -> list[Person]:
        """Returns those of the people who have an e-mail but no Slack account yet."""
        ids = list(person_ids)
        rows = await self._connection.execute(
            select(people).where(people.c.id.in_(ids), people.c.slack_id.is_(None), people.c.email.is_not(None))
        )
        return [_person(row) for row in rows]

    async def teams_by_day(self) -> list[tuple[int, int, int]]:
        """Returns (person id, first day, team id) of all dated teams, each person's oldest first."""
        query = select(person_teams.c.person_id, person_teams.c.from_day, person_teams.c.team_id)
        rows = await self._connection.execute(query.order_by(person_teams.c.person_id, person_teams.c.from_day))
        return [(int(person), int(day), int(team)) for person, day, team in rows]

    async def unmatched(self, *, first_day: int, end_day: int) -> list[UnmatchedPerson]:
        """Returns unknown identities by cost on these days, the most expensive first."""
        calls, cost = func.sum(usage_days.c.calls), nano_sums(usage_days.c.cost_nanos)
        rows = await self._connection.execute(
            select(people.c.email, people.c.name, calls, *cost)
            .join(usage_series, usage_series.c.person_id == people.c.id)
            .join(usage_days, usage_days.c.series_id == usage_series.c.id)
            .where(people.c.slack_id.is_(None), people.c.merged_into.is_(None))
            .where(~exists().where(team_roles.c.person_id == people.c.id))
            .where(~exists().where(person_teams.c.person_id == people.c.id))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(people.c.id, people.c.email, people.c.name)
            .having(calls > 0)
        )
        found = [
            UnmatchedPerson(str(email or name), email is not None, int(n), whole(dollars, rest))
            for email, name, n, dollars, rest in rows
        ]
        return sorted(found, key=lambda one: (-one.cost_nanos, -one.calls, one.spelled))

    async def spellings_of(self, person_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Returns each person's spelling, an e-mail first; a merged person has the spelling of the other."""
        ids = [(person_id,) for person_id in sorted(set(person_ids))]
        rows = await bulk.select(self._connection, "people", ("id", "email", "name", "merged_into"), ("id",), ids)
        merged = {int(row[0]): int(row[3]) for row in rows if row[3] is not None}
        others = [(person_id,) for person_id in sorted(set(merged.values()))]
        rows += await bulk.select(self._connection, "people", ("id", "email", "name", "merged_into"), ("id",), others)
        spelled = {int(row[0]): [str(row[1])] if row[1] else [] for row in rows}
        keys = sorted((person_id,) for person_id in spelled)
        aliases = await bulk.select(self._connection, "person_aliases", ("person_id", "alias"), ("person_id",), keys)
        for person_id, alias in sorted(aliases):
            spelled[int(person_id)].append(str(alias))
        return {
            person_id: tuple(spelled[merged.get(person_id, person_id)]) for (person_id,) in ids if person_id in spelled
        }

    async def team_spellings(self) -> list[tuple[str, int]]:
        """Returns (spelling, person id) of every e-mail and alias, for attribution by user."""
        emails = await self._connection.execute(select(people.c.email, people.c.id).where(people.c.email.is_not(None)))
        aliases = await self._connection.execute(select(person_aliases.c.alias, person_aliases.c.person_id))
        return [(str(s), int(p)) for s, p in [*emails, *aliases]]


def _person(row: object) -> Person:
    values = row._mapping  # type: ignore[attr-defined]  # a SQLAlchemy Row
    return Person(
        id=values["id"],
        email=values["email"] or "",
        slack_id=values["slack_id"] or "",
        name=values["name"],
        timezone=values["timezone"],
    )
