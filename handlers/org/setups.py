"""Sets a team up: its channel, people, zone and budget, or a new team, in one transaction with its records and messages."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.books.allocations import may_allocate
from bot.books.grant_ends import EndChoice
from bot.money import parse_budget
from bot.org.setting_up.setups import PEOPLE_FIELDS, may_change_members, may_link, proposed_slug
from bot.org.teams import RESERVED_SLUGS, Directory, Role, Team
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.text import plain, spaced
from bot.views.blocks import name
from bot.views.org import setups as views
from handlers.books.budgets.allocations import Wish, allocate, allocator_of
from handlers.context import Context
from handlers.org.setup_people import references_of
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_notice


class SetupChanged(Refusal):
    """Somebody else changed the same team since the form was opened."""


@dataclass(frozen=True, kw_only=True)
class SetupWish:
    """What a submitted form asks for. Fields that the person may not change are None; people are person ids."""

    team_id: int
    seen: str
    name: str | None = None
    slug: str | None = None
    parent_id: int | None = None
    channel: str | None = None
    timezone: str | None = None
    managers: frozenset[int] | None = None
    members: frozenset[int] | None = None
    budget: str | None = None


def mark_of(directory: Directory, team: Team | None) -> str:
    """Returns a short mark of everything that a form shows of a team, which changes with it."""
    if team is None:
        return ""
    own = [sorted(directory.people_with(role, team)) for role in ("manager", "member")]
    zone = team.next_timezone or team.timezone
    figures = [team.name, team.channel_ref, zone, team.budget_nanos, team.parent_id, *own]
    return hashlib.blake2b(repr(figures).encode(), digest_size=8).hexdigest()


async def set_up(scope: Scope, context: Context, wish: SetupWish, *, by: int) -> tuple[Team, bool]:
    """Sets a team up: all of it or nothing. Returns the team as it is then, and whether its budget changed.

    Raises SetupChanged if it is another than the form showed, and FieldRefusals by field. The configuration must be locked.
    """
    directory = scope.directory
    team = None if wish.team_id == views.NEW_TEAM else _team(directory, wish.team_id)
    _require_unchanged(scope, team, wish)
    parent = _parent_of(directory, team, wish)
    _require_may(directory, team, wish, parent, by=by)
    _check_channel(directory, team, wish)
    made = team
    if made is None:
        made = await _create(scope, wish, parent)
    changes = await _changes(scope, made, wish, is_new=team is None)
    before = {field: _value(directory, made, field) for field in changes} if team is not None else {}
    if changes:
        stored = {f: await references_of(scope.tx, v) if f in PEOPLE_FIELDS else v for f, v in changes.items()}
        await scope.tx.team_setups.apply(made.id, stored, by=by, at=scope.at)
    elif team is None:
        await scope.tx.config.changed()
    await _record(scope, made, before, changes, is_new=team is None, by=by)
    after = Scope(tx=scope.tx, rulebook=await context.rulebooks.read(scope.tx), now=scope.now, command=scope.command)
    is_linked = bool(changes.get("channel"))
    has_budget = await _hand_out(after, context, made.id, wish, by=by, is_told=not is_linked)
    if has_budget:
        rulebook = await context.rulebooks.read(scope.tx)
        after = Scope(tx=scope.tx, rulebook=rulebook, now=scope.now, command=scope.command)
    if is_linked:
        await _greet(after.of_team_id(made.id), by=by)
    return after.directory.by_id(made.id), has_budget


def _require_unchanged(scope: Scope, team: Team | None, wish: SetupWish) -> None:
    if mark_of(scope.directory, team) != wish.seen:
        whose = name(team.name) if team is not None else "the team"
        raise SetupChanged(f"Somebody else changed {whose} meanwhile, so nothing was saved. Look again, then save.")


def _team(directory: Directory, team_id: int) -> Team:
    team = next((one for one in directory.open_teams if one.id == team_id), None)
    if team is None:
        raise Refusal("There is no such team any more.")
    return team


def _parent_of(directory: Directory, team: Team | None, wish: SetupWish) -> Team:
    parent_id = wish.parent_id if team is None else team.parent_id
    if parent_id is None or parent_id == directory.root.id:
        return directory.root
    found = next((one for one in directory.real_teams if one.id == parent_id), None)
    if found is None or (team is None and found.has_ended):
        raise FieldRefusal(views.PARENT_FIELD, "That team is closed. Choose another one.")
    return found


def _require_may(directory: Directory, team: Team | None, wish: SetupWish, parent: Team, *, by: int) -> None:
    links = (wish.name, wish.slug, wish.channel, wish.managers)
    if (team is None or any(one is not None for one in links)) and not may_link(directory, by):
        raise Refusal("Only an admin links channels, creates teams and names managers. Ask one of them.")
    is_of_members = wish.members is not None or wish.timezone is not None
    if team is not None and is_of_members and not may_change_members(directory, by, team):
        raise Refusal(f"You can't change the members of {name(team.name)}. Its managers can, and admins.")
    if wish.budget and not may_allocate(directory, by, parent):
        who = "Finance hands" if parent.kind == "organisation" else "Its managers hand"
        words = f"You can't hand out the budget of {plain(parent.name)}. {who} it out."
        raise FieldRefusal(views.BUDGET_FIELD, words)


def _check_channel(directory: Directory, team: Team | None, wish: SetupWish) -> None:
    owner = directory.by_channel(wish.channel) if wish.channel else None
    if owner is not None and not owner.has_ended and (team is None or owner.id != team.id):
        raise FieldRefusal(
            views.CHANNEL_FIELD,
            f"That channel is {plain(owner.name)}'s already. Each team needs its own: unlink it there first.",
        )


async def _create(scope: Scope, wish: SetupWish, parent: Team) -> Team:
    """Creates the team. Raises FieldRefusals for its names."""
    directory = scope.directory
    own_name, typed = spaced(wish.name or ""), spaced(wish.slug or "").casefold()
    if not own_name:
        raise FieldRefusal(views.NAME_FIELD, "Type the team's name.")
    if any(spaced(one.name).casefold() == own_name.casefold() for one in directory.open_teams):
        raise FieldRefusal(views.NAME_FIELD, "A team has this name. Choose it above, or type another name.")
    taken = {*directory.teams_by_slug, *RESERVED_SLUGS}
    if typed and proposed_slug(typed, ()) != typed:
        raise FieldRefusal(views.SLUG_FIELD, f"Use letters, digits and hyphens, such as {proposed_slug(typed, taken)}.")
    if typed in taken:
        raise FieldRefusal(views.SLUG_FIELD, f"“{typed}” is taken. {proposed_slug(typed, taken)} is free.")
    team_id = await scope.tx.team_setups.create_team(
        slug=typed or proposed_slug(own_name, taken),
        name=own_name,
        parent_id=parent.id,
        timezone=wish.timezone or directory.root.timezone,
    )
    made = await scope.tx.teams.directory()
    assert made is not None
    return made.by_id(team_id)


async def _changes(scope: Scope, team: Team, wish: SetupWish, *, is_new: bool) -> dict[str, Any]:
    """Returns the fields that the form changes, with their new values; people as ids."""
    wanted = {
        "name": spaced(wish.name) if wish.name is not None and not is_new else None,
        "channel": wish.channel,
        "timezone": wish.timezone if not is_new else None,
        "managers": wish.managers,
        "members": wish.members,
    }
    if wanted["name"] == "":
        raise FieldRefusal(views.NAME_FIELD, "Type the team's name.")
    if wanted["channel"] == "" and not team.channel_id:  # one that is not found yet is in no menu, so none is unlinked
        wanted["channel"] = None
    known = {field: _value(scope.directory, team, field) for field in wanted}
    return {field: value for field, value in wanted.items() if value is not None and value != known[field]}


_ROLES: Mapping[str, Role] = {"managers": "manager", "members": "member"}


def _value(directory: Directory, team: Team, field: str) -> Any:
    """Returns what a field has now; people as ids."""
    if field in PEOPLE_FIELDS:
        return directory.people_with(_ROLES[field], team)
    return {
        "name": team.name,
        "channel": team.channel_id or team.channel_ref,
        "timezone": team.next_timezone or team.timezone,
    }[field]


async def _record(
    scope: Scope, team: Team, before: Mapping[str, Any], changes: Mapping[str, Any], *, is_new: bool, by: int
) -> None:
    """Records each changed field, from what to what. Names of teams are hashed, as all free text in the audit log."""
    if not changes and not is_new:
        return
    detail: dict[str, Any] = {"slug": team.slug}
    for field, value in changes.items():
        old = before.get(field)
        both = [old, value]
        if field == "name":
            both = [await scope.tx.audit.hashed(old or ""), await scope.tx.audit.hashed(value)]
        detail[field] = [_stored(one) for one in both]
    action = "create team" if is_new else "set up team"
    await scope.tx.audit.record(at=scope.at, actor_id=by, action=action, subject=f"team:{team.id}", detail=detail)


def _stored(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


async def _hand_out(scope: Scope, context: Context, team_id: int, wish: SetupWish, *, by: int, is_told: bool) -> bool:
    """Hands out the team's budget from its parent's, by the rules of `/tokens allocate`. Returns whether it changed."""
    if wish.budget is None or not spaced(wish.budget):
        return False
    team = scope.directory.by_id(team_id)
    parent = scope.directory.by_id(team.parent_id) if team.parent_id is not None else scope.directory.root
    try:
        if parse_budget(wish.budget) == team.budget_nanos:
            return False
    except Refusal as refusal:
        raise FieldRefusal(views.BUDGET_FIELD, refusal.sentence) from refusal
    payer = scope.of_team(parent)
    seen = (await allocator_of(payer)).seen
    wanted = Wish(typed={team_id: wish.budget}, end=EndChoice(kind="open"), seen=seen)
    try:
        await allocate(payer, context, wanted, by=by, is_told=is_told)
    except FieldRefusals as refusal:
        raise FieldRefusal(views.BUDGET_FIELD, next(iter(refusal.fields.values()))) from refusal
    return True


async def _greet(scope: TeamScope, *, by: int) -> None:
    """Says in the channel what was linked to it, and who decides. In preview finance reads it, if that is anybody else."""
    tx, directory, team = scope.tx, scope.directory, scope.team
    if team.mode == "preview" and directory.reachable_finance <= {by}:
        return
    managers = directory.people_with("manager", team)
    people = await tx.people.by_ids({by, *managers})
    mentions = sorted(called(people[person]) for person in managers)
    key = f"{team.id}-{scope.at}"
    message = views.linked_message(
        team, by_mention=called(people[by]), managers=mentions, command=scope.command, key=key
    )
    await post_notice(tx, directory, team, message, dedupe_key=f"linked:{team.id}:{scope.at}", at=scope.at)


def without_channel(directory: Directory) -> Sequence[Team]:
    """Returns the teams that a channel can be linked to, by name."""
    return sorted((t for t in directory.open_teams if not t.channel_ref), key=lambda team: team.name.casefold())


def may_know(directory: Directory, person_id: int, team: Team, *, channel: str) -> bool:
    """Returns whether a person may learn that a team is there: who sees its figures or sets anything of it up."""
    if may_link(directory, person_id) or directory.may_see(person_id, team):
        return True
    is_payer = team.parent_id is not None and may_allocate(directory, person_id, directory.by_id(team.parent_id))
    return is_payer or (team.is_at(channel) and team.mode != "preview")
