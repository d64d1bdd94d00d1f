"""Requests for higher limits at Claude Enterprise: each becomes a budget request here, and its decision goes back.

Done twice it is the same: a request is taken once, by its id, and before an answer is sent the gateway is asked whether it has
one already.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import aiohttp
import structlog

from bot.org.gateways import GatewaySettings
from bot.org.teams import Directory, Team
from bot.periods import MICROS
from bot.refusals import FieldRefusal, Refusal
from bot.requests.increases.increase_requests import (
    IncreaseRequest,
    StoredIncrease,
    agrees,
    answer_cap,
    ask_of,
    team_slug_of,
)
from bot.requests.revisions import Seen
from bot.views.requests import increase_requests as views
from handlers.context import Context
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.adapters import adapter_of
from handlers.crosschecks.caps.apis.claude_enterprise import ClaudeEnterprise
from handlers.requests.budget_requests import create_request, withdraw_request
from handlers.requests.endings import show_verdict
from handlers.scope import Scope
from handlers.slack.identity.lookups import find_in_slack
from handlers.slack.posts import post_to_people
from storage.requests.increase_requests import Due

log = structlog.get_logger()

_AGAIN_MICROS = 60 * MICROS
_LONGEST_MICROS = 3_600 * MICROS


async def take_increase_requests(context: Context, *, environment: Mapping[str, str] | None = None) -> int:
    """Takes new requests of every Claude Enterprise of teams.yml, and sends back what was decided. Returns their number."""
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
    gateways = [g for g in rulebook.gateways if g.kind == "claude_enterprise" and g.mode == "write"]
    if not gateways:
        return 0
    done = 0
    async with aiohttp.ClientSession() as session:
        for gateway in gateways:
            try:
                adapter = adapter_of(gateway, session, environment=os.environ if environment is None else environment)
                assert isinstance(adapter, ClaudeEnterprise)
                waiting = await adapter.increase_requests()
                done += await _take_new(context, gateway, waiting)
                done += await _answer(context, gateway, adapter, {found.ref: found for found in waiting})
            except (CapRefused, CapUnreachable) as fault:
                log.warning("increase requests not read", gateway=gateway.name, reason=str(fault))
    if done:
        context.wake_outbox.set()
    return done


async def _take_new(context: Context, gateway: GatewaySettings, waiting: Sequence[IncreaseRequest]) -> int:
    async with context.store.read() as tx:
        known = await tx.increase_requests.known(gateway.name)
        people = await tx.people.ids_of_emails({found.email.casefold() for found in waiting if found.email})
    new = [found for found in waiting if found.ref not in known or known[found.ref].state == "unplaced"]
    await find_in_slack(context, frozenset(people[email] for f in new if (email := f.email.casefold()) in people))
    done = 0
    for found in new:
        person_id = people.get(found.email.casefold())
        try:
            done += await _ask_here(context, gateway, found, person_id=person_id)
        except FieldRefusal:
            continue  # they have a pending request for the team: this one follows when that one is decided
        except Refusal as refusal:
            done += await _report(context, gateway, found, why=refusal.sentence)
    return done


async def _ask_here(
    context: Context, gateway: GatewaySettings, found: IncreaseRequest, *, person_id: int | None
) -> int:
    """Makes a budget request of a gateway's, in one transaction with the record that it was taken."""
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        if person_id is None:
            raise Refusal("Nobody in teams.yml has this e-mail.")
        person = await tx.people.by_id(person_id)
        team = _team_of(scope.directory, gateway, found, person_id=person.id)
        if team is None:
            raise Refusal("No team in teams.yml has them as a member.")
        if not person.slack_id:
            raise Refusal("They have no account in this Slack workspace.")
        if not await tx.increase_requests.take(gateway.name, found.ref, at=scope.at):
            return 0
        ask = ask_of(found, person_id=person.id)
        request = await create_request(scope.of_team(team), ask, person_id=person.id)
        await tx.increase_requests.save(
            StoredIncrease(
                gateway=gateway.name,
                ref=found.ref,
                state="open",
                request_id=request.id,
                tries=0,
            )
        )
    return 1


def _team_of(directory: Directory, gateway: GatewaySettings, found: IncreaseRequest, *, person_id: int) -> Team | None:
    """Returns the team below which the gateway's line names the member, else the member's first team."""
    named = directory.by_slug(team_slug_of(found, gateway))
    return named or next(iter(directory.teams_of(person_id)), None)


async def _report(context: Context, gateway: GatewaySettings, found: IncreaseRequest, *, why: str) -> int:
    """Tells finance once of a request that nobody here can decide."""
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        if not await tx.increase_requests.take(gateway.name, found.ref, at=scope.at):
            return 0
        stored = StoredIncrease(gateway=gateway.name, ref=found.ref, state="unplaced", request_id=None, tries=0)
        await tx.increase_requests.save(stored)
        key = f"increase:{gateway.name}:{found.ref}"
        message = views.unplaced_message(found, gateway=gateway.name, why=why)
        await post_to_people(tx, scope.directory.reachable_finance, message, dedupe_key=key, at=scope.at)
    return 1


async def _answer(
    context: Context, gateway: GatewaySettings, adapter: ClaudeEnterprise, waiting: Mapping[str, IncreaseRequest]
) -> int:
    """Sends decisions back, and withdraws requests here that were answered in claude.ai."""
    async with context.store.read() as tx:
        due = await tx.increase_requests.open(gateway.name, now=context.now_micros())
    done = 0
    for one in due:
        if one.request.state == "pending" and one.stored.ref in waiting:
            continue  # not decided anywhere; asking about each would cost the minute's calls
        try:
            done += await _answer_one(context, adapter, one)
        except CapUnreachable as fault:
            await _postpone(context, one.stored, wait_seconds=fault.retry_after_seconds)
        except CapRefused as refused:
            done += await _report_unanswered(context, gateway, one, why=str(refused))
    return done


async def _answer_one(context: Context, adapter: ClaudeEnterprise, one: Due) -> int:
    stored, request = one
    found = await adapter.increase_request(stored.ref)
    if request.state == "pending":
        if found.state == "pending":
            return 0
        await _withdraw(context, one)
        return 1
    if found.state == "pending":
        if request.state == "approved":
            found = await adapter.approve_increase(stored.ref, answer_cap(found, request), period=found.period)
        else:
            found = await adapter.deny_increase(stored.ref)
    if not agrees(request.state, found.state):
        log.warning("increase request answered otherwise", gateway=stored.gateway, state=found.state)
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        is_raised = request.state == found.state == "approved"
        set_nanos = found.cap_nanos if is_raised else None
        ended = replace(stored, state="answered", set_nanos=set_nanos, set_at=scope.at, sentence="")
        await tx.increase_requests.save(ended)
        if is_raised:
            await show_verdict(scope.of_team_id(request.team_id), request)
        detail = {"gateway": stored.gateway, "state": found.state, "cap_nanos": found.cap_nanos}
        await tx.audit.record(
            at=scope.at, actor_id=request.decided_by, action="answer increase", subject=request.document, detail=detail
        )
    return 1


async def _withdraw(context: Context, one: Due) -> None:
    """Ends a request here that was answered in claude.ai. In the books it is the asker's withdrawal: nothing was granted."""
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        await _withdraw_pending(scope, one)
        await tx.increase_requests.end(one.stored, "closed")


async def _withdraw_pending(scope: Scope, one: Due) -> None:
    request = await scope.tx.budget_requests.by_id(one.request.id)
    if request is not None and request.state == "pending":
        seen = Seen(request_id=request.id, revision=request.revision)
        await withdraw_request(scope, seen, by=request.person_id)


async def _postpone(context: Context, stored: StoredIncrease, *, wait_seconds: float | None) -> None:
    wait = min(_AGAIN_MICROS << min(stored.tries, 6), _LONGEST_MICROS)
    if wait_seconds is not None:
        wait = max(wait, int(wait_seconds * MICROS))
    async with context.store.begin() as tx:
        await tx.increase_requests.save(replace(stored, tries=stored.tries + 1), try_at=context.now_micros() + wait)


async def _report_unanswered(context: Context, gateway: GatewaySettings, one: Due, *, why: str) -> int:
    """Tells finance once that the gateway refused an answer, and tries again later, with longer pauses."""
    stored, request = one
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        asker = await tx.people.by_id(request.person_id)
        message = views.unanswered_message(
            asker.name or asker.email or "A member",
            gateway=gateway.name,
            team=scope.directory.by_id(request.team_id).name,
            approved=request.state == "approved",
            why=why,
        )
        stored = replace(stored, sentence=why)
        await tx.increase_requests.save(stored)
        if request.state == "approved":
            await show_verdict(scope.of_team_id(request.team_id), request)
        key = f"increase-answer:{gateway.name}:{stored.ref}"
        await post_to_people(tx, scope.directory.reachable_finance, message, dedupe_key=key, at=scope.at)
    await _postpone(context, stored, wait_seconds=None)
    return 1
