"""The rulebook: keys, teams, tools, prices and approval rules at one version of the configuration."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from bot.costs.aliases import ModelAlias
from bot.costs.pricing import ContractPrice, Prices, PriceTerms, priced
from bot.org.attribution import Attribution, Source
from bot.org.teams import Directory
from bot.org.tools import Tools
from bot.periods import DAY_MICROS, MICROS, day_number
from bot.requests.approvals import DEFAULT_APPROVAL_RULES, ApprovalRule
from bot.usage import Booking, Labels, UsageEvent

_QUARTER_HOUR = 900 * MICROS
_CACHE_SIZE, _CACHE_CHARACTERS = 50_000, 10_000_000


_DecisionKey = tuple[Labels, int, int, int | None, int | None]
"""A call's labels, its quarter of an hour, and the source's id and teams. The teams belong to the key, because a
caller may hold a source read before it changed.
"""


class _Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything decided about a call except the cost of its own counters."""

    team_id: int
    rule: str
    day: int
    tool: str
    terms: tuple[PriceTerms, ...]


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
        ends_at: int | None = None,
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
        self.ends_at = ends_at
        self._teams = {team.id: team for team in directory.teams}
        self._memory: dict[_DecisionKey, _Decision] = {}
        self._remembered_characters = 0

    def booking(self, event: UsageEvent, source: Source) -> Booking:
        """Returns the event with its team, local day, tool and price."""
        quarter = event.occurred_at // _QUARTER_HOUR
        key = (event.labels, quarter, source.id, source.team_id, source.default_team_id)
        decided = self._memory.get(key) or self._decide(event, source, key)
        price = priced(event, decided.terms, reported_first=source.reported_first)
        return Booking(  # positional, because this runs for every event
            source.id,
            event,
            decided.team_id,
            decided.rule,
            decided.day,
            decided.tool,
            price.cost_nanos,
            price.basis,
            self.prices.book.book_id,
            price.book_nanos,
            price.notional_nanos,
        )

    def _decide(self, event: UsageEvent, source: Source, key: _DecisionKey) -> _Decision:
        """Decides everything that calls with equal labels share within a quarter of an hour, the step at which zones
        change.

        The decision is cached unless a rule starts or ends within that time.
        """
        placement = self.attribution.place(event, source)
        day = self._teams[placement.team_id].day_of(event.occurred_at)
        decided = _Decision(
            team_id=placement.team_id,
            rule=placement.rule,
            day=day,
            tool=self.tools.tool_of(event, api_base=event.labels.api_base),
            terms=self.prices.terms(event.labels, event.occurred_at // DAY_MICROS, day),
        )
        start = key[1] * _QUARTER_HOUR
        if not self.attribution.changes_within(start, start + _QUARTER_HOUR):
            self._remembered_characters += event.labels.characters
            if len(self._memory) >= _CACHE_SIZE or self._remembered_characters > _CACHE_CHARACTERS:
                self._memory.clear()
                self._remembered_characters = 0
            self._memory[key] = decided
        return decided


def contracts_of(stored: Sequence[Mapping[str, Any]] | None) -> list[ContractPrice]:
    """Returns contract prices from the stored `prices` document, whose rates are in pico-dollars per token."""
    return [
        ContractPrice(
            model=line.get("model"),
            provider=line.get("provider"),
            from_day=_day(line.get("from")),
            input_pico=line.get("input_per_mtok"),
            output_pico=line.get("output_per_mtok"),
            cache_read_pico=line.get("cache_read_per_mtok"),
            cache_write_5m_pico=line.get("cache_write_5m_per_mtok"),
            cache_write_1h_pico=line.get("cache_write_1h_per_mtok"),
            discount_ppm=int(Decimal(line["discount"]) * 1_000_000) if line.get("discount") is not None else None,
        )
        for line in stored or []
    ]


def aliases_of(stored: Sequence[Mapping[str, Any]] | None) -> list[ModelAlias]:
    """Returns model aliases from the stored `models` document."""
    return [
        ModelAlias(alias=line["alias"], model=line["model"], from_day=_day(line.get("from"))) for line in stored or []
    ]


def _day(text: str | None) -> int | None:
    return day_number(date.fromisoformat(text)) if text else None


def approvals_of(policy: Mapping[str, Any] | None) -> tuple[ApprovalRule, ...]:
    """Returns approval rules from the stored `policy` document. Lines that approve automatically have no effect yet."""
    lines = (policy or {}).get("approvals") or []
    rules = tuple(ApprovalRule(up_to_nanos=line["up_to"], by=line["by"]) for line in lines if line.get("by"))
    return rules or DEFAULT_APPROVAL_RULES
