"""`tokens prices`: a model's rate and its origin, and differences between our prices and reported costs."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Annotated

import typer
from rich.table import Table

from bot.costs.comparisons import TOLERANCE_PERCENT, cause_words
from bot.costs.contracts import ContractPrice
from bot.costs.prices import iso_day, rate_words
from bot.costs.pricing import PriceExplanation
from bot.costs.rates import UNIT_SCALE, PriceConditions, Rates
from bot.money import usd
from bot.periods import Calendar, Period, day_number
from bot.refusals import ConfigError
from bot.sources.fields import TIERS, geography
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
_SHOWN_UNITS = {"seconds": 3_600, "characters": 1_000_000, "cache_storage_token_hours": 1_000_000, "images": 1}


def explanation(
    price: PriceExplanation,
    *,
    model: str,
    provider: str,
    day: int,
    when: PriceConditions,
    book: str,
    sellers: Sequence[str] = (),
) -> list[str]:
    """Returns the rates of a model on a day and their origins, in lines. `sellers` have a model of this name."""
    of = f" of {provider}" if provider else ""
    where = "".join(f", {name} {value}" for name, value in (("geo", when.geo), ("region", when.region)) if value)
    lines = [f"{model}{of} on {iso_day(day)}, {when.tier or 'standard'} tier{where}"]
    if when.tier == "provisioned":
        lines.append("  no price per call: provisioned capacity is paid by the hour. As its list price is kept:")
    if price.alias is not None:
        begins = f" from {iso_day(price.alias.from_day)}" if price.alias.from_day is not None else ""
        lines.append(f"  alias: {price.alias.alias} means {price.alias.model}{begins} (`models:` in teams.yml)")
    if price.rates is None:
        return lines + _unpriced_lines(sellers)
    if len(price.rates.unpriced) < len(_SHOWN):
        lines.append(f"  per million tokens: {_rate_line(price.rates)}")
    for start, rates in sorted(price.rates.tiers):
        lines.append(f"  above {start:,} input tokens: {_rate_line(rates)}")
    if price.rates.reasoning_extra:
        lines.append(f"  reasoning tokens on top of output: {rate_words(price.rates.reasoning_extra)}")
    if price.book is not None and (kinds := _parts_line(price.rates)):
        lines.append(f"  per million tokens of other kinds: {kinds}")
    if price.rates.stands_in_for:
        lines.append(
            f"  the book has no {when.tier} price: a call's reported cost goes first, else this standard price"
        )
    if price.book is not None and price.rates.units:
        lines.append(f"  beside tokens: {_units_line(price.rates)}")
    if price.rates.request:
        lines.append(f"  per thousand calls: {usd(price.rates.request)}")
    if price.contract is not None:
        lines.append(f"  because: {_contract_words(price.contract)}")
    if price.book is not None:
        verb = "completed by" if price.contract is not None else "because:"
        lines.append(f"  {verb} the price book, {book}, as sold by {price.sold_by}")
    return lines


def _unpriced_lines(sellers: Sequence[str]) -> list[str]:
    lines = [
        "  unpriced: no contract and no price in the book. What the sender reports counts; else it costs nothing",
        "  known, and is shown as unpriced. Set its price on Home, or in teams.yml under `prices:` or `models:`.",
    ]
    if sellers:
        lines.append(
            f"  ambiguous: {', '.join(sellers)} sell a model of this name. Send the provider with it, or name it under"
        )
        lines.append("  `models:` in teams.yml.")
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
    """Returns `audio input $1.00, audio cache reads $0.10`: kinds whose price is another one than their counter's."""
    words = (("cache_read", "cache reads"), ("cache_write", "cache writes"), ("_", " "))
    return ", ".join(
        f"{reduce(lambda name, word: name.replace(*word), words, part)} {rate_words(rates.parts[part])}"
        for part in PARTS
        if part in rates.parts and rates.parts[part] != getattr(rates, PARTS[part])
    )


def _units_line(rates: Rates) -> str:
    """Returns `web searches $10.00 for 1,000`; units that are not in it have no price."""
    return ", ".join(
        f"{unit.replace('_', ' ')} {rate_words(rate * count // UNIT_SCALE // 1_000_000)} for {count:,}"
        for unit, rate in sorted(rates.units.items())
        for count in (_SHOWN_UNITS.get(unit, 1_000),)
    )


def _contract_words(contract: ContractPrice) -> str:
    where = "the price set in Slack" if contract.origin == "Slack" else "a contract, under `prices:` in teams.yml"
    facts = [
        f"model {contract.model}" if contract.model else "",
        f"provider {contract.provider}" if contract.provider else "",
        f"{Decimal(contract.discount_ppm) / 10_000:f}% discount" if contract.discount_ppm is not None else "",
        f"from {iso_day(contract.from_day)}" if contract.from_day is not None else "",
        f"until {iso_day(contract.until_day)}" if contract.until_day is not None else "",
    ]
    return f"{where}: {', '.join(fact for fact in facts if fact)}"


@commands.command("show")
def show_command(
    model: Annotated[str, typer.Argument(help="The model, as senders name it.")],
    *,
    provider: Annotated[str, typer.Option(help="Who sells it, as senders name them.")] = "",
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; default: today.")] = None,
    tier: Annotated[
        str, typer.Option(help="batch, flex, priority, fast or provisioned; default: the standard one.")
    ] = "",
    geo: Annotated[str, typer.Option(help="Where the model runs by the caller's wish, such as us.")] = "",
    region: Annotated[str, typer.Option(help="The cloud's region, if one is named.")] = "",
) -> None:
    """Says which rate applies to a model, and why."""

    async def work() -> list[str]:
        if tier and tier not in TIERS:
            raise ConfigError(f"--tier is one of {', '.join(sorted(TIERS))}.")
        async with opened() as context, context.store.read() as tx:
            rulebook = await context.rulebooks.current(tx)
        when = PriceConditions(tier, geography(geo), geography(region))
        listed = when._replace(tier="") if tier == "provisioned" else when
        day = day_number(on.date()) if on else rulebook.directory.root.day_of(context.now_micros())
        price = rulebook.prices.explain(provider, model, day=day, when=listed)
        book = rulebook.prices.book
        sellers = book.sellers_of(model) if price.rates is None and not provider else ()
        return explanation(
            price, model=model, provider=provider, day=day, when=when, book=book.book_id, sellers=sellers
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
    """Lists models of which senders report another cost than we book, and why, the largest difference first."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            today = directory.root.day_of(context.now_micros())
            calendar = directory.organisation.calendar
            days = _period(period, calendar) if period else calendar.period_of(today)
            compared = await tx.prices.disagreements(first_day=days.first_day, end_day=days.end_day)
        different = [d for d in compared if d.exceeds(Decimal(str(tolerance)))]
        calls = sum(d.calls for d in compared)
        if not different:
            out.print(f"{days.name}: no model's price differs by more than {tolerance:g}% over {calls:,} calls.")
            return
        table = Table("provider", "model", "calls", "ours", "theirs", "difference", "%", "because", box=None)
        for d in different:
            share = f"{d.difference_nanos * 100 / d.theirs_nanos:+.1f}" if d.theirs_nanos else "–"
            amounts = (usd(d.ours_nanos), usd(d.theirs_nanos), signed_usd(d.difference_nanos))
            table.add_row(
                cell(d.provider), cell(d.model), f"{d.calls:,}", *amounts, share, cause_words(d.cause, d.detail)
            )
        out.print(table)
        out.print(
            f"{days.name}: {len({(d.provider, d.model) for d in different})} of "
            f"{len({(d.provider, d.model) for d in compared})} models that both sides priced, {calls:,} calls in all."
        )

    run(work())


def _period(name: str, calendar: Calendar) -> Period:
    try:
        return calendar.named(name)
    except ValueError as error:
        raise ConfigError(f"--period is written like {calendar.examples}.") from error
