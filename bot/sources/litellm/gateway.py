"""What a LiteLLM call reports about budgets: its team's spend and cap, and the budget that blocked it."""

from datetime import UTC, datetime
from typing import Any

from bot.periods import micros
from bot.sources.litellm.labels import client_name
from bot.sources.litellm.payload import LoggedCall
from bot.usage import BudgetBlock, GatewayView, UsageEvent


def read_gateway(call: LoggedCall, event: UsageEvent, views: dict[str, GatewayView], blocks: list[BudgetBlock]) -> None:
    """Adds the newest view of the call's gateway team to `views`, and a budget that blocked the call to `blocks`."""
    metadata, fault = call.metadata, call.error_information
    spend = metadata.user_api_key_team_spend
    if event.labels.gateway_team and spend is not None:
        known = views.get(event.labels.gateway_team)
        if known is None or known.at <= event.occurred_at:
            cap = metadata.user_api_key_team_max_budget
            views[event.labels.gateway_team] = GatewayView(
                gateway_team=event.labels.gateway_team,
                alias=client_name(metadata.user_api_key_team_alias),
                spend_nanos=_dollars(spend),
                cap_nanos=None if cap is None else _dollars(cap),
                resets_at=None,
                at=event.occurred_at,
            )
    if event.failed and fault.error_budget_entity_type and fault.error_budget_limit is not None:
        entity = client_name(fault.error_budget_entity_type)
        blocks.append(
            BudgetBlock(
                user=event.labels.user,
                credential=event.labels.credential,
                gateway_team=event.labels.gateway_team,
                entity=entity,
                entity_id=client_name(fault.error_budget_entity_id),
                limit_nanos=_dollars(fault.error_budget_limit),
                spend_nanos=_dollars(fault.error_budget_spend or 0),
                resets_at=_reset(metadata.user_api_key_budget_reset_at) if entity == "key" else None,
                at=event.occurred_at,
            )
        )


def _dollars(value: str | int | float) -> int:
    """Returns a gateway's counter or cap in nano-dollars, capped at what the database can store; 0 if it is not a number."""
    try:
        return min(max(round(float(value) * 1e9), 0), 9 * 10**18)
    except (ValueError, OverflowError):
        return 0


def _reset(text: Any) -> int | None:
    """Returns a budget's reset in microseconds since 1970. LiteLLM writes UTC, with or without a zone."""
    try:
        at = datetime.fromisoformat(text)
        return micros(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        return None
