"""The revision of a request that a click or form is about, and the check that it is the present one."""

import json

from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest
from bot.requests.revisions import NotAsSeen, Seen, is_as_seen, parse_seen
from bot.views.requests.request_words import changed_words
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest
from handlers.slack.callers import called

CHANGE = "change request"
"""The action of the audit log for a change by the asker."""


def seen_at_click(asked: SlackRequest) -> Seen:
    """Returns the request of the clicked button. Raises Refusal if the button is none of a request's."""
    seen = parse_seen(asked.value)
    if seen is None:
        raise Refusal(asked.old_button)
    return seen


def seen_in_form(asked: SlackRequest) -> Seen:
    """Returns the request that a form was opened for."""
    revision = asked.metadata.get("revision")
    return Seen(request_id=asked.carried_id(), revision=revision if type(revision) is int else None)


def carried(request: BudgetRequest, *, channel: str) -> str:
    """Returns the metadata of a form for a request, opened in a channel."""
    return json.dumps({"id": request.id, "revision": request.revision, "channel": channel})


async def require_as_seen(scope: TeamScope, request: BudgetRequest, seen: Seen) -> None:
    """Raises NotAsSeen unless a request is what its decider saw: the revision, and the figures of the present period."""
    period = scope.directory.period_at(scope.team, scope.at).name
    was_changed = seen.revision is None and await _was_changed(scope, request)
    if not is_as_seen(request, seen, was_changed=was_changed, period=period):
        await _refuse(scope, request, period=period)


async def require_same_revision(scope: Scope, request: BudgetRequest, seen: Seen) -> None:
    """Raises NotAsSeen if an asker's button or form is of another revision. Those of earlier versions have none."""
    if seen.revision is not None and seen.revision != request.revision:
        team = scope.directory.by_id(request.team_id)
        period = scope.directory.period_at(team, scope.at).name
        await _refuse(scope, request, period=period)


async def _was_changed(scope: Scope, request: BudgetRequest) -> bool:
    return await scope.tx.audit.has(action=CHANGE, subject=request.document)


async def _refuse(scope: Scope, request: BudgetRequest, *, period: str) -> None:
    by_asker = request.period == period and await _was_changed(scope, request)
    asker = called(await scope.tx.people.by_id(request.person_id)) if by_asker else ""
    team = scope.directory.by_id(request.team_id)
    raise NotAsSeen(changed_words(request, team=team, asker=asker, period=period))
