"""FOCUS: what the official validator does not check: costs by unit prices, units, unknown costs, corrections, names."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.exports.columns import cells
from bot.books.exports.focus import FOCUS_COLUMNS, Payer, UsageSum, focus_row
from bot.periods import Calendar

PERIOD = Calendar().named("2026-11")
MANDATORY = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity"),
    *("PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
)
MAY_BE_EMPTY = {"ChargeClass"}
UNIT = re.compile(r"(\d+ )?[A-Z][a-z]+(-[A-Z][a-z]+)?")


def used(**values: Any) -> UsageSum:
    facts: dict[str, Any] = {
        "day": PERIOD.first_day + 4,
        "is_adjusting": False,
        "team": "search",
        "team_name": "Search",
        "cost_center": "CC-100",
        "tool": "Claude Code",
        "provider": "anthropic",
        "model": "claude-opus-4-5",
        "workflow": "evals",
        "credential": "key-12",
        "basis": "book",
        "user": "",
        "calls": 3,
        "counters": (1_000, 200, 0, 0, 600, 100),
        "cost_nanos": 20_000_000,
        "list_nanos": 20_000_000,
        "is_unknown": False,
    }
    return UsageSum(**(facts | values))


def row(**values: Any) -> dict[str, str]:
    payer = Payer("organisation", "Acme", "USD")
    text = cells(FOCUS_COLUMNS, focus_row(used(**values), payer=payer, period=PERIOD))
    return dict(zip((column.name for column in FOCUS_COLUMNS), text, strict=True))


def test_a_charge_has_its_team_period_day_and_cost() -> None:
    found = row()

    assert (found["SubAccountId"], found["SubAccountName"], found["SubAccountType"]) == ("search", "Search", "Team")
    assert (found["BillingPeriodStart"], found["BillingPeriodEnd"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert (found["ChargePeriodStart"], found["ChargePeriodEnd"]) == ("2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z")
    assert (found["BilledCost"], found["ChargeCategory"], found["ChargeClass"]) == ("0.020000000", "Usage", "")
    assert json.loads(found["Tags"]) == {"cost_center": "CC-100", "team": "search", "workflow": "evals"}
    assert (found["x_CostCenter"], found["x_Calls"], found["x_ReasoningTokens"]) == ("CC-100", "3", "100")


def test_tokens_are_consumed_once_and_priced_by_the_million() -> None:
    found = row()

    assert (found["ConsumedQuantity"], found["ConsumedUnit"]) == ("1800.0", "Tokens")
    assert (found["PricingQuantity"], found["PricingUnit"]) == ("0.001800", "1000000 Tokens")


def test_what_has_no_tokens_is_counted_in_calls() -> None:
    found = row(counters=(0,) * 6)

    assert (found["ConsumedQuantity"], found["ConsumedUnit"], found["PricingQuantity"]) == ("3.0", "Requests", "3.0")


def test_a_contract_stands_beside_the_list_price() -> None:
    found = row(basis="contract", cost_nanos=17_000_000)

    costs = [found[name] for name in ("ListCost", "ContractedCost", "EffectiveCost", "BilledCost")]
    assert costs == ["0.020000000", "0.017000000", "0.017000000", "0.017000000"]
    assert Decimal(found["ContractedUnitPrice"]) < Decimal(found["ListUnitPrice"])


def test_an_unknown_cost_says_so_and_an_adjusting_row_is_a_correction() -> None:
    unknown = row(basis="unpriced", is_unknown=True, cost_nanos=0, list_nanos=0)
    assert (unknown["BilledCost"], unknown["PricingCategory"], unknown["x_CostBasis"]) == (
        "0.000000000",
        "Other",
        "unpriced",
    )
    assert unknown["ChargeDescription"].endswith("the cost is unknown")

    taken = row(is_adjusting=True, calls=-1, counters=(-5, 0, 0, 0, -7, 0), cost_nanos=-9, list_nanos=-9)
    assert (taken["ChargeClass"], taken["ConsumedQuantity"], taken["BilledCost"]) == (
        "Correction",
        "-12.0",
        "-0.000000009",
    )
    assert taken["ChargeDescription"].startswith("Correction of ")


@given(st.integers(-(10**14), 10**14), st.integers(-(10**18), 10**18), st.integers(0, 10**18))
def test_unit_prices_give_the_costs_back_to_the_nano_dollar(tokens: int, cost: int, listed: int) -> None:
    found = row(counters=(tokens, 0, 0, 0, 0, 0), cost_nanos=cost, list_nanos=listed)

    quantity = Decimal(found["PricingQuantity"])
    for unit_price, total in (("ContractedUnitPrice", "ContractedCost"), ("ListUnitPrice", "ListCost")):
        if quantity:
            product = Decimal(found[unit_price]) * quantity
            assert abs(product - Decimal(found[total])) < Decimal("0.5e-9")


@pytest.mark.parametrize(
    "bare",
    [{}, dict.fromkeys(("tool", "provider", "workflow", "credential", "cost_center"), ""), {"counters": (0,) * 6}],
    ids=["whole", "bare", "without tokens"],
)
def test_mandatory_columns_are_filled_and_others_are_focus_or_ours(bare: dict[str, Any]) -> None:
    found = row(**bare)

    assert [name for name in MANDATORY if not found[name] and name not in MAY_BE_EMPTY] == []
    assert all(UNIT.fullmatch(found[name]) for name in ("ConsumedUnit", "PricingUnit"))
    assert bool(found["ResourceId"]) == bool(found["ResourceType"])
    assert not [name for name in found if name.endswith("Id") and found[name] == "None"]


def test_an_empty_sum_is_nothing() -> None:
    empty = {"calls": 0, "counters": (0,) * 6, "cost_nanos": 0, "list_nanos": 0}
    assert used(**empty).is_nothing
    assert not used(**(empty | {"cost_nanos": 1})).is_nothing
    assert not used(**(empty | {"counters": (1, 0, 0, 0, -1, 0)})).is_nothing
