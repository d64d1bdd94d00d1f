"""`tokens prices`: a model's rate and its origin, and differences between our prices and reported costs."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer
from rich.table import Table

from bot.costs.prices import TOLERANCE_PERCENT, iso_day, rate_words
from bot.costs.pricing import ContractPrice, PriceExplanation
from bot.costs.rates import Rates
from bot.money import usd
from bot.periods import Period, day_number, period_named, period_of
from bot.refusals import ConfigError
from bot.sources.fields import TIERS
from bot.usage import PARTS
from bot.views.wording import signed_usd
from handlers.cli import cell, opened, out, run

commands = typer.Typer(help="What models cost, why, and who says otherwise.", no_args_is_help=True)

_SHOWN = (
    ("input", "uncached_input"),
    ("cache reads", "cache_read"),
    ("cache writes", "cache_write_5m"),
    ("cache writes 1h", "cache_write_1h"),
    ("output", "output"),
)


def explanation(
    price: PriceExplanation, *, model: str, provider: str, day: int, tier: str, book: str, sellers: Sequence[str] = ()
) -> list[str]:
    """Returns the rates of a model on a day and their origins, in lines. `sellers` have a model of this name."""
    of = f" of {provider}" if provider else ""
    lines = [f"{model}{of} on {iso_day(day)}, {tier or 'standard'} tier"]
    if price.alias is not None:
        begins = f" from {iso_day(price.alias.from_day)}" if price.alias.from_day is not None else ""
        lines.append(f"  alias: {price.alias.alias} means {price.alias.model}{begins} (`models:` in teams.yml)")
    if price.rates is None:
        lines.append(
            "  unpriced: no contract and no price in the book. What the sender reports counts; else it costs nothing"
        )
        lines.append(
            "  known, and is shown as unpriced. Set its price on Home, or in teams.yml under `prices:` or `models:`."
        )
        if sellers:
            lines.append(
                f"  ambiguous: {', '.join(sellers)} sell a model of this name. Send the provider with it, or name it under"
            )
            lines.append("  `models:` in teams.yml.")
        return lines
    lines.append(f"  per million tokens: {_rate_line(price.rates)}")
    for start, rates in sorted(price.rates.tiers):
        lines.append(f"  above {start:,} input tokens: {_rate_line(rates)}")
    if price.rates.reasoning_extra:
        lines.append(f"  reasoning tokens on top of output: {rate_words(price.rates.reasoning_extra)}")
    if price.book is not None and (kinds := _parts_line(price.rates)):
        lines.append(f"  per million tokens of other kinds: {kinds}")
    if price.rates.is_standard:
        lines.append(f"  the book has no {tier} price: a call's reported cost goes first, else this standard price")
    if price.rates.request:
        lines.append(f"  per thousand calls: {usd(price.rates.request)}")
    if price.contract is not None:
        lines.append(f"  because: {_contract_words(price.contract)}")
    if price.book is not None:
        verb = "completed by" if price.contract is not None else "because:"
        lines.append(f"  {verb} the price book, {book}, as sold by {price.sold_by}")
    return lines


def _rate_line(rates: Rates) -> str:
    parts = []
    for label, counter in _SHOWN:
        if counter == "cache_write_1h" and rates.cache_write_1h == rates.cache_write_5m:
            continue
        known = counter not in rates.unpriced
        parts.append(f"{label} {rate_words(getattr(rates, counter)) if known else 'unknown'}")
    return ", ".join(parts)


def _parts_line(rates: Rates) -> str:
    """Returns `audio input $1.00, audio cache reads $0.10`; kinds that are not in it have no price."""
    words = {"input": "input", "output": "output", "cache_read": "cache reads"}
    named = ((part.partition("_"), part) for part in PARTS if part in rates.parts)
    return ", ".join(f"{kind} {words[way]} {rate_words(rates.parts[part])}" for (kind, _, way), part in named)


def _contract_words(contract: ContractPrice) -> str:
    where = "the price set in Slack" if contract.origin == "Slack" else "a contract, under `prices:` in teams.yml"
    facts = [
        f"model {contract.model}" if contract.model else "",
        f"provider {contract.provider}" if contract.provider else "",
        f"{Decimal(contract.discount_ppm) / 10_000:f} % discount" if contract.discount_ppm is not None else "",
        f"from {iso_day(contract.from_day)}" if contract.from_day is not None else "",
        f"until {iso_day(contract.until_day)}" if contract.until_day is not None else "",
    ]
    return f"{where}: {', '.join(fact for fact in facts if fact)}"


@commands.command("show")
def show_command(
    model: Annotated[str, typer.Argument(help="The model, as senders name it.")],
    provider: Annotated[str, typer.Option(help="Who sells it, as senders name them.")] = "",
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; default: today.")] = None,
    tier: Annotated[str, typer.Option(help="batch, flex, priority or fast; default: the standard one.")] = "",
) -> None:
    """Says which rate applies to a model, and why."""

    async def work() -> list[str]:
        if tier and tier not in TIERS:
            raise ConfigError(f"--tier is one of {', '.join(sorted(TIERS))}.")
        async with opened() as context, context.store.read() as tx:
            rulebook = await context.rulebooks.current(tx)
        day = day_number(on.date()) if on else rulebook.directory.root.day_of(context.now_micros())
        price = rulebook.prices.explain(provider, model, day=day, tier=tier)
        book = rulebook.prices.book
        sellers = book.sellers_of(model) if price.rates is None and not provider else ()
        return explanation(
            price, model=model, provider=provider, day=day, tier=tier, book=book.book_id, sellers=sellers
        )

    for line in run(work()):
        out.print(line, markup=False)


@commands.command("disagreements")
def disagreements_command(
    period: Annotated[str | None, typer.Option(help="Like 2026-11; default: the running one.")] = None,
    tolerance: Annotated[float, typer.Option(min=0, help="Percent that are no disagreement.")] = float(
        TOLERANCE_PERCENT
    ),
) -> None:
    """Lists models of which senders report another cost than we book, the largest difference first."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            today = directory.root.day_of(context.now_micros())
            days = _period(period) if period else period_of(today, directory.organisation.period)
            compared = await tx.prices.disagreements(first_day=days.first_day, end_day=days.end_day)
        different = [d for d in compared if d.exceeds(Decimal(str(tolerance)))]
        calls = sum(d.calls for d in compared)
        if not different:
            out.print(f"{days.name}: no model's price differs by more than {tolerance:g} % over {calls:,} calls.")
            return
        table = Table("provider", "model", "calls", "ours", "theirs", "difference", "%", box=None)
        for d in different:
            share = f"{d.difference_nanos * 100 / d.theirs_nanos:+.1f}" if d.theirs_nanos else "–"
            amounts = (usd(d.ours_nanos), usd(d.theirs_nanos), signed_usd(d.difference_nanos))
            table.add_row(cell(d.provider), cell(d.model), f"{d.calls:,}", *amounts, share)
        out.print(table)
        out.print(
            f"{days.name}: {len(different)} of {len(compared)} models that both sides priced, {calls:,} calls in all."
        )

    run(work())


def _period(name: str) -> Period:
    try:
        return period_named(name)
    except ValueError as error:
        raise ConfigError("--period is written like 2026-11, 2026-Q4 or 2026.") from error
