"""The list of all that waits for somebody: `/tokens requests`, decided in place and fresh after each decision."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.periods import DAY_MICROS
from bot.requests.revisions import parse_seen
from bot.views.requests.waiting.decision_times import times_words
from bot.views.requests.waiting.lists import LIST_VIEW, PAGE_SIZE, RequestList, list_view, opened_view
from bot.views.requests.waiting.reminders import LIST_REQUESTS, OPEN_REQUEST
from handlers.context import Context
from handlers.requests.cards import card_key
from handlers.requests.deciding.deciders import route_of
from handlers.requests.waiting.decision_times import times_of
from handlers.requests.waiting.reminder_messages import waiting_request
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.replies import AWAY

log = structlog.get_logger()

_PLACE = re.compile(r"(mine|all):([0-9]{1,6})")
_LATELY_DAYS, _LATELY = 30, 5
IN_LIST = "list:"
"""How a form that was opened in the list carries the place in it."""


async def list_of(scope: Scope, person_id: int, place: str) -> dict[str, Any]:
    """Returns a page of the list, or the last one if there are fewer. Finance may see all that waits."""
    tx, directory = scope.tx, scope.directory
    found = _PLACE.fullmatch(place)
    which, number = (found[1], int(found[2])) if found else ("mine", 0)
    is_finance = person_id in directory.finance
    shows_all = which == "all" and is_finance
    waiting = []
    for request in await tx.budget_requests.pending():
        route = route_of(scope, request)
        if (shows_all and request.person_id != person_id) or person_id in route.deciders:
            waiting.append((request, route.stands_in.get(person_id)))
    number = min(number, max(0, (len(waiting) - 1) // PAGE_SIZE))
    own = waiting[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
    decided = await tx.decision_times.decided_by(person_id, since=scope.at - _LATELY_DAYS * DAY_MICROS, limit=_LATELY)
    return list_view(
        RequestList(
            which="all" if shows_all else "mine",
            page=number,
            total=len(waiting),
            waiting=[await waiting_request(scope, request, person_id, for_id) for request, for_id in own],
            decided=[(request, directory.by_id(request.team_id).name) for request in decided],
            times=await own_times(scope, person_id),
            is_finance=is_finance,
        )
    )


async def own_times(scope: Scope, person_id: int) -> list[str]:
    """Returns the times of decisions of the teams that a person manages, or of all for finance; nothing for others."""
    directory = scope.directory
    if person_id in directory.finance:
        words = times_words((await times_of(scope)).together)
        return [words] if words else []
    managed = {team.id for team in directory.real_teams if directory.manages(person_id, team)}
    words = times_words((await times_of(scope, managed)).together) if managed else ""
    return [words] if words else []


async def requests_command(asked: SlackRequest) -> None:
    """`/tokens requests`: opens the list."""
    await asked.open_form(await _view(asked, "mine:0"))


async def click_list(asked: SlackRequest) -> None:
    """Opens the list, or another page of it."""
    action_id = str(asked.body["actions"][0].get("action_id") or "")
    which = "all" if action_id.startswith(f"{LIST_REQUESTS}_all_") else "mine"
    view = await _view(asked, f"{which}:{asked.id}")
    await (asked.show_form(view) if _is_list(asked) else asked.open_form(view))


async def click_open(asked: SlackRequest) -> None:
    """Opens one request: its card, for somebody who may decide it."""
    seen = parse_seen(asked.value)
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        request = None if seen is None else await tx.budget_requests.by_id(seen.request_id)
        person_id = asked.person.id
        may_see = request is not None and (
            person_id in route_of(scope, request).deciders or scope.directory.may_see(person_id, _team(scope, request))
        )
        card = await tx.outbox.message_of(card_key(request.id)) if request is not None and may_see else None
    await asked.open_form(opened_view(card))


def _team(scope: Scope, request: Any) -> Any:
    return scope.directory.by_id(request.team_id)


async def refresh_list(asked: SlackRequest) -> None:
    """Shows the list anew after a decision in it. What was done stays done if Slack does not take it."""
    if _is_list(asked):
        await _refresh(asked, str(asked.body["view"]["id"]), str(asked.body["view"].get("private_metadata")))


def place_in_list(asked: SlackRequest) -> str:
    """Returns what a form that is opened in the list carries, so that the list is shown anew after it; else nothing."""
    return f"{IN_LIST}{asked.body['view'].get('private_metadata')}" if _is_list(asked) else ""


async def refresh_below(asked: SlackRequest) -> None:
    """Shows the list anew below a form that was opened in it and is submitted."""
    view = asked.body.get("view") or {}
    place = str(asked.metadata.get("channel") or "")
    if place.startswith(IN_LIST) and view.get("root_view_id"):
        await _refresh(asked, str(view["root_view_id"]), place.removeprefix(IN_LIST))


async def _refresh(asked: SlackRequest, view_id: str, place: str) -> None:
    try:
        await asked.client.views_update(view_id=view_id, view=await _view(asked, place))
    except (SlackApiError, *AWAY) as error:
        log.warning("list not shown anew", error=repr(error))


async def _view(asked: SlackRequest, place: str) -> dict[str, Any]:
    async with asked.context.store.read() as tx:
        return await list_of(await asked.scope(tx), asked.person.id, place)


def _is_list(asked: SlackRequest) -> bool:
    return (asked.body.get("view") or {}).get("callback_id") == LIST_VIEW


def register(app: AsyncApp, context: Context) -> None:
    app.action(LIST_REQUESTS)(answers(context, click_list))
    app.action(re.compile(rf"\A{LIST_REQUESTS}_(?:mine|all)_[a-z]+\Z"))(answers(context, click_list))
    app.action(OPEN_REQUEST)(answers(context, click_open))
