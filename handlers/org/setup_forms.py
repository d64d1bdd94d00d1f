"""`/tokens setup` and its form: what was typed is kept, and errors show at their fields."""

from collections.abc import Sequence
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.books.allocations import may_allocate, shown_amount
from bot.org.setting_up.setups import is_untouched, may_change_members, may_link
from bot.org.setting_up.zones import is_zone
from bot.org.teams import Directory, Role, Team
from bot.refusals import FieldRefusal, Refusal
from bot.text import first_word
from bot.views.blocks import name
from bot.views.org import company_setups as company_views
from bot.views.org import setups as views
from bot.views.org.setups import SetupFigures, TypedSetup
from bot.views.typed_forms import typed_again
from handlers.books.budgets.allocation_forms import named_team, no_such_team
from handlers.books.budgets.allocations import allocator_of, judge_changed
from handlers.context import Context
from handlers.org.company_setups import open_company_form, open_first_form, submit_company, submit_first_setup
from handlers.org.setup_people import chosen_people, not_in_slack, slack_ids, with_unseen, zone_of_channel
from handlers.org.setups import SetupChanged, SetupWish, mark_of, may_know, set_up, without_channel
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from handlers.slack.channels import require_postable

_COMPANY_WORDS = frozenset({"company", "roles", "organisation", "organization", "org"})


async def show_setup(asked: SlackRequest) -> None:
    """Answers `/tokens setup [team]`: opens the form for the named team, for this channel's, or for one to link to it.

    `/tokens setup company` opens that of the organisation. Where nobody has set anything up, the first form opens.
    """
    text = first_word(asked.text)[1]
    async with asked.context.store.read() as tx:
        is_new = is_untouched((await asked.context.rulebooks.current(tx)).directory)
    if is_new:
        await open_first_form(asked)
        return
    if text.casefold() in _COMPANY_WORDS:
        await open_company_form(asked)
        return
    zone = await zone_of_channel(asked)
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        form = await _form_to_open(scope, asked, text, zone=zone)
    await asked.open_form(form)


async def _form_to_open(scope: Scope, asked: SlackRequest, text: str, *, zone: str) -> dict[str, object]:
    directory, person_id = scope.directory, asked.person.id
    team = named_team(directory, text)[0] if text else directory.open_at(asked.channel_id)
    if team is not None and team.kind != "team":
        raise Refusal("The organisation has no channel. Type the short name of a team.")
    if team is None:
        return await _form_for_channel(scope, asked, asked.channel_id, zone=zone)
    if text and not may_know(directory, person_id, team, channel=asked.channel_id):
        raise no_such_team(first_word(text)[0])
    if team.has_ended:
        raise Refusal(f"{name(team.name)} is closed, so there is nothing to set up.")
    here = asked.channel_id if not team.channel_id and directory.by_channel(asked.channel_id) is None else ""
    typed = await _typed_of(scope, team, channel=team.channel_id or here)
    figures = await _figures(scope, team, (), typed, person_id=person_id, zones=[zone])
    if not (figures.may_link or figures.may_change_members or figures.payer):
        raise Refusal(f"You can't set up {name(team.name)}. {await admins_words(scope)}")
    return views.setup_form(figures, typed, opened_in=asked.channel_id)


async def _form_for_channel(scope: Scope, asked: SlackRequest, channel: str, *, zone: str) -> dict[str, object]:
    """Returns the form of a channel without a team: for one that is made, or for one to choose."""
    directory = scope.directory
    _require_may_link(directory, asked.person.id, await admins_words(scope))
    choices = without_channel(directory)
    typed = TypedSetup(channel=channel, timezone=zone, managers=(asked.person.slack_id,), members=())
    zones = [zone, asked.person.timezone]
    figures = await _figures(scope, None, choices, typed, person_id=asked.person.id, zones=zones)
    return views.setup_form(figures, typed, opened_in=channel)


def _require_may_link(directory: Directory, person_id: int, who: str) -> None:
    if not may_link(directory, person_id):
        raise Refusal(f"This channel belongs to no team, and only an admin can link it. {who}")


async def admins_words(scope: Scope) -> str:
    """Returns whom to ask, in mrkdwn."""
    people = await scope.tx.people.by_ids(scope.directory.reachable(scope.directory.admins))
    named = sorted(called(person) for person in people.values())[:5]
    return f"Ask {' or '.join(named)}." if named else "Nobody is an admin yet."


async def _typed_of(scope: Scope, team: Team, *, channel: str) -> TypedSetup:
    """Returns what holds for a team, as its form shows it."""
    return TypedSetup(
        team_id=team.id,
        name=team.name,
        channel=channel,
        timezone=team.next_timezone or team.timezone,
        managers=await slack_ids(scope, team, "manager"),
        members=await slack_ids(scope, team, "member"),
        budget=shown_amount(team.budget_nanos),
    )


async def _figures(
    scope: Scope,
    team: Team | None,
    choices: Sequence[Team],
    typed: TypedSetup,
    *,
    person_id: int,
    zones: Sequence[str],
) -> SetupFigures:
    """Returns everything that the form shows beside what is typed."""
    directory = scope.directory
    parents = [directory.root, *sorted(directory.open_teams, key=lambda one: one.name.casefold())]
    parent_id = team.parent_id if team is not None else typed.parent_id
    parent = next((one for one in (directory.root, *directory.real_teams) if one.id == parent_id), directory.root)
    payer = parent if may_allocate(directory, person_id, parent) else None
    left = None
    if payer is not None:
        allocator = await allocator_of(scope.of_team(payer))
        left = allocator.left_nanos if allocator.has_limit else None
    links = may_link(directory, person_id)
    who = "finance" if parent.kind == "organisation" else f"the managers of {name(parent.name)}, or finance,"
    kept = [] if team is None else await not_in_slack(scope, team)
    return SetupFigures(
        team=team,
        choices=choices if links else (),
        parents=parents,
        zones=zones,
        may_link=links,
        may_change_members=links if team is None else may_change_members(directory, person_id, team),
        payer=payer,
        left_nanos=left,
        period=directory.organisation.period,
        not_in_slack=kept,
        budget_by=f"{who} hand it out with `{scope.command} allocate`." if links else "",
        seen=mark_of(directory, team),
    )


def typed_setup(asked: SlackRequest) -> TypedSetup:
    """Returns what a form says now. A field that it does not have is None."""
    chosen, parent = asked.field(views.TEAM_FIELD), asked.field(views.PARENT_FIELD)
    team_id = int(chosen) if chosen.isdigit() else asked.carried_id("team")
    shown = asked.carried_id("team")
    has = {str(block.get("block_id")) for block in asked.body["view"].get("blocks") or []}

    def typed(field: str) -> str | None:
        block = views.block_of(field, shown)
        return asked.field(block) if block in has else None

    def people(field: str) -> tuple[str, ...] | None:
        block = views.block_of(field, shown)
        return asked.chosen_people(block) if block in has else None

    return TypedSetup(
        team_id=team_id,
        name=typed(views.NAME_FIELD),
        slug=typed(views.SLUG_FIELD),
        parent_id=int(parent) if parent.isdigit() else None,
        channel=typed(views.CHANNEL_FIELD),
        timezone=typed(views.ZONE_FIELD),
        managers=people(views.MANAGERS_FIELD),
        members=people(views.MEMBERS_FIELD),
        budget=typed(views.BUDGET_FIELD),
    )


async def choose(asked: SlackRequest) -> None:
    """Shows the form of the chosen team, or of the chosen parent. What was typed of a new team stays."""
    typed, opened_in = typed_setup(asked), str(asked.metadata.get("channel") or "")
    was = asked.carried_id("team")
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        directory = scope.directory
        _require_may_link(directory, asked.person.id, await admins_words(scope))
        choices = without_channel(directory)
        team = next((one for one in choices if one.id == typed.team_id), None)
        names = [typed.name, typed.slug] if was == views.NEW_TEAM else [asked.metadata.get(k) for k in ("name", "slug")]
        own_name, slug = (str(one or "") for one in names)
        if team is not None:
            typed = await _typed_of(scope, team, channel=typed.channel or opened_in)
        elif was != views.NEW_TEAM:
            typed = replace(typed, team_id=views.NEW_TEAM, name=own_name, slug=slug, budget="")
            typed = replace(typed, managers=(asked.person.slack_id,), members=())
        if team is None:  # a chosen one that has a channel by now
            typed = replace(typed, team_id=views.NEW_TEAM)
        carried = {"name": own_name, "slug": slug}
        figures = await _figures(scope, team, choices, typed, person_id=asked.person.id, zones=[typed.timezone or ""])
        form = views.setup_form(figures, typed, opened_in=opened_in, carried=carried)
    await asked.show_form(form, if_unchanged=True)


async def submit_setup(asked: SlackRequest) -> None:
    """Sets the team up before Slack gets its answer. If somebody else changed it meanwhile, the form says so."""
    context = asked.context
    asked.answer.shows_form_again = True
    wish = await _wish_of(asked)
    try:
        async with asked.begin() as tx:
            await tx.config.lock()  # an import, or another admin, is done now
            scope = await asked.scope(tx)
            wish = await _with_unseen(scope, wish)
            team, has_budget = await set_up(scope, context, wish, by=asked.person.id)
            parent = team.parent_id
            directory = scope.directory
    except SetupChanged as refusal:
        await _show_changed(asked, refusal.sentence)
        return
    except FieldRefusal as refusal:
        raise FieldRefusal(_block_at(asked, refusal.field), refusal.sentence) from refusal
    context.wake_outbox.set()
    context.wake_watcher.set()
    await asked.ack()
    if has_budget:
        because = f"{called(asked.person)} set up {name(team.name)}."
        payers = [one for one in (directory.root, *directory.real_teams) if one.id == parent]
        await judge_changed(context, [team, *payers], because=because)


def _block_at(asked: SlackRequest, field: str) -> str:
    return field if field in (views.PARENT_FIELD, views.TEAM_FIELD) else views.block_of(field, asked.carried_id("team"))


async def _wish_of(asked: SlackRequest) -> SetupWish:
    """Returns what the form asks for, its channel and people checked with Slack."""
    typed = typed_setup(asked)
    channel = typed.channel
    if channel:
        async with asked.context.store.read() as tx:
            owner = (await asked.context.rulebooks.current(tx)).directory.by_channel(channel)
        if owner is None or owner.id != typed.team_id:
            channel = (await require_postable(asked.client, _block_at(asked, views.CHANNEL_FIELD), channel)).ref
    if typed.timezone is not None and not is_zone(typed.timezone):
        raise FieldRefusal(_block_at(asked, views.ZONE_FIELD), "Choose a time zone of the list.")
    people = {
        field: await chosen_people(asked, _block_at(asked, field), chosen)
        for field, chosen in ((views.MANAGERS_FIELD, typed.managers), (views.MEMBERS_FIELD, typed.members))
        if chosen is not None
    }
    return SetupWish(
        team_id=typed.team_id,
        seen=str(asked.metadata.get("seen") or ""),
        name=typed.name,
        slug=typed.slug,
        parent_id=typed.parent_id,
        channel=channel,
        timezone=typed.timezone,
        managers=people.get(views.MANAGERS_FIELD),
        members=people.get(views.MEMBERS_FIELD),
        budget=typed.budget,
    )


async def _with_unseen(scope: Scope, wish: SetupWish) -> SetupWish:
    team = next((one for one in scope.directory.real_teams if one.id == wish.team_id), None)
    if team is None:
        return wish
    chosen: dict[Role, frozenset[int]] = {}
    if wish.managers is not None:
        chosen["manager"] = wish.managers
    if wish.members is not None:
        chosen["member"] = wish.members
    kept = await with_unseen(scope, team, chosen)
    return replace(wish, managers=kept.get("manager"), members=kept.get("member"))


async def _show_changed(asked: SlackRequest, sentence: str) -> None:
    """Shows the form with what was typed and why it was not saved; saving it again goes before what changed."""
    view = typed_again(asked.body["view"], note=sentence)
    async with asked.context.store.read() as tx:
        directory = (await asked.scope(tx)).directory
    team = next((one for one in directory.open_teams if one.id == asked.carried_id("team")), None)
    view["private_metadata"] = views.with_mark(asked.metadata, mark_of(directory, team))
    await asked.answer.update_form(view, sentence=sentence)


async def submit_first(asked: SlackRequest) -> None:
    """Sets the organisation up, and goes on with the team of the channel in the same window."""
    channel = await submit_first_setup(asked)
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        zone = scope.directory.root.timezone
        form = await _form_for_channel(scope, asked, channel, zone=zone)
    await asked.answer.update_form(form, sentence="Tokens is set up. Next, set up a team in its channel.")


def register(app: AsyncApp, context: Context) -> None:
    app.view(company_views.FIRST_FORM)(answers(context, submit_first))
    app.view(company_views.COMPANY_FORM)(answers(context, submit_company))
    app.action(views.CHOOSE_TEAM)(answers(context, choose))
    app.action(views.CHOOSE_PARENT)(answers(context, choose))
    app.view(views.SETUP_FORM)(answers(context, submit_setup))
