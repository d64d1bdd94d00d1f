"""Spend of teams by the labels that budgets of parts ask for, and by person."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import and_, func, select

from bot.org.people import normalize_spelling
from storage.queries.statements import Prepared, many, one
from storage.queries.sums import nano_sums, whole
from storage.tables.intake import usage_days, usage_series
from storage.tables.org import people, person_aliases
from storage.transaction import OpenTransaction

_LABELS = (usage_series.c.tool, usage_series.c.model, usage_series.c.workflow, usage_series.c.person_id)
_HERE = and_(usage_days.c.team_id == usage_series.c.team_id, usage_days.c.series_id == usage_series.c.id)
_BY_LABEL = Prepared(
    select(usage_days.c.team_id, *_LABELS, *nano_sums(usage_days.c.cost_nanos))
    .join(usage_series, _HERE)
    .where(usage_days.c.team_id.in_(many("teams")))
    .where(usage_days.c.local_day >= one("first_day"), usage_days.c.local_day < one("end_day"))
    .group_by(usage_days.c.team_id, *_LABELS)
)


class PartSpend:
    """The spend of parts within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def by_label(
        self, team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> list[tuple[int, str, str, str, int, int]]:
        """Returns (team id, tool, model, workflow, person id, nano-dollars) of teams over [first_day, end_day)."""
        rows = await self._tx.rows(_BY_LABEL, teams=list(team_ids), first_day=first_day, end_day=end_day)
        return [
            (int(team), str(tool), str(model), str(workflow), int(person), whole(dollars, rest))
            for team, tool, model, workflow, person, dollars, rest in rows
        ]

    async def of_people(self, person_ids: Sequence[int], *, first_day: int, end_day: int) -> list[tuple[int, int, int]]:
        """Returns (team id, person id, nano-dollars) of some people over [first_day, end_day).

        It names each day, so that both databases look up a series' days by the whole key.
        """
        query = (
            select(usage_series.c.team_id, usage_series.c.person_id, *nano_sums(usage_days.c.cost_nanos))
            .join(usage_days, _HERE)
            .where(usage_series.c.person_id.in_(list(person_ids)))
            .where(usage_days.c.local_day.in_(range(first_day, end_day)))
            .group_by(usage_series.c.team_id, usage_series.c.person_id)
        )
        rows = await self._connection.execute(query)
        return [(int(team), int(person), whole(dollars, rest)) for team, person, dollars, rest in rows]

    async def people_named(self, names: Iterable[str]) -> dict[str, tuple[frozenset[int], frozenset[str]]]:
        """Returns all ids and all spellings of the people whom a file names by e-mail or Slack id; unknown ones are left out."""
        wanted = {normalize_spelling(name) for name in names}
        if not wanted:
            return {}
        current = func.coalesce(people.c.merged_into, people.c.id)
        slack = func.lower(people.c.slack_id)
        known = select(people.c.email, slack, current).where(people.c.email.in_(wanted) | slack.in_(wanted))
        ids = {
            str(name): int(person)
            for email, slack_id, person in await self._connection.execute(known)
            for name in (email, slack_id)
            if name in wanted
        }
        members: dict[int, set[int]] = {person: {person} for person in ids.values()}
        spelled: dict[int, set[str]] = {person: set() for person in ids.values()}
        rows = await self._connection.execute(
            select(current, people.c.id, people.c.email, slack).where(current.in_(list(members)))
        )
        for person, each, email, slack_id in rows:
            members[int(person)].add(int(each))
            spelled[int(person)] |= {str(name) for name in (email, slack_id) if name}
        aliases = select(current, person_aliases.c.alias).join(people, people.c.id == person_aliases.c.person_id)
        for person, alias in await self._connection.execute(aliases.where(current.in_(list(members)))):
            spelled[int(person)].add(str(alias))
        return {name: (frozenset(members[person]), frozenset(spelled[person])) for name, person in ids.items()}
