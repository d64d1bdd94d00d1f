"""The error bar of a statement: how much of its usage others confirm, how far off they are, and what has no cost or team."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.costs.model_names import plain_model
from bot.money import percent, usd


@dataclass(frozen=True, kw_only=True)
class UsagePart:
    """Usage of a day and a provider's model, under one basis."""

    day: int
    provider: str
    model: str
    basis: str
    calls: int
    tokens: int
    cost_nanos: int


@dataclass(frozen=True, kw_only=True)
class BillDay:
    """A provider's bill of a day, and what the whole company had booked for it when the two were compared."""

    provider: str
    day: int
    billed_nanos: int
    booked_nanos: int


@dataclass(frozen=True, kw_only=True)
class SeenModel:
    """What observing sources saw of a model on a day."""

    day: int
    model: str
    tokens: int


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Amounts are nano-dollars at booked cost. A cost that a provider billed counts there alone, though a second source may
    have seen it too.
    """

    usage_nanos: int = 0
    """The team's usage of the period's days."""
    billed_nanos: int = 0
    """Of it, usage on days and of providers whose bill is imported."""
    bill_nanos: int = 0
    """What these bills say, of the whole company."""
    bill_booked_nanos: int = 0
    """What the whole company had booked for these bills."""
    observed_nanos: int = 0
    """Of the rest, usage of models and days that an observing source saw too."""
    observed_tokens: int = 0
    """What the observing sources saw of these models and days, of the whole company."""
    observed_booked_tokens: int = 0
    """What the whole company booked of them."""
    reported_nanos: int = 0
    """Of the rest, usage that is booked at the sender's own figure."""
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    unattributed_nanos: int = 0
    """The usage of the whole company for which no team is known."""
    company_nanos: int = 0

    @property
    def unconfirmed_nanos(self) -> int:
        return self.usage_nanos - self.billed_nanos - self.observed_nanos


@dataclass(frozen=True, kw_only=True)
class Company:
    """What the error bars of all teams share in a period: bills by (provider, day), and by (day, plain model) the tokens that
    observing sources saw, and those that were booked of the same.
    """

    bills: Mapping[tuple[str, int], BillDay]
    seen: Mapping[tuple[int, str], int]
    booked_tokens: Mapping[tuple[int, str], int]
    usage_nanos: int
    unattributed_nanos: int


def company_of(
    *,
    bills: Iterable[BillDay],
    seen: Iterable[SeenModel],
    usage: Iterable[UsagePart],
    usage_nanos: int,
    unattributed_nanos: int,
) -> Company:
    """Returns what the teams of a company share. `usage` is that of all teams; without anything seen it may be empty."""
    tokens: dict[tuple[int, str], int] = {}
    for one in seen:
        at = (one.day, plain_model(one.model))
        tokens[at] = tokens.get(at, 0) + one.tokens
    booked = dict.fromkeys(tokens, 0)
    for part in usage:
        at = (part.day, plain_model(part.model))
        if at in booked:
            booked[at] += part.tokens
    return Company(
        bills={(bill.provider, bill.day): bill for bill in bills},
        seen=tokens,
        booked_tokens=booked,
        usage_nanos=usage_nanos,
        unattributed_nanos=unattributed_nanos,
    )


def coverage_of(usage: Iterable[UsagePart], company: Company, *, billed_by: Callable[[str, str], str]) -> Coverage:
    """Returns the error bar of a team's usage. `billed_by` names the provider that bills a sender's provider and model.

    Days are compared by their date: a bill's days are UTC's, usage has the days of the team's zone.
    """
    ours = _Sums()
    for part in usage:
        bill = company.bills.get((billed_by(part.provider, part.model), part.day))
        ours.add(part, bill=bill, is_seen=(part.day, plain_model(part.model)) in company.seen)
    return Coverage(
        usage_nanos=ours.usage_nanos,
        billed_nanos=ours.billed_nanos,
        bill_nanos=sum(bill.billed_nanos for bill in ours.bills),
        bill_booked_nanos=sum(bill.booked_nanos for bill in ours.bills),
        observed_nanos=ours.observed_nanos,
        observed_tokens=sum(company.seen[at] for at in ours.seen_models),
        observed_booked_tokens=sum(company.booked_tokens[at] for at in ours.seen_models),
        reported_nanos=ours.reported_nanos,
        unpriced_calls=ours.unpriced_calls,
        unpriced_tokens=ours.unpriced_tokens,
        unattributed_nanos=company.unattributed_nanos,
        company_nanos=company.usage_nanos,
    )


@dataclass
class _Sums:
    """The sums of a team's usage by who confirms it."""

    usage_nanos: int = 0
    billed_nanos: int = 0
    observed_nanos: int = 0
    reported_nanos: int = 0
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    bills: set[BillDay] = field(default_factory=set)
    seen_models: set[tuple[int, str]] = field(default_factory=set)

    def add(self, part: UsagePart, *, bill: BillDay | None, is_seen: bool) -> None:
        self.usage_nanos += part.cost_nanos
        if part.basis == "unpriced":
            self.unpriced_calls += part.calls
            self.unpriced_tokens += part.tokens
        if bill is not None:
            self.billed_nanos += part.cost_nanos
            self.bills.add(bill)
        elif is_seen:
            self.observed_nanos += part.cost_nanos
            self.seen_models.add((part.day, plain_model(part.model)))
        elif part.basis == "reported":
            self.reported_nanos += part.cost_nanos


def coverage_lines(coverage: Coverage) -> list[str]:
    """Returns the error bar in sentences."""
    lines = []
    usage = coverage.usage_nanos
    if coverage.billed_nanos:
        off = _off(coverage.bill_nanos, coverage.bill_booked_nanos)
        lines.append(
            f"Confirmed by a provider's bill: {usd(coverage.billed_nanos)} ({_share(coverage.billed_nanos, usage)}). "
            f"The bills of these days are {off} of the whole company."
        )
    if coverage.observed_nanos:
        off = _off(coverage.observed_tokens, coverage.observed_booked_tokens)
        lines.append(
            f"Seen by a second source: {usd(coverage.observed_nanos)} ({_share(coverage.observed_nanos, usage)}). "
            f"Its tokens are {off} of the whole company."
        )
    if coverage.unconfirmed_nanos:
        share = _share(coverage.unconfirmed_nanos, usage)
        own = f", {usd(coverage.reported_nanos)} of it at the sender's own figure" if coverage.reported_nanos else ""
        lines.append(f"Not confirmed by anyone else: {usd(coverage.unconfirmed_nanos)} ({share}){own}.")
    if coverage.unpriced_calls:
        lines.append(
            f"Unpriced: {coverage.unpriced_tokens:,} tokens of {coverage.unpriced_calls:,} calls have no price, "
            "and are not in the cost."
        )
    if coverage.unattributed_nanos:
        share = _share(coverage.unattributed_nanos, coverage.company_nanos)
        lines.append(f"Unattributed in the whole company: {usd(coverage.unattributed_nanos)} ({share} of its usage).")
    return lines or ["Nothing was used."]


def _share(part: int, whole: int) -> str:
    """Returns a share in percent; a tiny one never shows as nothing."""
    return "under 1%" if 0 < part * 200 < whole else percent(part, whole)


def _off(theirs: int, ours: int) -> str:
    """Returns how far another figure is from the books, such as `0.8% above the booked cost`."""
    if theirs == ours or not ours:
        return "equal to the books" if theirs == ours else "not in the books"
    share = abs(theirs - ours) * 1000 // abs(ours)
    words = f"{share // 10}.{share % 10}%" if share else "under 0.1%"
    return f"{words} {'above' if theirs > ours else 'below'} the books"
