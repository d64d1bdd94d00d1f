"""What was set up in Slack of teams and the organisation."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.org.setting_up.setups import PEOPLE_FIELDS, Setup
from bot.org.tree.lineages import ALWAYS
from storage.config import Config
from storage.org.attribution import AttributionRules
from storage.org.people import People
from storage.org.roles import Roles
from storage.org.teams import Teams
from storage.tables.org import team_parents, team_setups, teams
from storage.transaction import OpenTransaction

_ROLE_OF = {"managers": "manager", "members": "member", "finance": "finance", "admins": "admin"}


class TeamSetups:
    """The setups within one transaction. What they say is applied to the teams at once, so every reader sees it there."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def by_slug(self) -> dict[str, Setup]:
        """Returns what was set in Slack, by the slug of the team, which for the organisation is its own."""
        query = select(teams.c.slug, team_setups.c.body, team_setups.c.is_new).join(
            teams, teams.c.id == team_setups.c.team_id
        )
        rows = await self._connection.execute(query)
        return {str(slug): _setup(body, is_new) for slug, body, is_new in rows}

    async def create_team(self, *, slug: str, name: str, parent_id: int, timezone: str) -> int:
        """Creates a team below another, without a budget, and returns its id."""
        values = {"slug": slug, "name": name, "kind": "team", "parent_id": parent_id, "timezone": timezone}
        made = insert(teams).values(**values).returning(teams.c.id)
        team_id = int((await self._connection.execute(made)).scalar_one())
        first = insert(team_parents).values(team_id=team_id, from_day=ALWAYS, parent_id=parent_id)
        await self._connection.execute(first)
        await self._save(team_id, Setup(is_new=True), by=None, at=0)
        return team_id

    async def apply(self, team_id: int, changes: Mapping[str, Any], *, by: int, at: int) -> None:
        """Sets fields of a team, and remembers that Slack said so."""
        known = (
            await self._connection.execute(select(team_setups).where(team_setups.c.team_id == team_id))
        ).one_or_none()
        before = _setup(known.body, known.is_new) if known is not None else Setup()
        await self._save(team_id, before.with_fields(changes), by=by, at=at)
        columns: dict[str, Any] = {}
        if "name" in changes:
            columns["name"] = changes["name"]
        if "channel" in changes:
            linked = changes["channel"]
            state = "linked" if linked else "none"
            columns |= {"channel_ref": linked, "channel_id": linked, "channel_state": state}
        if "timezone" in changes:
            columns |= await self._zone(team_id, changes["timezone"], at)
        if columns:
            await self._connection.execute(update(teams).where(teams.c.id == team_id).values(**columns))
        roles = {_ROLE_OF[field]: changes[field] for field in PEOPLE_FIELDS & changes.keys()}
        if roles:
            await self._save_roles(team_id, roles)
        await Config(self._tx).changed()

    async def apply_to_organisation(
        self, root_id: int, unattributed_id: int, changes: Mapping[str, Any], *, by: int, at: int
    ) -> None:
        """Sets fields of the organisation, in its document too, as an import would."""
        document = await Config(self._tx).document("organisation")
        own = {key: list(value) if key in PEOPLE_FIELDS else value for key, value in changes.items()}
        await Config(self._tx).save_document("organisation", {**document, **own}, at=at)
        if "timezone" in changes:
            columns = await self._zone(unattributed_id, changes["timezone"], at)
            await self._connection.execute(update(teams).where(teams.c.id == unattributed_id).values(**columns))
        await self.apply(root_id, changes, by=by, at=at)

    async def reset(self, slugs: Iterable[str]) -> None:
        """Takes back what was set in Slack of these teams: teams.yml counts again."""
        named = select(teams.c.id).where(teams.c.slug.in_(list(slugs)))
        await self._connection.execute(delete(team_setups).where(team_setups.c.team_id.in_(named)))

    async def _zone(self, team_id: int, timezone: str, at: int) -> dict[str, Any]:
        """Returns the columns of a time zone: at once before the first usage, else from the next period on."""
        none = {"next_timezone": "", "next_timezone_day": None}
        if not await AttributionRules(self._tx).has_usage():
            return {"timezone": timezone, **none}
        known = (await self._connection.execute(select(teams).where(teams.c.id == team_id))).one()
        if known.timezone == timezone:
            return none
        return await Teams(self._tx).zone_change(known, timezone, at)

    async def _save_roles(self, team_id: int, roles: Mapping[str, Sequence[str]]) -> None:
        stated = {
            (role, reference): await People(self._tx).by_reference(reference)
            for role, references in roles.items()
            for reference in references
        }
        await Roles(self._tx).save(team_id, list(roles), stated)

    async def _save(self, team_id: int, setup: Setup, *, by: int | None, at: int) -> None:
        values = {
            "body": json.dumps(setup.fields(), sort_keys=True),
            "is_new": int(setup.is_new),
            "set_by": by,
            "set_at": at,
        }
        await self._connection.execute(delete(team_setups).where(team_setups.c.team_id == team_id))
        await self._connection.execute(insert(team_setups).values(team_id=team_id, **values))


def _setup(body: str, is_new: int) -> Setup:
    return replace(Setup().with_fields(json.loads(body)), is_new=bool(is_new))
