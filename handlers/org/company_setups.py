"""`/tokens setup company`: the organisation's name, zone, mode and roles; and the first set-up, by a workspace admin."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.org.setting_up.setups import is_untouched, may_link
from bot.org.setting_up.zones import is_zone, likely_zone
from bot.org.teams import Directory, Role
from bot.refusals import FieldRefusal, Refusal
from bot.text import spaced
from bot.views.org import company_setups as views
from bot.views.org.company_setups import TypedCompany
from bot.views.typed_forms import typed_again
from handlers.org.setup_people import chosen_people, not_in_slack, references_of, slack_ids, with_unseen
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest
from handlers.slack.callers import called
from handlers.slack.posts import post_to_people
from handlers.slack.replies import AWAY

log = structlog.get_logger()
_ROLES: Mapping[str, Role] = {"finance": "finance", "admins": "admin"}


@dataclass(frozen=True, kw_only=True)
class CompanyWish:
    """What a form asks for; people are person ids."""

    name: str
    timezone: str
    mode: str
    roles: Mapping[Role, frozenset[int]]


def mark_of_company(directory: Directory) -> str:
    """Returns a short mark of everything that the form shows, which changes with it."""
    root, organisation = directory.root, directory.organisation
    people = [sorted(directory.people_with(role, root)) for role in _ROLES.values()]
    figures = [organisation.name, root.next_timezone or root.timezone, organisation.mode, *people]
    return hashlib.blake2b(repr(figures).encode(), digest_size=8).hexdigest()


async def set_company(scope: Scope, wish: CompanyWish, *, by: int, action: str) -> None:
    """Stores the organisation's settings with their record, and tells finance and admins. The configuration must be locked."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    root = directory.root
    before: dict[str, Any] = {
        "name": directory.organisation.name,
        "timezone": root.next_timezone or root.timezone,
        "mode": directory.organisation.mode,
        "finance": directory.people_with("finance", root),
        "admins": directory.people_with("admin", root),
    }
    wanted: dict[str, Any] = {"name": wish.name, "timezone": wish.timezone, "mode": wish.mode}
    wanted |= {field: wish.roles[role] for field, role in _ROLES.items() if role in wish.roles}
    changes = {field: value for field, value in wanted.items() if value != before[field]}
    if not changes:
        return
    stored = {f: await references_of(tx, v) if f in _ROLES else v for f, v in changes.items()}
    await tx.team_setups.apply_to_organisation(root.id, directory.unattributed.id, stored, by=by, at=at)
    if "mode" in changes:
        await tx.cap_marks.mark({team.id for team in directory.teams}, at=at)
    detail: dict[str, Any] = {}
    for field, value in changes.items():
        both = [before[field], value]
        if field == "name":
            both = [await tx.audit.hashed(before[field]), await tx.audit.hashed(value)]
        detail[field] = [sorted(one) if isinstance(one, frozenset) else one for one in both]
    await tx.audit.record(at=at, actor_id=by, action=action, subject=f"team:{root.id}", detail=detail)
    await _tell(scope, wish.name, {role: frozenset(wanted[field]) for field, role in _ROLES.items()}, by=by)


async def _tell(scope: Scope, company: str, roles: Mapping[Role, frozenset[int]], *, by: int) -> None:
    """Tells everybody else who has or had one of these roles who has them now."""
    directory, tx = scope.directory, scope.tx
    now = frozenset().union(*roles.values())
    concerned = now | directory.people_with("finance", directory.root) | directory.people_with("admin", directory.root)
    people = await tx.people.by_ids({by, *now})
    named = {role: sorted(called(people[one]) for one in ids) for role, ids in roles.items()}
    message = views.company_changed_message(
        company, by_mention=called(people[by]), finance=named["finance"], admins=named["admin"], key=str(scope.at)
    )
    await post_to_people(tx, concerned - {by}, message, dedupe_key=f"company:{scope.at}", at=scope.at)


async def open_first_form(asked: SlackRequest) -> None:
    """Opens the first form for an admin of the workspace. Raises Refusal for others."""
    await _require_workspace_admin(asked)
    domain = str(asked.body.get("team_domain") or "").replace("-", " ").title()
    zone = likely_zone([], otherwise=(asked.person.timezone,))
    typed = TypedCompany(name=domain, timezone=zone, mode="preview", finance=(asked.person.slack_id,))
    await asked.open_form(views.first_form(typed, opened_in=asked.channel_id))


async def _require_workspace_admin(asked: SlackRequest) -> None:
    """Asks Slack anew: an answer of some minutes ago is too old to make somebody an admin."""
    try:
        user = (await asked.client.users_info(user=asked.person.slack_id)).get("user") or {}
    except (SlackApiError, *AWAY) as error:
        log.warning("workspace admin not looked up", error=repr(error))
        raise Refusal("Slack does not say who you are at the moment. Please try again in a minute.") from error
    if not (user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner")):
        command = asked.context.settings.command
        raise Refusal(f"Tokens is not set up yet. An admin of this workspace does it with `{command} setup`.")


async def open_company_form(asked: SlackRequest) -> None:
    """Opens the form of the organisation for an admin."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        directory, root = scope.directory, scope.directory.root
        if not may_link(directory, asked.person.id):
            raise Refusal("Only an admin changes the company settings.")
        typed = TypedCompany(
            name=directory.organisation.name,
            timezone=root.next_timezone or root.timezone,
            mode=directory.organisation.mode,
            finance=await slack_ids(scope, root, "finance"),
            admins=await slack_ids(scope, root, "admin"),
        )
        kept = await not_in_slack(scope, root)
        form = views.company_form(typed, seen=mark_of_company(directory), not_in_slack=kept)
    await asked.open_form(form)


async def _wish_of(asked: SlackRequest) -> CompanyWish:
    """Returns what a form asks for, its people checked with Slack."""
    zone, mode, own = (asked.field(one) for one in (views.ZONE_FIELD, views.MODE_FIELD, views.NAME_FIELD))
    if not spaced(own):
        raise FieldRefusal(views.NAME_FIELD, "Type the company's name.")
    if not is_zone(zone):
        raise FieldRefusal(views.ZONE_FIELD, "Choose a time zone of the list.")
    if mode not in {value for _, value in views.MODES}:
        raise FieldRefusal(views.MODE_FIELD, "Choose a mode of the list.")
    roles: dict[Role, frozenset[int]] = {}
    has = {block.get("block_id") for block in asked.body["view"].get("blocks") or []}
    fields: tuple[tuple[str, Role], ...] = ((views.FINANCE_FIELD, "finance"), (views.ADMINS_FIELD, "admin"))
    for field, role in fields:
        if field in has:
            roles[role] = await chosen_people(asked, field, asked.chosen_people(field))
    return CompanyWish(name=spaced(own), timezone=zone, mode=mode, roles=roles)


async def submit_first_setup(asked: SlackRequest) -> str:
    """Sets the organisation up, if nobody did so meanwhile; the person becomes its admin. Returns the channel of the form."""
    asked.answer.shows_form_again = True
    await _require_workspace_admin(asked)
    wish = await _wish_of(asked)
    by = asked.person.id
    finance = wish.roles.get("finance") or frozenset({by})
    roles: dict[Role, frozenset[int]] = {"finance": finance, "admin": frozenset({by})}
    async with asked.begin() as tx:
        await tx.config.lock()  # of two admins at once the second one waits here, and reads what the first one did
        scope = await asked.scope(tx)
        if not is_untouched(scope.directory):
            raise Refusal(
                "Somebody else has set Tokens up meanwhile, so nothing was saved. Ask them to make you an admin."
            )
        first = CompanyWish(name=wish.name, timezone=wish.timezone, mode=wish.mode, roles=roles)
        await set_company(scope, first, by=by, action="set up organisation")
    asked.context.wake_outbox.set()
    return str(asked.metadata.get("channel") or "")


async def submit_company(asked: SlackRequest) -> None:
    """Stores the organisation's settings. If somebody else changed them meanwhile, the form says so."""
    asked.answer.shows_form_again = True
    wish = await _wish_of(asked)
    changed = False
    async with asked.begin() as tx:
        await tx.config.lock()
        scope = await asked.scope(tx)
        directory = scope.directory
        if not may_link(directory, asked.person.id):
            raise Refusal("Only an admin changes the company settings.")
        roles = await with_unseen(scope, directory.root, wish.roles)
        if not any(roles.get(role) for role in _ROLES.values()):
            raise FieldRefusal(views.FINANCE_FIELD, "Name at least one person in finance, or as an admin.")
        changed = mark_of_company(directory) != str(asked.metadata.get("seen") or "")
        if not changed:
            kept = CompanyWish(name=wish.name, timezone=wish.timezone, mode=wish.mode, roles=roles)
            await set_company(scope, kept, by=asked.person.id, action="set company")
        seen = mark_of_company(directory)
    if changed:
        sentence = "Somebody else changed the company settings meanwhile, so nothing was saved. Look again, then save."
        view = typed_again(asked.body["view"], note=sentence)
        view["private_metadata"] = views.with_mark(seen)
        await asked.answer.update_form(view, sentence=sentence)
        return
    asked.context.wake_outbox.set()
    await asked.ack()
