"""The digests of the company and of managers: at nine on Monday in their zone, once per person and week."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog

from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.periods import week_name
from bot.refusals import ConfigError
from bot.reporting.company_digests import CompanyDigest, ManagerReader, manager_readers
from bot.reporting.digests import due_week
from bot.reporting.spans import week_span
from bot.reporting.subtree_reports import SubtreeReport
from bot.requests.budget_requests import BudgetRequest
from bot.views.reporting.company_digests import company_digest_message
from handlers.context import Context
from handlers.reporting.subtree_reports import subtree_report
from handlers.requests.deciding.deciders import route_of
from handlers.scope import Scope
from storage.faults import DatabaseError
from storage.store import Transaction

log = structlog.get_logger()

_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Whom a digest goes to, people or the company's channel, with the nodes that it covers."""

    key: str
    monday: int
    nodes: tuple[Team, ...]
    people: tuple[int, ...]
    is_shared: bool = False
    """Whether it goes to the company's channel; `people` would have it otherwise."""
    shows_preview: bool = False

    def key_of(self, person_id: int) -> str:
        return f"{self.key}:{person_id}"

    @property
    def keys(self) -> list[str]:
        """Returns the keys of all messages that it may be: in the channel, and one for each person."""
        return [self.key, *map(self.key_of, self.people)]

    def is_posted(self, posted: frozenset[str]) -> bool:
        """Returns whether nobody lacks it. If it is in the channel nobody gets it again, nor the channel what people have."""
        if self.key in posted:
            return True
        has_it = [self.key_of(person_id) in posted for person_id in self.people]
        return any(has_it) if self.is_shared else all(has_it)


async def post_due_company_digests(context: Context) -> int:
    """Posts the digests of the company and of managers that are due and were not posted yet. Returns the number.

    One that can't be built is logged, keeps no other from being posted, and is tried again by the next run.
    """
    now = context.now()
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=now)
        due = await _missing(tx, _due(scope))
        due = await _used(scope, due) if due else []
    if due:
        await context.store.fold_totals()
    put = 0
    for addressee in due:
        try:
            put += await put_digest(context, addressee)
        except DatabaseError:
            raise
        except Exception as error:
            log.error("digest not built", key=addressee.key, error=repr(error), exc_info=error)
    return put


def company_addressee(directory: Directory, monday: int) -> Addressee:
    """Returns the company's channel if the organisation has one of its own for alerts, else finance.

    In preview finance alone reads it.
    """
    root = directory.root
    place = root.alerts.alerts_destination
    is_shared = root.mode != "preview" and place is not None and place.state in ("linked", "unresolved")
    return Addressee(
        key=f"digest:company:{week_name(monday)}",
        monday=monday,
        nodes=(root,),
        people=tuple(sorted(directory.reachable_finance)),
        is_shared=is_shared,
        shows_preview=not is_shared,
    )


def manager_addressee(reader: ManagerReader, monday: int) -> Addressee:
    return Addressee(
        key=f"digest:manager:{week_name(monday)}", monday=monday, nodes=reader.nodes, people=(reader.person_id,)
    )


def managers_of_teams(directory: Directory, *, at: int) -> tuple[ManagerReader, ...]:
    """Returns the managers who get a digest: not those who read the company's by direct message."""
    company = company_addressee(directory, 0)
    without = frozenset[int]() if company.is_shared else frozenset(company.people)
    return manager_readers(directory, at=at, without=without)


def _due(scope: Scope) -> list[Addressee]:
    """Returns the digests whose hour has come, whether they were posted or not."""
    directory = scope.directory
    found = []
    monday = due_week(now=scope.now, zone_name=directory.root.zone_on(scope.at))
    if monday is not None:
        found.append(company_addressee(directory, monday))
    for reader in managers_of_teams(directory, at=scope.at):
        monday = due_week(now=scope.now, zone_name=reader.zone)
        if monday is not None:
            found.append(manager_addressee(reader, monday))
    return found


async def post_week(context: Context, monday: int) -> int:
    """Posts a week's digests of the company and of every manager who has none yet, whatever the hour. Returns the number."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        readers = managers_of_teams(scope.directory, at=scope.at)
        addressees = [company_addressee(scope.directory, monday), *(manager_addressee(one, monday) for one in readers)]
    return sum([await put_digest(context, addressee) for addressee in addressees])


async def _missing(tx: Transaction, due: list[Addressee]) -> list[Addressee]:
    """Returns the digests that were not posted yet, by one query: it runs all day on Monday."""
    posted = await tx.outbox.known_of([key for addressee in due for key in addressee.keys])
    return [addressee for addressee in due if not addressee.is_posted(posted)]


async def _used(scope: Scope, due: list[Addressee]) -> list[Addressee]:
    """Returns the digests with content: those whose teams used anything in the week or the one before."""
    first = min(addressee.monday for addressee in due) - _WEEK
    end = max(addressee.monday for addressee in due) + _WEEK
    ids = [team.id for team in scope.directory.teams]
    used = {team_id for team_id, _ in await scope.tx.reports.by_day(ids, first_day=first, end_day=end)}
    return [addressee for addressee in due if not used.isdisjoint(_team_ids(scope.directory, addressee.nodes))]


def _team_ids(directory: Directory, nodes: Iterable[Team]) -> set[int]:
    ids = {team.id for node in nodes for team in directory.subtree(node)}
    return ids | {directory.unattributed.id} if directory.root.id in ids else ids


async def put_digest(context: Context, addressee: Addressee) -> int:
    """Stores a digest for each of its readers who has none of that week yet. Returns the number of readers.

    It is built from a snapshot, where figures of many teams come from memory, and stored by a short transaction.
    """
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        report = await week_of_nodes(scope, addressee.nodes, addressee.monday, shows_preview=addressee.shows_preview)
        if _is_empty(report):
            return 0
        yours = {person_id: count_for(scope, report.waiting, person_id) for person_id in addressee.people}
    put = 0
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        posted = await tx.outbox.known_of(addressee.keys)
        if addressee.is_posted(posted):
            return 0
        if addressee.is_shared:
            to = {"to_team_id": scope.directory.root.id}
            message = _message(addressee, report, yours=0)
            put += await tx.outbox.put(message, dedupe_key=addressee.key, at=scope.at, route="alerts", **to)
        else:
            for person_id, count in yours.items():
                message = _message(addressee, report, yours=count)
                key = addressee.key_of(person_id)
                put += await tx.outbox.put(message, dedupe_key=key, at=scope.at, to_person_id=person_id)
    if put:
        context.wake_outbox.set()
    return put


def _is_empty(report: SubtreeReport) -> bool:
    return not (report.calls or report.before_nanos or report.cost_nanos)


def _message(addressee: Addressee, report: SubtreeReport, *, yours: int) -> Message:
    digest = CompanyDigest(monday=addressee.monday, report=report, yours=yours, is_shared=addressee.is_shared)
    return company_digest_message(digest)


async def node_digest_of(scope: Scope, node: Team, monday: int) -> Message | None:
    """Returns the digest of the company, or of one department as its managers see it; None without usage in the week and the
    one before.
    """
    is_company = node.kind == "organisation"
    report = await week_of_nodes(scope, (node,), monday, shows_preview=is_company)
    if _is_empty(report):
        return None
    return company_digest_message(CompanyDigest(monday=monday, report=report))


async def post_node_digest(context: Context, node: Team, monday: int) -> bool:
    """Posts a week's digest of the company, or to each manager of a department the one of all that they manage, unless they
    have it. Refuses a department of which nobody gets one.
    """
    async with context.store.read() as tx:
        scope = await context.scope(tx)
    directory = scope.directory
    if node.kind == "organisation":
        return bool(await put_digest(context, company_addressee(directory, monday)))
    managers = directory.people_with("manager", node)
    readers = [one for one in managers_of_teams(directory, at=scope.at) if one.person_id in managers]
    if not readers:
        raise ConfigError(
            f"no manager of {node.name} gets a digest: it needs one who can be reached, does not read the company's as finance, "
            "and has teams that are not in preview"
        )
    return any([await put_digest(context, manager_addressee(reader, monday)) for reader in readers])


async def week_of_nodes(scope: Scope, nodes: tuple[Team, ...], monday: int, *, shows_preview: bool) -> SubtreeReport:
    """Returns the closed week of some nodes, compared with the week before."""
    week = week_span(monday, zone=nodes[0].zone_on(scope.at))
    return await subtree_report(scope, nodes, week, shows_preview=shows_preview)


def count_for(scope: Scope, waiting: Collection[BudgetRequest], person_id: int) -> int:
    """Returns how many of the requests a person may decide."""
    return sum(person_id in route_of(scope, request).deciders for request in waiting)
