"""The changes of an import of people.csv: people, their spellings, and their teams by day."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.org.people import is_email
from bot.org.people_file import PersonLine, raise_faults, team_by_manager
from bot.org.teams import Directory
from bot.periods import date_of
from storage import bulk
from storage.config import Config
from storage.org.people import People
from storage.transaction import OpenTransaction

_SINCE_EVER = 0


class _Known(NamedTuple):
    """A stored person. `slack_id` is empty while Slack has not described them."""

    id: int
    email: str
    slack_id: str
    name: str

    @property
    def called(self) -> str:
        return self.email or self.name


async def save_people(
    tx: OpenTransaction, lines: Sequence[PersonLine], *, directory: Directory, today: int
) -> list[str]:
    """Stores a file's people and returns the changes, a line each. People outside the file stay.

    `directory` comes from teams.yml, without dated teams. Raises ConfigError where a line contradicts Slack.
    """
    await Config(tx).lock()  # Slack may say at the same time who somebody is
    changes = _Changes(tx, directory, today)
    people = await changes.save_emails(lines)
    await changes.save_aliases(lines, people)
    await changes.save_teams(lines, people)
    if changes.summary:
        await Config(tx).changed()
    return changes.summary


class _Changes:
    def __init__(self, tx: OpenTransaction, directory: Directory, today: int) -> None:
        self._tx = tx
        self._connection = tx.connection
        self._directory = directory
        self._today = today
        self.summary: list[str] = []

    async def save_emails(self, lines: Sequence[PersonLine]) -> dict[str, int]:
        """Returns everybody's id by e-mail; creates missing people."""
        emails = sorted({(email,) for line in lines for email in (line.email, line.manager) if email})
        aliases = await bulk.select(self._connection, "person_aliases", ("alias",), ("alias",), emails)
        taken = {str(row[0]) for row in aliases}
        raise_faults(
            [f"line {n.number}, email: {n.email!r} is an alias of somebody else" for n in lines if n.email in taken]
        )
        new = await bulk.insert_missing(
            self._connection, "people", ("email",), ("email",), sorted({(line.email,) for line in lines})
        )
        self.summary += [f"+ {email}" for (email,) in sorted(new)]
        found = await bulk.select(self._connection, "people", ("email", "id"), ("email",), emails)
        return {str(email): int(person_id) for email, person_id in found}

    async def save_aliases(self, lines: Sequence[PersonLine], people: Mapping[str, int]) -> None:
        """Gives people their aliases. A person known by an alias alone merges into that person."""
        given = {alias: (line, people[line.email]) for line in lines for alias in line.aliases}
        owners = await self._owners(sorted((alias,) for alias in given))
        raise_faults(
            [
                f"line {line.number}, aliases: {alias!r} is the e-mail of somebody else in Slack"
                for alias, (line, person_id) in given.items()
                if alias in owners and _is_of_another(owners[alias], alias, person_id)
            ]
        )
        merged: set[int] = set()
        rows: list[tuple[str, int]] = []
        for alias, (line, person_id) in sorted(given.items()):
            owner = owners.get(alias)
            if owner is None:
                self.summary.append(f"+ {line.email}: alias {alias}")
            elif owner.id == person_id:
                continue
            elif owner.email in ("", alias) and not owner.slack_id:
                if owner.id not in merged:
                    await People(self._tx).merge(owner.id, into=person_id)
                    merged.add(owner.id)
                self.summary.append(f"+ {line.email}: alias {alias}, with what was booked for it")
            else:
                self.summary.append(
                    f"~ {line.email}: alias {alias}, until now of {owner.called}; what was booked stays there"
                )
            rows.append((alias, person_id))
        taken_over = "ON CONFLICT (alias) DO UPDATE SET person_id = excluded.person_id"
        await bulk.upsert(self._connection, "person_aliases", ("alias", "person_id"), rows, taken_over)

    async def _owners(self, aliases: Sequence[tuple[str]]) -> dict[str, _Known]:
        """Returns the current owners of spellings, as an alias or an e-mail."""
        columns = ("id", "email", "slack_id", "name")
        by_alias = await bulk.select(self._connection, "person_aliases", ("alias", "person_id"), ("alias",), aliases)
        ids = sorted({(int(person_id),) for _, person_id in by_alias})
        known = {row[0]: _known(row) for row in await bulk.select(self._connection, "people", columns, ("id",), ids)}
        emails = [(alias,) for (alias,) in aliases if is_email(alias)]
        by_email = map(_known, await bulk.select(self._connection, "people", columns, ("email",), emails))
        return {str(alias): known[int(p)] for alias, p in by_alias} | {found.email: found for found in by_email}

    async def save_teams(self, lines: Sequence[PersonLine], people: Mapping[str, int]) -> None:
        """Dates people's teams. An undated line means the current team: from the start, if no other team was known."""
        ids = {team.slug: team.id for team in self._directory.real_teams}
        slugs = {team.id: team.slug for team in self._directory.teams}
        days: dict[int, dict[int, int]] = {}
        for person_id, day, team_id in await People(self._tx).teams_by_day():
            days.setdefault(person_id, {})[day] = team_id
        last = {line.email: line for line in sorted(lines, key=lambda one: one.from_day or _SINCE_EVER)}
        now = {e: self._team_on(days.get(p, {}), p, self._today) for e, p in people.items()}
        known = {email: slugs[team] for email, team in now.items() if team is not None}
        rows: dict[tuple[int, int], int] = {}
        for line in sorted(lines, key=lambda one: (one.email, one.from_day or _SINCE_EVER)):
            slug = team_by_manager(line, last, known)
            if not slug:
                continue
            person_id, team_id = people[line.email], ids[slug]
            own = days.setdefault(person_id, {})
            day = self._today if line.from_day is None else line.from_day
            if line.from_day is None and last[line.email].from_day is not None:
                day = _SINCE_EVER  # the line before the dated ones applies until then
            before = self._team_on(own, person_id, day, dated_alone=day != self._today)
            if before == team_id:
                continue
            if line.from_day is None and before is None:
                day = _SINCE_EVER
            rows[person_id, day] = own[day] = team_id
            was = f"{slugs[before]} → " if before is not None else ""
            since = "" if day == _SINCE_EVER else f" from {date_of(day)}"
            self.summary.append(f"{'~' if was else '+'} {line.email}: team {was}{slug}{since}")
        await bulk.upsert(
            self._connection,
            "person_teams",
            ("person_id", "from_day", "team_id"),
            [(*at, rows[at]) for at in sorted(rows)],
            "ON CONFLICT (person_id, from_day) DO UPDATE SET team_id = excluded.team_id",
        )

    def _team_on(self, own: Mapping[int, int], person_id: int, day: int, *, dated_alone: bool = False) -> int | None:
        """Returns a person's team on a day: the dated one, else that of teams.yml."""
        begun = [from_day for from_day in own if from_day <= day]
        if begun:
            return own[max(begun)]
        teams = () if dated_alone else self._directory.teams_of(person_id)
        return teams[0].id if teams else None


def _known(row: Sequence[object]) -> _Known:
    person_id, email, slack_id, name = row
    return _Known(int(str(person_id)), str(email or ""), str(slack_id or ""), str(name or ""))


def _is_of_another(owner: _Known, alias: str, person_id: int) -> bool:
    """Returns True if a spelling is the e-mail of a different person in Slack."""
    return owner.id != person_id and owner.email == alias and bool(owner.slack_id)
