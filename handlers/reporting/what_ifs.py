"""What a team's tokens of the last weeks would have cost on other models."""

from collections.abc import Sequence

from bot.costs.rates import Rates
from bot.reporting.subtree_reports import Window
from bot.reporting.value.outcomes import small_names
from bot.reporting.value.what_ifs import (
    ModelUse,
    OtherModel,
    WhatIf,
    cheaper_models,
    of_the_same_line,
    on_model,
    without_small,
)
from handlers.scope import Scope

WHAT_IF_DAYS = 28


async def uses_of(scope: Scope, windows: Sequence[Window], *, end_day: int) -> list[ModelUse]:
    """Returns what teams used by model, tool and workflow in the last four weeks before a day.

    Workflows and tools that one to four people used are not told apart, as in the rest of the report.
    """
    days = {"first_day": end_day - WHAT_IF_DAYS, "end_day": end_day}
    ids = sorted({team_id for window in windows for team_id in window.team_ids if window.end_day >= end_day})
    uses = await scope.tx.outcome_spend.by_model(ids, **days)
    if not uses:
        return []
    behind = await scope.tx.outcome_spend.people_behind(ids, **days)
    workflows, tools = small_names(behind, lambda one: one.workflow), small_names(behind, lambda one: one.tool)
    return without_small(uses, workflows=workflows, tools=tools)


async def models_for(scope: Scope, uses: Sequence[ModelUse]) -> list[OtherModel]:
    """Returns the models that uses could go to, each with a price: those that the company uses, and others of the same
    sellers and lines.
    """
    if not uses:
        return []
    book, tools = scope.rulebook.prices.book, scope.rulebook.tools
    found: dict[tuple[str, str], OtherModel] = {}
    today = scope.directory.root.day_of(scope.at)
    ids = [team.id for team in scope.directory.teams]
    used = await scope.tx.outcome_spend.models_used(ids, first_day=today - WHAT_IF_DAYS, end_day=today + 1)
    for provider, model, tool in sorted(used):
        is_in_house = tools.kind_of(tool) == "in_house"
        family = "" if is_in_house else book.seller(provider, model)
        found.setdefault((provider, model), OtherModel(provider, model, family=family, is_in_house=is_in_house))
    families = {book.seller(use.provider, use.model) for use in uses} - {""}
    names = {model.model for model in found.values()}
    for family in sorted(families):
        lines = {use.model for use in uses if book.seller(use.provider, use.model) == family}
        for name in of_the_same_line(lines, book.models_of(family)):
            if name not in names:
                found[family, name] = OtherModel(family, name, family=family, is_used=False)
    fits = [model for model in found.values() if model.is_in_house or model.family in families]
    return [model for model in fits if rates_at(scope, model.provider, model.model) is not None]


async def compared(scope: Scope, uses: Sequence[ModelUse], *, other: OtherModel | None = None) -> tuple[WhatIf, ...]:
    """Returns uses on the used model that saves the most, or all on one other model."""

    def rates_of(provider: str, model: str) -> Rates | None:
        return rates_at(scope, provider, model)

    if other is not None:
        return on_model(uses, other, rates_of)
    models = await models_for(scope, uses)
    return cheaper_models(uses, models, rates_of=rates_of, family_of=scope.rulebook.prices.book.seller)


def rates_at(scope: Scope, provider: str, model: str) -> Rates | None:
    """Returns the rates of a model today: a contract's, or the book's."""
    return scope.rulebook.prices.explain(provider, model, day=scope.directory.root.day_of(scope.at)).rates
