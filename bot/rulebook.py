"""The rulebook: keys, teams, tools, prices and approval rules at one version of the configuration."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

import msgspec

from bot.costs.plain_bookings import Placed, PlainBookings, contract_price, price_of
from bot.costs.pricing import Basis, Priced, Prices, PriceTerms, book_alone, priced
from bot.costs.rates import Rates
from bot.org.attribution import Attribution, Source
from bot.org.gateways import GatewaySettings
from bot.org.set_budgets import SetBudget
from bot.org.teams import Directory, Team
from bot.org.tools import Tools
from bot.org.workflows import Workflows
from bot.periods import DAY_MICROS, MICROS
from bot.requests.attendance.stand_ins import Attendance
from bot.requests.emergencies import EmergencyTerms
from bot.requests.policies import ApprovalRule
from bot.requests.policy_words import policy_text
from bot.sources.plain_calls import PlainCalls
from bot.usage import Booking, Labels, UsageEvent

_QUARTER_HOUR = 900 * MICROS
_CACHE_SIZE, _CACHE_CHARACTERS, _CACHE_DAYS = 50_000, 10_000_000, 200_000
_BOOK: Basis = "book"
NO_WORKFLOWS = Workflows()
EVERYBODY_THERE = Attendance()


_SourceKey = tuple[int, int | None, int | None, int]
"""A source's id and teams, and since when no attribution rule changed. The teams belong to the key, because a caller may
hold a source read before it changed.
"""
_DayTerms = tuple[tuple[PriceTerms, ...], Rates | None]
"""The terms of a model on a day; its book rates too, if these alone price any call that can be priced."""


_NO_TERMS: _DayTerms = ((), None)


class _Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything decided about a call except what its moment and counters decide.

    `named` has its labels with another workflow, where teams.yml names one. Decisions of one zone share `days`, the local
    day by quarter of an hour: zones change at its steps. Those of one model share `terms`, by twice the local day plus the
    UTC day.
    """

    team: Team
    rule: str
    tool: str
    placed: Placed
    named: Labels | None
    days: dict[int, int]
    terms: dict[int, _DayTerms]


class Rulebook:
    """Every rule needed to book an event, in memory. A rulebook of an older `version` must not book."""

    def __init__(
        self,
        *,
        version: int,
        directory: Directory,
        sources: Mapping[bytes, Source],
        attribution: Attribution,
        prices: Prices,
        tools: Tools,
        approvals: Sequence[ApprovalRule],
        workflows: Workflows = NO_WORKFLOWS,
        attendance: Attendance = EVERYBODY_THERE,
        gateways: Sequence[GatewaySettings] = (),
        ends_at: int | None = None,
        emergency: EmergencyTerms | None = None,
    ) -> None:
        """Collects the rules.

        `sources` maps the hashes of valid keys to sources. At `ends_at` a dated membership starts and the directory
        changes; attribution handles its dates itself.
        """
        self.version = version
        self.directory = directory
        self.sources = sources
        self.signed = {source.name: (source, key) for key, source in sources.items() if source.signature}
        self.attribution = attribution
        self.prices = prices
        self.tools = tools
        self.approvals = approvals
        self.emergency = emergency
        self.workflows = workflows
        self.attendance = attendance
        self.gateways = tuple(gateways)
        self.ends_at = ends_at
        self._remember_nothing()

    def _remember_nothing(self) -> None:
        self._teams = {team.id: team for team in self.directory.teams}
        self._memory: dict[_SourceKey, dict[Labels, _Decision]] = {}
        self._days: dict[str | int, dict[int, int]] = {}
        self._terms: dict[tuple[str, ...], dict[int, _DayTerms]] = {}
        self._remembered = self._remembered_characters = self._remembered_days = 0

    @cached_property
    def policy_text(self) -> tuple[str, ...]:
        """Returns the policy of budget requests, one sentence per line."""
        return policy_text(self.approvals, {team.id: team.slug for team in self.directory.teams})

    def with_budgets(self, version: int, budgets: Mapping[int, SetBudget]) -> "Rulebook":
        """Returns the rulebook of a later version that differs by budgets of teams alone."""
        changed = copy(self)
        for name in [name for name in vars(self) if isinstance(getattr(Rulebook, name, None), cached_property)]:
            del vars(changed)[name]  # it may be derived from the budgets
        changed.version = version
        changed.directory = self.directory.with_budgets(budgets)
        changed._remember_nothing()  # of the same class
        return changed

    def booking(self, event: UsageEvent, source: Source) -> Booking:
        """Returns the event with its team, local day, tool and price."""
        return self.bookings((event,), source)[0]

    def bookings(self, events: Sequence[UsageEvent], source: Source) -> list[Booking]:
        """Returns events with their team, local day, tool and price.

        Calls with equal labels share a decision until an attribution rule starts or ends.
        """
        found = []
        begins = ends = 0
        known: dict[Labels, _Decision] = {}
        source_id, reported_first, book_id = source.id, source.reported_first, self.prices.book.book_id
        for event in events:
            at = event.occurred_at
            if not begins <= at < ends:
                begins, ends = self.attribution.unchanged_around(at)
                known = self._memory.setdefault((source_id, source.team_id, source.default_team_id, begins), {})
            decided = known.get(event.labels) or self._decide(event, source, known)
            quarter = at // _QUARTER_HOUR
            day = decided.days.get(quarter)
            if day is None:
                day = self._day(decided, at, quarter)
            terms, rates = decided.terms.get(2 * day + at // DAY_MICROS) or self._day_terms(decided, event, day)
            reason = ""
            if (
                rates is None or reported_first or event.reported_nanos is not None
                or event.failed or event.gateway_cache or event.unmetered or event.notional
            ):  # fmt: skip
                price = priced(event, terms, reported_first=reported_first)
                cost, basis, book_nanos = price.cost_nanos, price.basis, price.book_nanos
                notional, reason = price.notional_nanos, price.reason
            elif (book_nanos := rates.nanos(event)) is not None:
                cost, basis, notional = book_nanos, _BOOK, 0
            else:
                price = priced(event, terms, reported_first=False)
                cost, basis, notional, reason = price.cost_nanos, price.basis, 0, price.reason
            found.append(
                Booking(  # positional, because this runs for every event
                    source_id,
                    event if decided.named is None else msgspec.structs.replace(event, labels=decided.named),
                    decided.team.id,
                    decided.rule,
                    day,
                    decided.tool,
                    cost,
                    basis,
                    book_id,
                    book_nanos,
                    notional,
                    reason,
                )
            )
        return found

    def plain_bookings(self, calls: PlainCalls, source: Source) -> PlainBookings:
        """Returns plain calls with their team, local day, tool and price, as `bookings` does.

        What is not cached yet, or not priced by the book or a contract alone, goes that way.
        """
        placed, days, costs, others = list[Placed](), list[int](), list[int](), dict[int, Priced]()
        named: dict[int, Labels] = {}
        begins = ends = 0
        known: dict[Labels, _Decision] = {}
        for place, (at, labels, counters) in enumerate(zip(calls.moments, calls.labels, calls.counters, strict=True)):
            if not begins <= at < ends:
                begins, ends = self.attribution.unchanged_around(at)
                known = self._memory.setdefault((source.id, source.team_id, source.default_team_id, begins), {})
            price = cost = None
            decided = known.get(labels)
            day = decided.days.get(at // _QUARTER_HOUR) if decided is not None else None
            if decided is not None and day is not None and not source.reported_first:
                terms, rates = decided.terms.get(2 * day + at // DAY_MICROS, _NO_TERMS)
                if rates is not None:
                    cost = rates.plain_nanos(counters)
                elif terms and (price := contract_price(terms, counters)):
                    cost, others[place] = price.cost_nanos, price
            if decided is None or day is None or cost is None:
                booking = self.booking(calls.event(place), source)
                others[place] = price_of(booking)
                if booking.event.labels is not labels:
                    named[place] = booking.event.labels
                placed.append((booking.team_id, booking.rule, booking.tool))
                days.append(booking.local_day)
                costs.append(booking.cost_nanos)
            else:
                placed.append(decided.placed)
                if decided.named is not None:
                    named[place] = decided.named
                days.append(day)
                costs.append(cost)
        if named:
            calls = replace(calls, labels=[named.get(place, label) for place, label in enumerate(calls.labels)])
        return PlainBookings(calls, source.id, self.prices.book.book_id, placed, days, costs, others)

    def _decide(self, event: UsageEvent, source: Source, known: dict[Labels, _Decision]) -> _Decision:
        """Decides what calls with equal labels share, and caches it in `known`."""
        placement, labels = self.attribution.place(event, source), event.labels
        team = self._teams[placement.team_id]
        zone = team.timezone if team.next_timezone_day is None else team.id
        tool = self.tools.tool_of(event, api_base=labels.api_base)
        decided = _Decision(
            team=team,
            rule=placement.rule,
            tool=tool,
            placed=(team.id, placement.rule, tool),
            named=self.workflows.named(labels),
            days=self._days.setdefault(zone, {}),
            terms=self._terms.setdefault((labels.provider, labels.model, labels.tier, labels.geo, labels.region), {}),
        )
        self._remembered += 1
        self._remembered_characters += labels.characters
        if self._remembered > _CACHE_SIZE or self._remembered_characters > _CACHE_CHARACTERS:
            self._clear()
            known.clear()
        known[labels] = decided
        return decided

    def _day(self, decided: _Decision, at: int, quarter: int) -> int:
        day = decided.days[quarter] = decided.team.day_of(at)
        self._count_day()
        return day

    def _day_terms(self, decided: _Decision, event: UsageEvent, day: int) -> _DayTerms:
        utc_day = event.occurred_at // DAY_MICROS
        terms = self.prices.terms(event.labels, utc_day, day)
        found = decided.terms[2 * day + utc_day] = (terms, book_alone(terms))
        self._count_day()
        return found

    def _count_day(self) -> None:
        self._remembered_days += 1
        if self._remembered_days > _CACHE_DAYS:
            self._clear()

    def _clear(self) -> None:
        """Forgets everything. Decisions in use keep days and terms of their own."""
        for memory in (self._memory, self._days, self._terms):
            memory.clear()
        self._remembered = self._remembered_characters = self._remembered_days = 0
