"""The tree of teams: parents by day, former slugs, and the ends of teams."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.org.teams_yml.models import TeamFile
from bot.org.tree.lineages import ALWAYS, ParentChange
from bot.periods import date_of, day_number
from bot.refusals import ConfigError
from storage.tables.org import former_slugs, team_parents, teams
from storage.transaction import OpenTransaction


class Tree:
    """The tree within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def parent_changes(self) -> tuple[ParentChange, ...]:
        """Returns every parent of every team, with its first day."""
        rows = await self._connection.execute(
            select(team_parents.c.team_id, team_parents.c.from_day, team_parents.c.parent_id).order_by(
                team_parents.c.team_id, team_parents.c.from_day
            )
        )
        return tuple(ParentChange(int(team), int(day), int(parent)) for team, day, parent in rows)

    async def former_slugs(self) -> tuple[tuple[str, int], ...]:
        """Returns the slugs that teams had before, with the team's id."""
        rows = await self._connection.execute(select(former_slugs.c.slug, former_slugs.c.team_id))
        return tuple(sorted((str(slug), int(team)) for slug, team in rows))

    async def renames(self, declared: Iterable[TeamFile]) -> dict[str, str]:
        """Returns the new slugs, by the present ones, of teams that a file renames. Raises ConfigError if both are teams."""
        rows = await self._connection.execute(select(teams.c.slug, teams.c.id))
        ids = {str(slug): int(team) for slug, team in rows}
        slugs = {team: slug for slug, team in ids.items()}
        former = dict(await self.former_slugs())
        found = {}
        for team in declared:
            old = team.renamed_from
            if old is None:
                continue
            known = ids.get(old, former.get(old))
            if team.slug in ids:
                if old in ids:
                    raise ConfigError(
                        f"teams[{team.slug}].renamed_from: {old} and {team.slug} are two teams with books of their own; "
                        f"keep {old} and give it `merged_into: {team.slug}`"
                    )
            elif known is not None:
                found[slugs[known]] = team.slug
        return found

    async def rename(self, declared: Iterable[TeamFile]) -> None:
        """Gives renamed teams their new slug. They keep their id, and so their books, channel and keys."""
        listed = list(declared)
        for old, new in (await self.renames(listed)).items():
            changed = update(teams).where(teams.c.slug == old).values(slug=new).returning(teams.c.id)
            team_id = (await self._connection.execute(changed)).scalar_one()
            await self._connection.execute(delete(former_slugs).where(former_slugs.c.slug.in_([old, new])))
            await self._connection.execute(insert(former_slugs).values(slug=old, team_id=team_id))
        own = [team.slug for team in listed]  # a team of today goes before one that had its slug
        for start in range(0, len(own), 500):
            taken = former_slugs.c.slug.in_(own[start : start + 500])
            await self._connection.execute(delete(former_slugs).where(taken))

    async def save_parent(
        self, team: TeamFile, team_id: int, parent_id: int, *, known: list[ParentChange], today: int
    ) -> None:
        """Stores a team's parent: from the declared day, else from today; for all times if it is the first. `known` has the
        team's parents so far. Raises ConfigError for a day before the last move.
        """
        await self._connection.execute(update(teams).where(teams.c.id == team_id).values(parent_id=parent_id))
        if not known:
            await self._add(ParentChange(team_id, ALWAYS, parent_id))
            return
        last = known[-1]
        if last.parent_id == parent_id:
            if team.moved is None or last.from_day in (ALWAYS, day_number(team.moved)):
                return
            known.pop()
            await self._remove(last)
        day = day_number(team.moved) if team.moved is not None else today
        if known and known[-1].from_day == day != ALWAYS:
            await self._remove(known.pop())
        if known and known[-1].parent_id == parent_id:
            return  # back on the same day
        if known and day <= known[-1].from_day:
            raise ConfigError(f"teams[{team.slug}].moved: {_moved_words(known[-1], day)}")
        await self._add(ParentChange(team_id, day, parent_id))

    async def save_end(self, team: TeamFile, team_id: int, merged_into: int | None, *, today: int) -> None:
        """Stores from which day a team is closed, and the team that it was merged into. A merge without a day begins with
        the import."""
        row: Any = (
            await self._connection.execute(select(teams.c.closed_day, teams.c.merged_into).where(teams.c.id == team_id))
        ).one()
        day = day_number(team.closed) if team.closed is not None else None
        if day is None and merged_into is not None:
            day = row.closed_day if row.merged_into is not None else today
        if (row.closed_day, row.merged_into) != (day, merged_into):
            ended = update(teams).where(teams.c.id == team_id).values(closed_day=day, merged_into=merged_into)
            await self._connection.execute(ended)

    async def _add(self, change: ParentChange) -> None:
        await self._connection.execute(insert(team_parents).values(change._asdict()))

    async def _remove(self, change: ParentChange) -> None:
        ours = (team_parents.c.team_id == change.team_id, team_parents.c.from_day == change.from_day)
        await self._connection.execute(delete(team_parents).where(*ours))


def _moved_words(last: ParentChange, day: int) -> str:
    begun: date = date_of(last.from_day)
    return f"the team moved on {begun} before; {date_of(day)} must be a later day"
