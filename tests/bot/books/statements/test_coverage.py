"""The error bar: what a bill or a second source confirms counts once, and its distance is named."""

from bot.books.statements.coverage import (
    BillDay,
    Company,
    Coverage,
    SeenModel,
    UsagePart,
    company_of,
    coverage_lines,
    coverage_of,
)
from bot.money import NANOS

DAY = 20_727


def part(
    model: str, dollars: int, *, provider: str = "", day: int = DAY, basis: str = "book", tokens: int = 1_000
) -> UsagePart:
    return UsagePart(
        day=day, provider=provider, model=model, basis=basis, calls=2, tokens=tokens, cost_nanos=dollars * NANOS
    )


USAGE = (
    part("claude-opus-4-5", 50, provider="anthropic"),
    part("claude-opus-4-5", 7, provider="anthropic", day=DAY + 1),
    part("anthropic/claude-opus-4.5", 20, provider="bedrock"),
    part("acme-large", 10, basis="reported"),
    part("acme-small", 0, basis="unpriced", tokens=345),
)
BILL = BillDay(provider="anthropic", day=DAY, billed_nanos=1_010 * NANOS, booked_nanos=1_000 * NANOS)


def company(*, seen: tuple[SeenModel, ...] = ()) -> Company:
    others = (part("claude-opus-4-5", 500, provider="bedrock", tokens=9_000),)
    return company_of(
        bills=[BILL], seen=seen, usage=(*USAGE, *others), usage_nanos=600 * NANOS, unattributed_nanos=6 * NANOS
    )


def covered(of: Company) -> Coverage:
    return coverage_of(USAGE, of, billed_by=lambda provider, _: provider)


def test_usage_on_a_billed_day_of_a_billed_provider_is_confirmed() -> None:
    found = covered(company())

    assert (found.usage_nanos, found.billed_nanos, found.observed_nanos) == (87 * NANOS, 50 * NANOS, 0)
    assert found.unconfirmed_nanos == 37 * NANOS
    assert found.reported_nanos == 10 * NANOS
    assert (found.bill_nanos, found.bill_booked_nanos) == (BILL.billed_nanos, BILL.booked_nanos)


def test_what_a_second_source_saw_counts_if_no_bill_has_it() -> None:
    """Models are compared by plain name; the tokens are those of the whole company."""
    found = covered(company(seen=(SeenModel(day=DAY, model="claude-opus-4-5-20251101", tokens=10_900),)))

    assert (found.billed_nanos, found.observed_nanos) == (50 * NANOS, 20 * NANOS)
    assert (found.observed_tokens, found.observed_booked_tokens) == (10_900, 11_000)


def test_what_has_no_price_and_no_team_is_named() -> None:
    lines = coverage_lines(covered(company()))

    assert lines == [
        "Confirmed by a provider's bill: $50.00 (57%). The bills of these days are 1.0% above the books of the whole company.",
        "Not confirmed by anyone else: $37.00 (43%), $10.00 of it at the sender's own figure.",
        "Unpriced: 345 tokens of 2 calls have no price, and are not in the cost.",
        "Unattributed in the whole company: $6.00 (1% of its usage).",
    ]


def test_a_tiny_share_is_not_shown_as_nothing() -> None:
    found = Coverage(usage_nanos=NANOS, unattributed_nanos=NANOS, company_nanos=1_000 * NANOS)

    assert coverage_lines(found)[-1].endswith("$1.00 (under 1% of its usage).")


def test_nothing_used_is_a_sentence() -> None:
    assert coverage_lines(Coverage()) == ["Nothing was used."]
