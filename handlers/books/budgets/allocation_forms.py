"""`/tokens allocate` and its form: what was typed is kept, and errors show at their fields."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from slack_bolt.async_app import AsyncApp

from bot.books.allocations import Allocator, allocating_teams, may_allocate, open_children, pages_of
from bot.books.grant_ends import TypedEnd, parse_end
from bot.money import parse_budget
from bot.org.teams import ORGANISATION_SLUG, Directory, Team
from bot.refusals import FieldRefusals, Refusal
from bot.text import first_word, spaced
from bot.views.blocks import name
from bot.views.books import allocations as views
from bot.views.books.allocations import FormState
from handlers.books.budgets.allocations import (
    BudgetsChanged,
    Wish,
    allocate,
    allocator_of,
    judge_changed,
    require_may_allocate,
    with_spend,
)
from handlers.books.granting.grant_ends import typed_end
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called

ORGANISATION_NAMES = frozenset({ORGANISATION_SLUG, "org"})
_FIELD = re.compile(r"amount-\d+-(\d{1,18})")
_MAX_METADATA = 2_900


async def show_allocation(asked: SlackRequest) -> None:
    """Answers `/tokens allocate [team] [amount]`: opens the form, prefilled, or asks whose budget to hand out."""
    text = first_word(asked.text)[1]
    async with asked.context.store.read() as tx:
        directory = (await asked.scope(tx)).directory
    if text:
        team, amount = named_team(directory, text)
        is_parent = bool(open_children(directory, team)) and not amount
        parent = team if is_parent or team.parent_id is None else directory.by_id(team.parent_id)
        person_id = asked.person.id
        if not may_allocate(directory, person_id, parent) and not directory.may_see(person_id, team):
            raise no_such_team(first_word(text)[0])  # whether there is such a team is not theirs to know
        if amount:
            parse_budget(amount)  # raises Refusal for an impossible amount
        await open_allocation_form(asked, parent, child=None if parent == team else team, amount=amount)
        return
    here = directory.open_at(asked.channel_id)
    if here is not None and open_children(directory, here) and may_allocate(directory, asked.person.id, here):
        await open_allocation_form(asked, here)
        return
    teams = allocating_teams(directory, asked.person.id)
    if not teams:
        raise Refusal(
            "You hand out no budget: you manage no team that has teams below it. "
            f"`{asked.context.settings.command} budget` shows what your team has."
        )
    if len(teams) > 1:
        await asked.reply(views.which_team_message(teams, asked.context.settings.command))
        return
    await open_allocation_form(asked, teams[0])


def named_team(directory: Directory, text: str) -> tuple[Team, str]:
    """Returns the team that a typed text begins with, by short name or name, and the rest. Raises Refusal for none."""
    word, rest = first_word(text)
    for typed, after in ((text, ""), (word, rest)):
        if typed.casefold() in ORGANISATION_NAMES:
            return directory.root, after
        wanted = typed.casefold()
        found = directory.by_slug(wanted)
        found = found or next((t for t in directory.real_teams if spaced(t.name).casefold() == wanted), None)
        if found is not None:
            return found, after
    raise no_such_team(word)


def no_such_team(word: str) -> Refusal:
    """Returns the refusal of a typed name of no team, and of one that the person may know nothing of."""
    return Refusal(f"There is no team “{name(word)}”. Type the short name that teams.yml gives it.")


async def click_hand_out(asked: SlackRequest) -> None:
    """Opens the form for the team whose id the button carries."""
    async with asked.context.store.read() as tx:
        directory = (await asked.scope(tx)).directory
    await open_allocation_form(asked, _team(directory, asked.id))


async def open_allocation_form(asked: SlackRequest, team: Team, *, child: Team | None = None, amount: str = "") -> None:
    """Opens the form for a team's budget, at the page of one of its teams, with an amount filled in."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        require_may_allocate(scope.directory, asked.person.id, team)
        team_scope = scope.of_team(team)
        allocator = await with_spend(team_scope, await allocator_of(team_scope), person_id=asked.person.id)
    if not allocator.shares:
        raise Refusal(f"{name(team.name)} has no teams below it, so there is nothing to hand out.")
    pages = pages_of(allocator.shares, views.TEAMS_ON_A_PAGE)
    at = next((n for n, page in enumerate(pages) if child is not None and child in [s.team for s in page]), 0)
    typed = {child.id: amount} if child is not None and amount else {}
    state = FormState(page=at, revision=0, typed=typed, end=TypedEnd(kind="open"))
    await asked.open_form(form_of(allocator, state, opened_at=scope.at))


def form_of(allocator: Allocator, state: FormState, *, opened_at: int) -> dict[str, object]:
    """Returns the form at one of its pages. Raises Refusal if it can't carry all that was typed."""
    pages = pages_of(allocator.shares, views.TEAMS_ON_A_PAGE)
    state = replace(state, page=min(max(state.page, 0), len(pages) - 1))
    carried = {
        "team": allocator.team.id,
        "page": state.page,
        "revision": state.revision,
        "seen": allocator.seen,
        "opened": opened_at,
        "typed": {str(team_id): text for team_id, text in state.typed.items()},
    }
    metadata = json.dumps(carried, separators=(",", ":"))
    if len(metadata) > _MAX_METADATA:
        raise Refusal("That is more than one form can carry. Save these budgets first, then go on.")
    return views.allocation_form(allocator, pages[state.page], state, pages=len(pages), metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """A form as it came back: what it carried, and what is typed now, on all pages."""

    team_id: int
    seen: str
    opened_at: int
    state: FormState


def submitted_form(asked: SlackRequest) -> Submitted:
    """Returns the form of a click or a submission. Raises Refusal for one of an earlier version."""
    metadata = asked.metadata
    carried = metadata.get("typed")
    typed = {int(team): str(text) for team, text in carried.items()} if isinstance(carried, dict) else {}
    for block in asked.body["view"].get("blocks") or []:
        found = _FIELD.fullmatch(str(block.get("block_id") or ""))
        if found is None:
            continue
        team_id, text = int(found[1]), asked.field(block["block_id"])
        initial = spaced(str((block.get("element") or {}).get("initial_value") or ""))
        if team_id in typed or text != initial:
            typed[team_id] = text
    return Submitted(
        team_id=asked.carried_id("team"),
        seen=str(metadata.get("seen") or ""),
        opened_at=asked.carried_id("opened"),
        state=FormState(
            page=asked.carried_id("page"),
            revision=asked.carried_id("revision"),
            typed=typed,
            end=typed_end(asked),
        ),
    )


async def click_page(asked: SlackRequest) -> None:
    """Shows another page of the form, with what was typed on this one. New figures are said on top."""
    form = submitted_form(asked)
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        view = await _redrawn(asked, scope, form, page=asked.id)
    await asked.show_form(view)


async def _redrawn(
    asked: SlackRequest, scope: Scope, form: Submitted, *, page: int | None = None, note: str = ""
) -> dict[str, object]:
    """Returns the form with the present figures and what was typed. Fields that nobody touched show the new figures."""
    team = _team(scope.directory, form.team_id)
    require_may_allocate(scope.directory, asked.person.id, team)
    team_scope = scope.of_team(team)
    allocator = await with_spend(team_scope, await allocator_of(team_scope), person_id=asked.person.id)
    if not note and allocator.seen != form.seen:
        note = await _changed_note(scope, allocator, form)
    ids = {share.team.id for share in allocator.shares}
    state = replace(
        form.state,
        page=form.state.page if page is None else page,
        revision=form.state.revision + 1,
        typed={team_id: text for team_id, text in form.state.typed.items() if team_id in ids},
        note=note,
    )
    return form_of(allocator, state, opened_at=scope.at)


async def _changed_note(scope: Scope, allocator: Allocator, form: Submitted) -> str:
    changed = {
        share: share.team.set_budget
        for share in allocator.shares
        if share.team.set_budget is not None and share.team.set_budget.set_at >= form.opened_at
    }
    people = await scope.tx.people.by_ids({budget.set_by for budget in changed.values() if budget.set_by is not None})
    return views.changed_note(list(changed), by_mentions=[called(person) for _, person in sorted(people.items())])


async def submit_allocation(asked: SlackRequest) -> None:
    """Hands out what the form says, in one transaction. If the budgets changed since it was opened, it shows them first."""
    context, form = asked.context, submitted_form(asked)
    wish = Wish(typed=form.state.typed, end=parse_end(form.state.end), seen=form.seen)
    try:
        async with asked.begin() as tx:
            await tx.config.lock()  # an import, or another manager, is done now
            scope = await asked.scope(tx)
            team = _team(scope.directory, form.team_id)
            after, changed = await allocate(scope.of_team(team), context, wish, by=asked.person.id)
    except BudgetsChanged as refusal:
        async with context.store.read() as tx:
            view = await _redrawn(asked, await asked.scope(tx), form)
        await asked.answer.update_form(view, sentence=refusal.sentence)
        return
    except FieldRefusals as refusal:
        await _refuse_fields(asked, form, refusal.fields)
        return
    context.wake_outbox.set()
    await asked.ack()
    because = f"{called(asked.person)} handed out budget of {name(after.team.name)}."
    await judge_changed(context, [*(change.share.team for change in changed), after.team], because=because)


async def _refuse_fields(asked: SlackRequest, form: Submitted, faults: Mapping[str, str]) -> None:
    """Shows faults, by team id, at their fields. If they are all on other pages, it shows the first of these pages."""
    here = {
        str(found[1]): str(block["block_id"])
        for block in asked.body["view"].get("blocks") or []
        if (found := _FIELD.fullmatch(str(block.get("block_id") or "")))
    }
    shown = {here[team_id]: sentence for team_id, sentence in faults.items() if team_id in here}
    if shown:
        raise FieldRefusals(shown)
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        team = _team(scope.directory, form.team_id)
        allocator = await allocator_of(scope.of_team(team))
        pages = pages_of(allocator.shares, views.TEAMS_ON_A_PAGE)
        first = next(((n, s) for n, page in enumerate(pages) for s in page if str(s.team.id) in faults), (0, None))
        page, share = first
        sentence = next(iter(faults.values())) if share is None else faults[str(share.team.id)]
        whose = "" if share is None else f"{name(share.team.name)}: "
        view = await _redrawn(asked, scope, form, page=page, note=f"{whose}{sentence} Nothing was saved.")
    await asked.answer.update_form(view, sentence=sentence)


def _team(directory: Directory, team_id: int) -> Team:
    team = next((team for team in directory.alert_teams if team.id == team_id), None)
    if team is None:
        raise Refusal("There is no such team any more.")
    return team


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.HAND_OUT)(answers(context, click_hand_out))
    app.action(views.PREVIOUS_TEAMS)(answers(context, click_page))
    app.action(views.NEXT_TEAMS)(answers(context, click_page))
    app.view(views.ALLOCATION_FORM)(answers(context, submit_allocation))
