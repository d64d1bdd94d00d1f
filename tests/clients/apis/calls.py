"""The calls that a program makes to its stand-in: what each is answered, which are refused first, and their bills."""

from dataclasses import dataclass, field

from tests.clients.bills import RATES, Bill, Counters

REFUSALS = (529, 503, 429)
TOOL_TURNS = 5
"""Answers of one conversation that ask for a tool, before the last one that has only text."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request asks for that changes its bill."""

    model: str
    stream: bool = False
    searches: bool = False
    tier: str = ""
    writes: bool = True


@dataclass(kw_only=True)
class Calls:
    """All calls of one program. Every answer has other counts, so that calls can be told apart by their figures."""

    geographies: bool = False
    refuses: bool = True
    bills: list[Bill] = field(default_factory=list)
    refused: int = 0
    warm_ups: int = 0
    """Calls without output, which are not billed."""
    unknown: list[str] = field(default_factory=list)
    _refused_at: int = -1

    def refusal(self) -> int | None:
        """Returns the status that this try is refused with, if it is: every ninth call is, once."""
        number = len(self.bills) + 1
        if not self.refuses or number % 9 != 4 or self._refused_at == number:
            return None
        self._refused_at = number
        self.refused += 1
        return REFUSALS[self.refused % len(REFUSALS)]

    def answer(self, asked: Asked) -> Bill:
        """Makes the counts of the next answer and records its bill. KeyError for a model that isn't offered."""
        number = len(self.bills) + 1
        counters = counters_of(number, asked)
        searches = 1 + number % 3 if asked.searches else 0
        conditions = [asked.tier] if asked.tier else []
        features = {
            name
            for name, is_there in (
                ("stream", asked.stream),
                ("1 h writes", counters.cache_write_1h > 0),
                ("cache writes", counters.cache_write_5m + counters.cache_write_1h > 0),
                ("web search", searches > 0),
                (asked.tier, bool(asked.tier)),
            )
            if is_there
        }
        if self.geographies and asked.model.startswith("claude") and number % 11 == 5:
            conditions.append("us")
            features.add("geography")
        if self._refused_at == number:
            features.add("retry")
        RATES[asked.model]
        bill = Bill(
            number=number,
            model=asked.model,
            counters=counters,
            searches=searches,
            conditions=tuple(conditions),
            features=frozenset(features),
        )
        self.bills.append(bill)
        return bill


def counters_of(number: int, asked: Asked) -> Counters:
    """Returns counts that no other call of a program has: output alone tells the number."""
    writes = asked.writes and number % 4 != 0
    return Counters(
        uncached_input=1_200 + 3 * number,
        cache_read=20_000 + 7 * number if number % 5 else 0,
        cache_write_5m=1_000 + number if writes else 0,
        cache_write_1h=2_000 + 2 * number if writes and asked.model.startswith("claude") and number % 5 == 2 else 0,
        output=300 + number,
        reasoning=100 + number % 50,
    )
