"""Teams: the directory, and the changes of an import of teams.yml."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, literal, select, update

from bot.org.alert_settings import AlertSettings
from bot.org.budget_terms import DEFAULT_TERMS, terms_from_json, terms_json
from bot.org.people import is_email
from bot.org.set_budgets import SetBudget
from bot.org.spread_rules import SpreadRule, spread_of
from bot.org.teams import ORGANISATION_SLUG, UNATTRIBUTED_SLUG, Directory, Organisation, Team, with_budget
from bot.org.teams_yml.attendance import days_off_by_team
from bot.org.teams_yml.budgets import BudgetFile
from bot.org.teams_yml.models import AttributionFile, OrganisationFile, TeamFile, TeamsFile
from bot.org.tree.lineages import ParentChange
from bot.periods import day_number, day_start, local_day, micros
from storage.config import Config
from storage.org.alert_settings import StoredAlertSettings
from storage.org.attribution import AttributionRules, DeclaredRule
from storage.org.people import People
from storage.org.reachability import Reachability
from storage.org.roles import Roles
from storage.org.set_budgets import SetBudgets
from storage.org.tree import Tree
from storage.tables.books import accounts, periods
from storage.tables.intake import usage_days
from storage.tables.org import team_roles, teams
from storage.transaction import OpenTransaction


class Teams:
    """The teams within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def directory(self) -> Directory | None:
        """Returns the organisation with its teams and roles; None before the first import."""
        declared = await Config(self._tx).document("organisation")
        if declared is None:
            return None
        organisation = replace(_organisation(declared), ended_early=await self._ended_early())
        rows = await self._connection.execute(select(teams).order_by(teams.c.id))
        roles = await self._connection.execute(select(team_roles.c.team_id, team_roles.c.person_id, team_roles.c.role))
        settings = await StoredAlertSettings(self._tx).by_team()
        budgets = await SetBudgets(self._tx).by_team()
        return Directory(
            organisation=organisation,
            teams=tuple(
                _with(_team(row, organisation), settings.get(int(row.id)), budgets.get(int(row.id))) for row in rows
            ),
            roles=frozenset((int(t), int(p), r) for t, p, r in roles),
            unreachable=frozenset(await Reachability(self._tx).unreachable()),
            parent_changes=await Tree(self._tx).parent_changes(),
            former_slugs=await Tree(self._tx).former_slugs(),
        )

    async def _ended_early(self) -> tuple[tuple[str, int], ...]:
        """Returns the periods that were closed before their end, with the first day after each."""
        query = select(periods.c.name, periods.c.end_day).where(periods.c.is_early == 1).order_by(periods.c.first_day)
        return tuple((str(name), int(end)) for name, end in await self._connection.execute(query))

    async def ensure_organisation(self, *, at: int) -> None:
        """Creates an organisation without teams or money if there is none, so that usage can be booked from the first
        key on.
        """
        if await Config(self._tx).document("organisation") is None:
            empty = TeamsFile(organisation=OrganisationFile(name="Organisation"))
            await self.save_file(empty, at=at)

    async def save_file(self, found: TeamsFile, *, at: int) -> None:
        """Stores a file's declarations. Teams outside the file stay."""
        await Config(self._tx).changed()
        for name in ("organisation", "tools", "workflows", "models", "prices", "gateways", "policy"):
            value = found.model_dump(mode="json", by_alias=True)[name]
            await Config(self._tx).save_document(name, value, at=at)
        declared = found.organisation
        off = days_off_by_team(declared, found.teams, root=ORGANISATION_SLUG)
        await Config(self._tx).save_document("days_off", off, at=at)
        root_id = await self._save_team(
            ORGANISATION_SLUG, _fixed("organisation", declared.name, declared.timezone), at=at
        )
        nobody = {**_fixed("unattributed", "Unattributed", declared.timezone), "parent_id": root_id}
        await self._save_team(UNATTRIBUTED_SLUG, nobody, at=at)
        tree, ids = Tree(self._tx), {ORGANISATION_SLUG: root_id}
        await tree.rename(found.teams)
        for team in found.teams:
            ids[team.slug] = await self._save_team(team.slug, _declared(team, found), at=at)
        parents: dict[int, list[ParentChange]] = {}
        for change in await tree.parent_changes():
            parents.setdefault(change.team_id, []).append(change)
        for team in found.teams:
            team_id, parent_id = ids[team.slug], ids[team.parent] if team.parent else root_id
            today = local_day(at, team.timezone or declared.timezone)
            await tree.save_parent(team, team_id, parent_id, known=parents.get(team_id, []), today=today)
            await tree.save_end(team, team_id, ids[team.merged_into] if team.merged_into else None, today=today)
            await self._save_roles(ids[team.slug], {"manager": team.managers, "member": team.members})
        await self._save_roles(root_id, {"finance": declared.finance, "admin": declared.admins})
        for line in found.policy.approvals:
            for reference in line.by if isinstance(line.by, list) else ():
                await People(self._tx).by_reference(reference)
        await AttributionRules(self._tx).save_lines(
            [_line(rule, ids, declared.timezone) for rule in found.attribution], at=at
        )

    async def _save_team(self, slug: str, values: dict[str, Any], *, at: int) -> int:
        known = (await self._connection.execute(select(teams).where(teams.c.slug == slug))).one_or_none()
        if known is None:
            made = insert(teams).values(slug=slug, **values).returning(teams.c.id)
            return int((await self._connection.execute(made)).scalar_one())
        if known.channel_ref == values["channel_ref"]:
            values = {k: v for k, v in values.items() if k not in ("channel_id", "channel_state")}
        if known.timezone != values["timezone"]:
            values |= await self.zone_change(known, values["timezone"], at)
        elif known.next_timezone:
            values |= {"next_timezone": "", "next_timezone_day": None}  # the change was reverted before it started
        await self._connection.execute(update(teams).where(teams.c.slug == slug).values(**values))
        return int(known.id)

    async def zone_change(self, known: Any, timezone: str, at: int) -> dict[str, Any]:
        """Returns the columns that change a team's time zone. The new zone starts with the next period, so no period has
        two zones. The organisation's first one starts at once: until a file names it, it is a placeholder in UTC.
        """
        if known.kind != "team" and not await self._has_books():
            return {"timezone": timezone, "next_timezone": "", "next_timezone_day": None}
        calendar = _organisation(await Config(self._tx).document("organisation")).calendar
        team = _team(known, None)
        zone_now = team.zone_on(at)
        following = calendar.next(calendar.period_of(team.day_of(at)))
        if zone_now == timezone:
            return {"timezone": zone_now, "next_timezone": "", "next_timezone_day": None}
        return {"timezone": zone_now, "next_timezone": timezone, "next_timezone_day": following.first_day}

    async def _has_books(self) -> bool:
        """Returns whether any usage or budget is booked."""
        for table in (usage_days, accounts):
            if (await self._connection.execute(select(literal(1)).select_from(table).limit(1))).scalar() is not None:
                return True
        return False

    async def _save_roles(self, team_id: int, people_by_role: dict[str, list[str]]) -> None:
        roles = Roles(self._tx)
        before = await roles.stated(team_id)
        stated = {
            (role, reference): await self._meant(roles, reference, before.get((role, reference)))
            for role, references in people_by_role.items()
            for reference in references
            if not _is_user_group(reference)
        }
        await roles.save(team_id, list(people_by_role), stated)

    async def _meant(self, roles: Roles, reference: str, before: int | None) -> int:
        """Returns whom a reference means. An e-mail that nobody has in Slack any more still means the one it meant before:
        that person has another e-mail there now.
        """
        if before is not None and is_email(reference) and not await roles.is_claimed(reference):
            return before
        return await People(self._tx).by_reference(reference)

    async def set_channel(self, team_id: int, *, channel_id: str, state: str) -> None:
        """Stores the resolved channel of a team's reference, and whether it may be posted to."""
        changed = update(teams).where(teams.c.id == team_id)
        await self._connection.execute(changed.values(channel_id=channel_id, channel_state=state))
        await Config(self._tx).changed()


def _is_user_group(reference: str) -> bool:
    return reference.startswith("S") and "@" not in reference


def _line(rule: AttributionFile, ids: dict[str, int], timezone: str) -> DeclaredRule:
    """Returns a line of `attribution:`; its date starts with the organisation's day."""
    kind, pattern = rule.kind_and_pattern()
    from_at = micros(day_start(day_number(rule.from_), timezone)) if rule.from_ else None
    return DeclaredRule(kind=kind, pattern=pattern, team_id=ids[rule.team], from_at=from_at)


def _fixed(kind: str, name: str, timezone: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "timezone": timezone,
        "channel_ref": "",
        "channel_id": "",
        "channel_state": "none",
    }


def _declared(team: TeamFile, found: TeamsFile) -> dict[str, Any]:
    budget = team.budget
    ends = team.closed is not None or team.merged_into is not None
    is_id = team.channel.startswith(("C", "G")) and team.channel.isalnum() and team.channel.isupper()
    return {
        "kind": "team",
        "name": team.name,
        "channel_ref": team.channel,
        "channel_id": team.channel if is_id else "",
        "channel_state": "unresolved" if team.channel else "none",
        "timezone": team.timezone or found.organisation.timezone,
        "cost_center": team.cost_center,
        "mode": team.mode,
        "shared": json.dumps(asdict(team.shared)),
        **({} if budget is None and ends else _budget(budget)),  # a team that ends keeps the budget it had
    }


def _budget(budget: BudgetFile | None) -> dict[str, Any]:
    return {
        "budget_nanos": budget.amount if budget else 0,
        "budget_declared": int(budget is not None),
        "thresholds": json.dumps(budget.thresholds if budget else [80, 100]),
        "starts_day": day_number(budget.starts) if budget and budget.starts else None,
        "terms": terms_json(budget.terms() if budget else DEFAULT_TERMS),
    }


def _organisation(declared: Mapping[str, Any]) -> Organisation:
    """Returns the organisation of its stored document. A document of an earlier release has fewer fields."""
    month, day = declared.get("fiscal_year_starts", "01-01").split("-")
    return Organisation(
        name=declared["name"],
        currency=declared["currency"],
        period=declared["period"],
        funding_nanos=declared["funding"],
        mode=declared["mode"],
        people=declared["people"],
        fiscal_year_starts=(int(month), int(day)),
        close_after_days=declared.get("close_after_days", 0),
        chargeback=spread_of(declared.get("chargeback", {}).get("unattributed")),
    )


def _with(team: Team, settings: AlertSettings | None, budget: SetBudget | None) -> Team:
    """Returns a team with what was set in Slack: its budget and thresholds override those of teams.yml."""
    team = with_budget(team, budget)
    if settings is None:
        return team
    return replace(team, alerts=settings, thresholds=settings.thresholds or team.thresholds)


@lru_cache(maxsize=4_096)  # teams share their texts, and each reading meets them again
def _thresholds(text: str) -> tuple[int, ...]:
    return tuple(json.loads(text))


@lru_cache(maxsize=4_096)
def _spread(text: str) -> SpreadRule:
    return spread_of(json.loads(text))


def _team(row: Any, organisation: Organisation | None) -> Team:
    return Team(
        id=row.id,
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        parent_id=row.parent_id,
        channel_ref=row.channel_ref,
        channel_id=row.channel_id,
        channel_state=row.channel_state,
        timezone=row.timezone,
        next_timezone=row.next_timezone,
        next_timezone_day=row.next_timezone_day,
        cost_center=row.cost_center,
        budget_nanos=row.budget_nanos if row.budget_declared or row.budget_nanos else None,
        thresholds=_thresholds(row.thresholds),
        starts_day=row.starts_day,
        mode=row.mode or (organisation.mode if organisation else "govern"),
        terms=terms_from_json(row.terms),
        shared=_spread(row.shared),
        closed_day=row.closed_day,
        merged_into_id=row.merged_into,
    )
