"""Requests of many people in one database, and every step of a request's life, as tests play them in any state."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bot.clock import ShiftedClock
from bot.money import NANOS
from bot.org.teams import Team
from bot.refusals import Refusal
from bot.requests.budget_requests import Ask, BudgetRequest, Decision, RequestState
from bot.requests.lives import Step
from bot.requests.revisions import Seen
from handlers.books.balances import balances_of
from handlers.context import Context
from handlers.requests.budget_requests import change_request, create_request, withdraw_request
from handlers.requests.clicks.nudges import nudge_deciders
from handlers.requests.clicks.questions import add_question, answer_question
from handlers.requests.deciding.approvals import ask_for_budget, decide_request
from handlers.requests.request_periods import carry_and_show
from handlers.requests.rerouting import reroute_requests
from handlers.requests.waiting.reminders import watch_waiting
from handlers.scope import Scope
from storage.tables.base import metadata
from tests.storage.declared import declared, faults, person

ASKERS = 60
GIVEN = 5 * NANOS
WATCHED = ("entries", "audit", "outbox", "request_votes", "request_questions")
Play = Callable[["World", BudgetRequest], Awaitable[None]]


def teams_yml(manager: str = "ben") -> str:
    askers = ", ".join(f"asker{n}@acme.test" for n in range(ASKERS))
    return f"""
organisation: {{name: Acme, funding: 100000, finance: [chloe@acme.test, dan@acme.test]}}
teams:
  - {{slug: product, name: Product, managers: [mia@acme.test], budget: {{amount: 50000}}}}
  - slug: search
    name: Search
    parent: product
    managers: [{manager}@acme.test]
    members: [{askers}]
    budget: {{amount: 100}}
policy:
  approvals:
    - {{up_to: 1, auto: true, per_period: 1}}
    - {{all_of: [team_manager, finance]}}
  lapse_after_days: 10
"""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A request, and how much there is of everything that a step may write."""

    request: BudgetRequest
    counts: tuple[int, ...]


class World:
    """The requests of one database. `given` is what approvals gave, in nano-dollars."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.asked = 0
        self.given = 0
        self.questions: dict[int, int] = {}
        """The first question about each request."""
        self.answered: set[int] = set()
        self.manager = "ben"

    async def opens(self) -> None:
        await declared(self.context, teams_yml())
        self.ben, self.chloe = [await person(self.context, f"{n}@acme.test") for n in ("ben", "chloe")]

    async def does(self, deed: Callable[[Scope], Awaitable[Any]], *, later: timedelta = timedelta()) -> Any:
        async with self.context.store.begin() as tx:
            return await deed(await self.context.scope(tx, now=self.context.now() + later))

    async def asks_for_little(self) -> BudgetRequest:
        """Somebody asks for what the policy approves by itself."""
        who = await person(self.context, f"asker{self.asked}@acme.test")
        self.asked += 1
        made: BudgetRequest = await self.does(
            lambda s: ask_for_budget(s.of_team(_search(s)), self.context, _ask(NANOS), person_id=who)
        )
        self.given += made.given_nanos
        return made

    async def watches(self, *, days: int) -> None:
        """Runs the job of waiting requests so many days later, or on the working day after, in the afternoon."""
        clock = ShiftedClock()
        moment = (self.context.now() + timedelta(days=days)).replace(hour=15)
        clock.jump_to(moment + timedelta(days=max(0, 7 - moment.weekday()) if moment.weekday() > 4 else 0))
        await watch_waiting(replace(self.context, clock=clock))

    async def has_voted(self, request: BudgetRequest) -> bool:
        async with self.context.store.read() as tx:
            return bool(await tx.votes.of(request))

    async def was_audited(self, request_id: int, action: str) -> bool:
        async with self.context.store.read() as tx:
            return await tx.audit.has(action=action, subject=f"request:{request_id}")

    async def asks(self) -> BudgetRequest:
        """Somebody who has not asked yet asks."""
        who = await person(self.context, f"asker{self.asked}@acme.test")
        self.asked += 1
        made: BudgetRequest = await self.does(
            lambda scope: create_request(scope.of_team(_search(scope)), _ask(), person_id=who)
        )
        question = await self.does(lambda scope: add_question(scope, made.id, "What is it for?", by=self.chloe))
        self.questions[made.id] = question.id
        return made

    async def request(self, request_id: int) -> BudgetRequest:
        async with self.context.store.read() as tx:
            found = await tx.budget_requests.by_id(request_id)
        assert found is not None
        return found

    async def present_period(self) -> str:
        async with self.context.store.read() as tx:
            scope = await self.context.scope(tx)
        return scope.directory.period_at(_search(scope), scope.at).name

    async def waiting(self) -> int:
        """Returns how many requests are pending."""
        async with self.context.store.read() as tx:
            return len(await tx.budget_requests.pending())

    async def reroutes(self) -> int:
        """Names another manager of Search; returns how many requests are rerouted."""
        self.manager = "mia" if self.manager == "ben" else "ben"
        await declared(self.context, teams_yml(self.manager))
        return await reroute_requests(self.context)

    async def picture(self, request_id: int) -> Picture:
        async with self.context.store.read() as tx:
            found = await tx.budget_requests.by_id(request_id)
            assert found is not None
            counts = []
            for name in WATCHED:
                table = metadata.tables[name]
                version = func.sum(table.c.wanted_version) if name == "outbox" else func.count()
                counts.append(int((await tx.connection.execute(select(version).select_from(table))).scalar() or 0))
        return Picture(request=found, counts=tuple(counts))

    async def is_refused(self, step: Step, request: BudgetRequest) -> str:
        """Takes a step, and returns the sentence that refuses it; "" if it does not."""
        try:
            await PLAYS[step](self, request)
        except Refusal as refusal:
            return refusal.sentence
        return ""

    async def agrees(self) -> None:
        """Asserts that balances are what the requests make of them, and that all sums and chains agree."""
        async with self.context.store.read() as tx:
            pending = await tx.budget_requests.pending()
            scope = await self.context.scope(tx)
            teams = {slug: _team(scope, slug) for slug in ("product", "search")}
            period = scope.directory.period_at(teams["search"], scope.at)
            found = await balances_of(scope, list(teams.values()), {team.id: period for team in teams.values()})
        present = [request for request in pending if request.period == period.name]  # others were carried on
        held = sum(request.held_nanos for request in present if request.payer_id == teams["product"].id)
        product, search = found[teams["product"].id], found[teams["search"].id]
        assert (product.received_nanos, product.handed_nanos) == (50_000 * NANOS, 100 * NANOS + self.given)
        assert (search.received_nanos, product.held_nanos, search.held_nanos) == (100 * NANOS + self.given, held, 0)
        assert await faults(self.context.store) == []


def _team(scope: Scope, slug: str) -> Team:
    found = scope.directory.by_slug(slug)
    assert found is not None
    return found


def _search(scope: Scope) -> Team:
    return _team(scope, "search")


def _ask(nanos: int = GIVEN) -> Ask:
    return Ask(amount_nanos=nanos, reason="evals")


def _seen(request: BudgetRequest) -> Seen:
    return Seen(request_id=request.id, revision=request.revision)


async def asks_again(world: World, request: BudgetRequest) -> None:
    await world.does(lambda s: create_request(s.of_team(_search(s)), _ask(), person_id=request.person_id))


async def _changes(world: World, request: BudgetRequest) -> None:
    more = _ask(request.amount_nanos + NANOS)
    await world.does(lambda s: change_request(s, _seen(request), more, by=request.person_id))


async def _carries(world: World, request: BudgetRequest) -> None:
    await world.does(lambda s: carry_and_show(s, request.id), later=timedelta(days=32))


async def _asks_back(world: World, request: BudgetRequest) -> None:
    await world.does(lambda s: add_question(s, request.id, "Which run?", by=world.chloe))


async def _answers(world: World, request: BudgetRequest) -> None:
    """The newest question about the request, of a decider who asked while it was pending."""
    question_id = world.questions[request.id]
    await world.does(lambda s: answer_question(s, question_id, "The nightly one", by=request.person_id))
    world.answered.add(request.id)


async def _nudges(world: World, request: BudgetRequest) -> None:
    later = timedelta(hours=5)
    await world.does(lambda s: nudge_deciders(s, _seen(request), by=request.person_id), later=later)


async def _votes(world: World, request: BudgetRequest) -> None:
    await world.does(lambda s: decide_request(s, world.context, _seen(request), Decision(approve=True), by=world.ben))


async def _approves(world: World, request: BudgetRequest) -> None:
    """Two people are needed; the first one may have voted already."""
    if not await world.has_voted(request):
        await _votes(world, request)
    await world.does(lambda s: decide_request(s, world.context, _seen(request), Decision(approve=True), by=world.chloe))
    world.given += request.amount_nanos


async def _reminds(world: World, _request: BudgetRequest) -> None:
    await world.watches(days=4)


async def _expires(world: World, _request: BudgetRequest) -> None:
    await world.watches(days=20)


async def _denies(world: World, request: BudgetRequest) -> None:
    decision = Decision(approve=False, reason="Not this month")
    await world.does(lambda s: decide_request(s, world.context, _seen(request), decision, by=world.chloe))


async def _withdraws(world: World, request: BudgetRequest) -> None:
    await world.does(lambda s: withdraw_request(s, _seen(request), by=request.person_id))


PLAYS: dict[Step, Play] = {
    "remind": _reminds,
    "escalate": _reminds,
    "expire": _expires,
    "change": _changes,
    "answer": _answers,
    "nudge": _nudges,
    "question": _asks_back,
    "vote": _votes,
    "carry": _carries,
    "approve": _approves,
    "deny": _denies,
    "withdraw": _withdraws,
}
"""How each step that a request can meet is played. What makes a request, and `reroute`, are played apart.
The jobs that look at all that waits come first, while little does."""

AUDITED: dict[Step, str] = {
    "change": "change request",
    "answer": "answer question",
    "nudge": "nudge",
    "question": "ask question",
    "vote": "vote request",
    "carry": "carry request",
    "remind": "remind",
    "escalate": "escalate request",
    "expire": "expire request",
    "approve": "approve request",
    "deny": "deny request",
    "withdraw": "withdraw request",
}
"""What the audit log says of each step."""

LEADS_TO: dict[RequestState, Step] = {
    "approved": "approve",
    "denied": "deny",
    "withdrawn": "withdraw",
    "expired": "expire",
}
"""The step that brings a pending request into a state."""
