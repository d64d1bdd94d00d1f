"""People: opaque ids for the books; names are stored here alone, and can be erased."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, insert, or_, select, update

from bot.org.people import Person, is_email, is_slack_id, normalize_spelling
from storage import bulk
from storage.config import Config
from storage.org.roles import Roles
from storage.org.same_people import SamePeople
from storage.tables.attendance import absences
from storage.tables.org import people, person_aliases, person_looks, person_teams
from storage.tables.requests import delegations
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
            memory, generation = self._tx.memory, self._tx.memory.generation
            self._tx.after_commit(lambda: memory.remember_people(fresh, generation))
        return {text: found[folded] for text, folded in given.items()}

    async def _resolve(self, missing: list[str]) -> dict[str, int]:
        aliases = await bulk.select(
            self._connection, "person_aliases", ("alias", "person_id"), ("alias",), [(m,) for m in missing]
        )
        found: dict[str, int] = {str(alias): int(person) for alias, person in aliases}
        emails = [(m,) for m in missing if m not in found and is_email(m)]
        known = await bulk.ids_of(self._connection, "people", ("email",), emails)
        found |= {str(email): person_id for (email,), person_id in known.items()}
        return found | await self._of_other_spellings([m for m in missing if m not in found])

    async def _of_other_spellings(self, missing: list[str]) -> dict[str, int]:
        """Creates a person for each spelling that is no e-mail. Another process may have done so meanwhile."""
        made = await bulk.insert_returning(self._connection, "people", ("name",), [(m,) for m in missing])
        columns, key = ("alias", "person_id"), ("alias",)
        await bulk.insert_missing(self._connection, "person_aliases", columns, key, sorted(made))
        rows = await bulk.select(self._connection, "person_aliases", columns, key, [(m,) for m in missing])
        return {str(alias): int(person_id) for alias, person_id in rows}

    async def ids_of_emails(self, emails: Iterable[str]) -> dict[str, int]:
        """Returns the ids of known people by e-mail."""
        keys = [(email,) for email in sorted(emails)]
        rows = await bulk.select(self._connection, "people", ("email", "id"), ("email",), keys)
        return {str(email): int(person_id) for email, person_id in rows}

    async def by_reference(self, reference: str) -> int:
        """Returns the person that an operator's file names by e-mail or Slack id; creates a missing one."""
        if not is_slack_id(reference):
            folded = normalize_spelling(reference)
            return (await self._resolve([folded]))[folded]
        row = (await self._connection.execute(select(people.c.id).where(people.c.slack_id == reference))).scalar()
        if row is not None:
            return int(row)
        made = insert(people).values(slack_id=reference, name=reference).returning(people.c.id)
        return int((await self._connection.execute(made)).scalar_one())

    async def named(self, reference: str) -> int | None:
        """Returns the known person that an operator names by e-mail or Slack id; None if nobody has it."""
        if is_slack_id(reference):
            person = await self.by_slack_id(reference)
            return None if person is None else person.id
        folded = normalize_spelling(reference)
        return (await self.ids_of_emails([folded])).get(folded)

    async def known_references(self, references: Sequence[str]) -> dict[str, int]:
        """Returns the ids of those people that an operator's file names by e-mail, alias or Slack id, and that are known."""
        found: dict[str, int] = {}
        for reference in references:
            person = None if is_slack_id(reference) else await self.by_alias(reference)
            person_id = await self.named(reference) or (person.id if person is not None else None)
            if person_id is not None:
                found[reference] = person_id
        return found

    async def by_id(self, person_id: int) -> Person:
        """Returns a person; of a merged record the one it was merged into."""
        return (await self.by_ids([person_id]))[person_id]

    async def by_ids(self, person_ids: Iterable[int]) -> dict[int, Person]:
        """Returns people by the given ids; of merged records those they were merged into."""
        current = people.alias("current")
        joined = current.c.id == func.coalesce(people.c.merged_into, people.c.id)
        query = select(people.c.id.label("asked"), *current.c).join(current, joined)
        rows = await self._connection.execute(query.where(people.c.id.in_(list(person_ids))))
        return {int(row.asked): _person(row) for row in rows}

    async def zones_of(self, person_ids: Iterable[int]) -> dict[int, str]:
        """Returns the zones that Slack knows, by person id."""
        keys = [(person_id,) for person_id in sorted(set(person_ids))]
        rows = await bulk.select(self._connection, "people", ("id", "timezone"), ("id",), keys)
        return {int(person_id): str(timezone) for person_id, timezone in rows if timezone}

    async def zones_in_slack(self, slack_ids: Iterable[str]) -> list[str]:
        """Returns the zones of the known people among these Slack accounts, one for each of them."""
        keys = [(slack_id,) for slack_id in sorted(set(slack_ids))]
        rows = await bulk.select(self._connection, "people", ("slack_id", "timezone"), ("slack_id",), keys)
        return [str(timezone) for _, timezone in rows if timezone]

    async def by_alias(self, alias: str) -> Person | None:
        """Returns the person with an alias that an import or a sender introduced."""
        query = select(people).join(person_aliases, person_aliases.c.person_id == people.c.id)
        row = (
            await self._connection.execute(query.where(person_aliases.c.alias == normalize_spelling(alias)))
        ).one_or_none()
        return _person(row) if row else None

    async def called(self, name: str) -> list[Person]:
        """Returns the people with an e-mail, or a name as Slack shows it; two at most, as that is no answer."""
        typed = normalize_spelling(name)
        named = or_(people.c.email == typed, people.c.name == name.strip(), func.lower(people.c.name) == typed)
        rows = await self._connection.execute(select(people).where(named, people.c.merged_into.is_(None)).limit(2))
        return [_person(row) for row in rows]

    async def by_slack_id(self, slack_id: str) -> Person | None:
        row = (await self._connection.execute(select(people).where(people.c.slack_id == slack_id))).one_or_none()
        return _person(row) if row else None

    async def ensure_from_slack(self, *, slack_id: str, email: str, name: str, timezone: str) -> Person:
        """Returns a person as Slack describes them: found by Slack id, else joined by e-mail, else new.

        Two records of one person become one: an operator's file may name the Slack id in one place and the e-mail in
        another. An e-mail that another Slack account had, or that replaces the account's own, was handed on: it moves
        alone, without the former owner's usage, roles and teams.
        """
        await Config(self._tx).lock()  # two processes that meet one person take turns
        folded = normalize_spelling(email)
        known = await self.by_slack_id(slack_id)
        other = await self._by_email(folded) if folded else None
        if other is not None and (known is None or other.id != known.id):
            if other.slack_id or (known is not None and known.email):
                await self._take_email(other)
            elif known is None:
                known = other
            else:
                await self.merge(other.id, into=known.id)
        if known is None:
            made = insert(people).values(slack_id=slack_id).returning(people.c.id)
            known = await self.by_id(int((await self._connection.execute(made)).scalar_one()))
        changed = update(people).where(people.c.id == known.id)
        if folded and known.email and folded != known.email:
            await SamePeople(self._tx).record_former(known.id, known.email)
        values = {"slack_id": slack_id, "name": name, "timezone": timezone, "email": folded or known.email or None}
        await self._connection.execute(changed.values(values))
        if (folded and folded != known.email) or timezone != known.timezone:
            await Config(self._tx).changed()  # processes remember whose an e-mail is, and when people work
        return await self.by_id(known.id)

    async def _by_email(self, email: str) -> Person | None:
        row = (await self._connection.execute(select(people).where(people.c.email == email))).one_or_none()
        return _person(row) if row else None

    async def _take_email(self, person: Person) -> None:
        """Takes the e-mail from its former owner, who keeps everything else. A record without a name keeps it as one."""
        await SamePeople(self._tx).record_former(person.id, person.email)
        former = update(people).where(people.c.id == person.id)
        await self._connection.execute(former.values(email=None, name=person.name or person.email))

    async def merge(self, person_id: int, *, into: int) -> None:
        """Merges two records of one person.

        Usage booked on the first stays there and is read with the other's. Its spellings, roles and teams, and people
        merged into it, move: what an operator's file says of an e-mail holds for the person, however they were met.
        """
        await Roles(self._tx).move(person_id, into)
        for changed in (
            update(person_aliases).where(person_aliases.c.person_id == person_id).values(person_id=into),
            update(people).where(people.c.merged_into == person_id).values(merged_into=into),
            update(delegations).where(delegations.c.person_id == person_id).values(person_id=into),
            update(delegations).where(delegations.c.delegate_id == person_id).values(delegate_id=into),
            delete(absences).where(absences.c.person_id == person_id),
            update(people).where(people.c.id == person_id).values(email=None, merged_into=into),
        ):
            await self._connection.execute(changed)
        await Config(self._tx).changed()

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

    async def without_email(self, person_ids: Iterable[int]) -> list[Person]:
        """Returns those of the people whom an operator named by Slack id, and whose e-mail Slack has not said yet."""
        named = people.c.id.in_(list(person_ids))
        rows = await self._connection.execute(
            select(people).where(named, people.c.slack_id.is_not(None), people.c.email.is_(None))
        )
        return [_person(row) for row in rows]

    async def teams_by_day(self) -> list[tuple[int, int, int]]:
        """Returns (person id, first day, team id) of all dated teams, each person's oldest first."""
        query = select(person_teams.c.person_id, person_teams.c.from_day, person_teams.c.team_id)
        rows = await self._connection.execute(query.order_by(person_teams.c.person_id, person_teams.c.from_day))
        return [(int(person), int(day), int(team)) for person, day, team in rows]

    async def spellings_of(self, person_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Returns each person's spelling, an e-mail first, else the Slack id; a merged person has that of the other."""
        ids = [(person_id,) for person_id in sorted(set(person_ids))]
        columns = ("id", "email", "slack_id", "merged_into")
        rows = await bulk.select(self._connection, "people", columns, ("id",), ids)
        merged = {int(row[0]): int(row[3]) for row in rows if row[3] is not None}
        others = [(person_id,) for person_id in sorted(set(merged.values()))]
        rows += await bulk.select(self._connection, "people", columns, ("id",), others)
        spelled = {int(row[0]): [normalize_spelling(str(row[1] or row[2]))] if row[1] or row[2] else [] for row in rows}
        keys = sorted((person_id,) for person_id in spelled)
        aliases = await bulk.select(self._connection, "person_aliases", ("person_id", "alias"), ("person_id",), keys)
        for person_id, alias in sorted(aliases):
            spelled[int(person_id)].append(str(alias))
        return {
            person_id: tuple(spelled[merged.get(person_id, person_id)]) for (person_id,) in ids if person_id in spelled
        }

    async def team_spellings(self) -> list[tuple[str, int]]:
        """Returns (spelling, person id) of every e-mail and alias, and of Slack ids without an e-mail, for attribution by
        user.
        """
        own = func.coalesce(people.c.email, func.lower(people.c.slack_id))
        names = await self._connection.execute(select(own, people.c.id).where(own.is_not(None)))
        aliases = await self._connection.execute(select(person_aliases.c.alias, person_aliases.c.person_id))
        return [(str(s), int(p)) for s, p in [*names, *aliases]]


def _person(row: object) -> Person:
    values = row._mapping  # type: ignore[attr-defined]  # a SQLAlchemy Row
    return Person(
        id=values["id"],
        email=values["email"] or "",
        slack_id=values["slack_id"] or "",
        name=values["name"],
        timezone=values["timezone"],
    )
