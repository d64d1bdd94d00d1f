"""A row of LiteLLM of which a field does not fit that its price does not need: the field is left out, and noted."""

from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.sources.fields import reported_or_note
from bot.sources.labels import Notes, label
from bot.sources.litellm.payload import LoggedCall
from bot.sources.rows import field_and_fault

_LABELS = ("custom_llm_provider", "api_base", "model_id", "event", "event_group")
_METADATA_LABELS = (
    *("user_api_key_hash", "user_api_key_alias", "user_api_key_team_id", "user_api_key_team_alias"),
    *("user_api_key_user_id", "user_api_key_user_email"),
)
_COUNTERS_OF_BUDGETS = ("user_api_key_team_spend", "user_api_key_team_max_budget")
_ERROR_LABELS = ("error_budget_entity_type", "error_budget_entity_id")
_ERROR_AMOUNTS = ("error_budget_limit", "error_budget_spend")


def fitted_call(loose: Any, notes: Notes) -> LoggedCall:
    """Converts a decoded row. Raises SourceError if a field that decides the price is at fault."""
    if isinstance(loose, dict):
        loose = {member: value for member, value in loose.items() if member in _MEMBERS}
        _fit_labels(loose, _LABELS, "", notes)
        _fit_cost(loose, "response_cost", "response_cost", notes)
        _fit_inner(loose, "cost_breakdown")
        if isinstance(loose.get("cost_breakdown"), dict):
            _fit_cost(loose["cost_breakdown"], "total_cost", "cost_breakdown.total_cost", notes)
        if isinstance(loose.get("metadata"), dict):
            metadata = loose["metadata"] = dict(loose["metadata"])
            _fit_labels(metadata, _METADATA_LABELS, "metadata.", notes)
            _drop_unless_numbers(metadata, _COUNTERS_OF_BUDGETS)
        _fit_inner(loose, "standard_built_in_tools_params")
        _fit_inner(loose, "error_information")
        if isinstance(loose.get("error_information"), dict):
            _fit_labels(loose["error_information"], _ERROR_LABELS, "error_information.", notes)
            _drop_unless_numbers(loose["error_information"], _ERROR_AMOUNTS)
    try:
        return msgspec.convert(loose, LoggedCall)
    except msgspec.ValidationError as error:
        raise SourceError(field_and_fault(error)) from error


_MEMBERS = frozenset(LoggedCall.__struct_encode_fields__) - {"response"}


def _fit_labels(row: dict[str, Any], members: tuple[str, ...], path: str, notes: Notes) -> None:
    for member in members:
        value = row.get(member)
        if value is not None and not isinstance(value, str):
            row[member] = label(f"{path}{member}", value, notes)


def _fit_cost(row: dict[str, Any], member: str, path: str, notes: Notes) -> None:
    value = row.get(member)
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        reported_or_note(path, value, notes)
        row[member] = None


def _fit_inner(row: dict[str, Any], member: str) -> None:
    """Copies a nested object; leaves out anything else in its place."""
    row[member] = dict(row[member]) if isinstance(row.get(member), dict) else None


def _drop_unless_numbers(row: dict[str, Any], members: tuple[str, ...]) -> None:
    for member in members:
        if isinstance(row.get(member), bool) or not isinstance(row.get(member), str | int | float | None):
            row[member] = None
