"""FOCUS 1.2: a period's usage as charges, a row per team, day and series, and its adjusting rows as corrections.

FOCUS prices one kind of token a row; a call's cost is rounded once, over all its kinds. So a row has the tokens of all
kinds together, its unit prices are averages, and the columns `x_…` have the kinds.
"""

import json
from decimal import Context, Decimal
from typing import Any, NamedTuple

from bot.books.exports.columns import Column, ExportRow
from bot.periods import DAY_MICROS, Period
from bot.usage import COUNTERS

PROFILES = ("1.2",)
MILLION = 1_000_000
_TOKENS, _REQUESTS = "Tokens", "Requests"
_UNKNOWN = "Unknown"
_EXACT = Context(prec=60)
_UNIT_PRICE = Decimal(1).scaleb(-18)
"""So many decimals give the cost back, to the nano-dollar, for up to 10¹⁴ tokens a row."""

_PARTS = tuple("x_" + "".join(word.title() for word in name.split("_")) + "Tokens" for name in COUNTERS)
FOCUS_COLUMNS = (
    Column("BilledCost", "amount"),
    *(Column(name) for name in ("BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency")),
    Column("BillingPeriodStart", "moment"),
    Column("BillingPeriodEnd", "moment"),
    *(Column(name) for name in ("ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency")),
    Column("ChargePeriodStart", "moment"),
    Column("ChargePeriodEnd", "moment"),
    *(Column(f"CommitmentDiscount{name}") for name in ("Category", "Id", "Name", "Status", "Type")),
    Column("ConsumedQuantity", "decimal"),
    Column("ConsumedUnit"),
    Column("ContractedCost", "amount"),
    Column("ContractedUnitPrice", "decimal"),
    Column("EffectiveCost", "amount"),
    *(Column(name) for name in ("InvoiceId", "InvoiceIssuerName")),
    Column("ListCost", "amount"),
    Column("ListUnitPrice", "decimal"),
    *(Column(name) for name in ("PricingCategory", "PricingCurrency")),
    Column("PricingCurrencyContractedUnitPrice", "decimal"),
    Column("PricingCurrencyEffectiveCost", "amount"),
    Column("PricingCurrencyListUnitPrice", "decimal"),
    Column("PricingQuantity", "decimal"),
    *(Column(name) for name in ("PricingUnit", "ProviderName", "PublisherName")),
    *(Column(name) for name in ("ResourceId", "ResourceName", "ResourceType")),
    *(Column(name) for name in ("ServiceCategory", "ServiceName", "ServiceSubcategory")),
    *(Column(name) for name in ("SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId")),
    *(Column(name) for name in ("SubAccountId", "SubAccountName", "SubAccountType", "Tags")),
    *(Column(name) for name in ("x_CostBasis", "x_CostCenter", "x_Model", "x_PrincipalId", "x_Tool", "x_Workflow")),
    Column("x_Calls", "count"),
    *(Column(name, "count") for name in _PARTS),
)
"""The columns of FOCUS 1.2 that usage of AI has, and our own, which begin with `x_`."""


class Payer(NamedTuple):
    """The organisation that pays, as FOCUS names it."""

    id: str
    name: str
    currency: str


class UsageSum(NamedTuple):
    """What a team's series sums up to on a day: its booked events, or the adjusting rows beside them."""

    day: int
    is_adjusting: bool
    team: str
    team_name: str
    cost_center: str
    tool: str
    provider: str
    model: str
    workflow: str
    credential: str
    basis: str
    user: str
    calls: int
    counters: tuple[int, ...]
    cost_nanos: int
    list_nanos: int
    is_unknown: bool

    @property
    def tokens(self) -> int:
        return sum(self.counters[:-1])  # reasoning is a part of the output

    @property
    def is_nothing(self) -> bool:
        return not (self.calls or any(self.counters) or self.cost_nanos or self.list_nanos)


def focus_row(used: UsageSum, *, payer: Payer, period: Period) -> ExportRow:
    """Returns the row of a sum. Its columns are those of FOCUS_COLUMNS."""
    by_tokens = used.tokens != 0
    quantity = used.tokens if by_tokens else used.calls
    priced = Decimal(quantity).scaleb(-6) if by_tokens else Decimal(quantity)
    contracted, listed = (_unit_price(nanos, priced) for nanos in (used.cost_nanos, used.list_nanos))
    provider = used.provider or _UNKNOWN
    sku = f"{provider}/{used.model}"
    meter = _TOKENS if by_tokens else _REQUESTS
    values: dict[str, Any] = {
        **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost"), used.cost_nanos),
        "PricingCurrencyEffectiveCost": used.cost_nanos,
        "ListCost": used.list_nanos,
        "BillingAccountId": payer.id,
        "BillingAccountName": payer.name,
        "BillingAccountType": "Organization",
        **dict.fromkeys(("BillingCurrency", "PricingCurrency"), payer.currency),
        "BillingPeriodStart": period.first_day * DAY_MICROS,
        "BillingPeriodEnd": period.end_day * DAY_MICROS,
        "ChargePeriodStart": used.day * DAY_MICROS,
        "ChargePeriodEnd": (used.day + 1) * DAY_MICROS,
        "ChargeCategory": "Usage",
        "ChargeClass": "Correction" if used.is_adjusting else None,
        "ChargeDescription": _description(used),
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": Decimal(quantity).quantize(Decimal("0.1")),
        "ConsumedUnit": meter,
        **dict.fromkeys(("ContractedUnitPrice", "PricingCurrencyContractedUnitPrice"), contracted),
        **dict.fromkeys(("ListUnitPrice", "PricingCurrencyListUnitPrice"), listed),
        "PricingCategory": "Other" if used.is_unknown else "Standard",
        "PricingQuantity": priced if by_tokens else priced.quantize(Decimal("0.1")),
        "PricingUnit": f"{MILLION} {_TOKENS}" if by_tokens else _REQUESTS,
        **dict.fromkeys(("InvoiceIssuerName", "ProviderName", "PublisherName"), provider),
        "ResourceId": used.credential or None,
        "ResourceName": used.credential or None,
        "ResourceType": "API Key" if used.credential else None,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": used.tool or provider,
        "SkuId": sku,
        "SkuMeter": meter,
        "SkuPriceId": f"{sku}/{used.basis}",
        "SkuPriceDetails": _json({"x_CostBasis": used.basis}),
        "SubAccountId": used.team,
        "SubAccountName": used.team_name,
        "SubAccountType": "Team",
        "Tags": _json({"cost_center": used.cost_center, "team": used.team, "workflow": used.workflow}),
        "x_CostBasis": used.basis,
        "x_CostCenter": used.cost_center or None,
        "x_Model": used.model,
        "x_PrincipalId": used.user or None,
        "x_Tool": used.tool or None,
        "x_Workflow": used.workflow or None,
        "x_Calls": used.calls,
        **dict(zip(_PARTS, used.counters, strict=True)),
    }
    return [values.get(column.name) for column in FOCUS_COLUMNS]


def _description(used: UsageSum) -> str:
    what = f"{used.model}, {used.tool}" if used.tool else used.model
    if used.is_unknown:
        what += ": the cost is unknown"
    return f"Correction of {what}" if used.is_adjusting else what


def _unit_price(nanos: int, quantity: Decimal) -> Decimal | None:
    """Returns the average price of a unit; None if there is no quantity to divide by."""
    if not quantity:
        return None
    price = _EXACT.divide(Decimal(nanos).scaleb(-9), quantity)
    return price.quantize(_UNIT_PRICE, context=_EXACT)


def _json(values: dict[str, str]) -> str:
    return json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False)
