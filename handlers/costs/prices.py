"""Prices in Slack: admins learn of unpriced models, set a price, and past usage is repriced."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.costs.comparisons import TOLERANCE_PERCENT, PriceDisagreement, by_model
from bot.costs.prices import (
    CACHE_READ_FIELD,
    CACHE_WRITE_FIELD,
    FROM_FIELD,
    INPUT_FIELD,
    OUTPUT_FIELD,
    SetPrice,
    UnpricedModel,
    may_set_prices,
    parse_day,
    parse_rate,
)
from bot.money import NANOS
from bot.periods import DAY_MICROS, micros
from bot.refusals import Refusal
from bot.reporting.reports import PricesView
from bot.rulebook import Rulebook
from bot.views.costs import prices as views
from handlers.alerting.delivery_rules import alert_key
from handlers.alerting.notices import notify
from handlers.context import Context
from handlers.costs.reprice import reprice
from handlers.slack.answers import SlackRequest, answers
from storage.store import Transaction

LEASE_SECONDS = 300
RECENT_DAYS = 2
"""A model counts as new if it was used since yesterday, so that importing old usage notifies nobody."""
_COMPARED = "disagreements"
_COMPARED_DAYS = 7
_MATERIAL_NANOS = NANOS


async def notify_unpriced(context: Context) -> int:
    """Notifies admins, or finance if there are none, of each unpriced model once. Returns the number of models."""
    now = context.now()
    at = micros(now)
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        today = rulebook.directory.root.day_of(at)
        models = await tx.prices.unpriced(first_day=today - RECENT_DAYS + 1, end_day=today + 2)
    directory = rulebook.directory
    people = directory.reachable(directory.admins) or directory.reachable_finance
    if not models or not people:
        return 0
    async with context.store.begin() as tx:
        new = await tx.prices.mark_unpriced(models, at=at)
        if new:
            await notify(
                await context.scope(tx, now=now),
                views.unpriced_message(new, priced={}),
                kind="unpriced",
                key=_unpriced_key(at),
                people=people,
                severity="medium",
                facts={"models": [[model.provider, model.model] for model in new]},
                closed=False,
            )
            context.wake_outbox.set()
    return len(new)


def _unpriced_key(notified_at: int) -> str:
    return f"unpriced:{notified_at}"


async def set_price(tx: Transaction, rulebook: Rulebook, line: SetPrice) -> None:
    """Stores a price, updates the notice about the model, and requests repricing."""
    if not may_set_prices(rulebook.directory, line.set_by):
        raise Refusal("Only admins and finance set prices.")
    await tx.prices.add(line)
    await tx.audit.record(
        at=line.set_at,
        actor_id=line.set_by,
        action="set price",
        subject=f"{line.provider}/{line.model}",
        detail=line.to_json(),
    )
    if line.from_day <= rulebook.directory.root.day_of(line.set_at) + 1:
        await tx.prices.request_repricing(line)
    await _update_unpriced_message(tx, rulebook, line)


async def _update_unpriced_message(tx: Transaction, rulebook: Rulebook, line: SetPrice) -> None:
    notice = await tx.prices.notified_with(line.provider, line.model)
    if notice is None:
        return
    notified_at, models = notice
    today = rulebook.directory.root.day_of(line.set_at)
    current = await tx.prices.unpriced(first_day=today - 60, end_day=today + 2)
    by_name = {(u.provider, u.model): u for u in current}
    priced = {}
    for price in await tx.prices.set_prices():
        by = (await tx.people.by_id(price.set_by)).slack_id
        priced[price.provider, price.model] = (price, views.by_words(by))
    listed = [
        by_name.get(at, UnpricedModel(id=number, provider=at[0], model=at[1], calls=0, tokens=0, first_day=today))
        for number, at in enumerate(models)
        if at in by_name or at in priced
    ]
    message = views.unpriced_message(listed, priced=priced)
    record = await tx.alerts.by_key(_unpriced_key(notified_at))
    key = _unpriced_key(notified_at) if record is None else alert_key(record.id)  # earlier versions stored no alert
    await tx.outbox.change(key, message, at=line.set_at)
    if record is not None and all((model.provider, model.model) in priced for model in listed):
        await tx.alerts.save(replace(record, state="closed", closed_at=line.set_at))


async def reprice_due(context: Context) -> int:
    """Reprices past usage of each model with a new price, one after the other, and notifies the person who set it.
    Returns the number.
    """
    done = 0
    while True:
        async with context.store.begin() as tx:
            repricing = await tx.prices.claim_repricing(now=context.now_micros(), lease_seconds=LEASE_SECONDS)
        if repricing is None:
            return done
        repricing_id = repricing.id

        async def keep_lease(tx: Transaction, repricing_id: int = repricing_id) -> None:
            await tx.prices.keep_lease(repricing_id, now=context.now_micros(), lease_seconds=LEASE_SECONDS)

        changed = await reprice(
            context,
            since_day=repricing.from_day,
            provider=repricing.provider,
            model=repricing.model,
            actor_id=repricing.actor_id,
            document=f"set price:{repricing.id}",
            in_each=keep_lease,
        )
        async with context.store.begin() as tx:
            at = context.now_micros()
            difference = changed.difference_nanos
            if await tx.prices.mark_repriced(repricing.id, at=at, calls=changed.calls, difference_nanos=difference):
                (line,) = [r for r in await tx.prices.repricings_since(at) if r.id == repricing.id]
                message = views.repriced_message(line)
                await tx.outbox.put(
                    message, dedupe_key=f"repriced:{repricing.id}", at=at, to_person_id=repricing.actor_id
                )
        context.wake_outbox.set()
        done += 1


async def compare_prices(context: Context) -> None:
    """Stores the material differences between our prices and reported costs of the last seven days.

    It reads single events, which takes too long for Home.
    """
    at = context.now_micros()
    async with context.store.read() as tx:
        today = (await context.rulebooks.current(tx)).directory.root.day_of(at)
        compared = await tx.prices.disagreements(first_day=today - _COMPARED_DAYS, end_day=today)
    different = [d for d in by_model(compared) if d.exceeds(TOLERANCE_PERCENT)]
    is_material = sum(abs(d.difference_nanos) for d in different) >= _MATERIAL_NANOS
    lines = [
        {
            "provider": d.provider,
            "model": d.model,
            "calls": d.calls,
            "ours_nanos": d.ours_nanos,
            "theirs_nanos": d.theirs_nanos,
        }
        for d in different
        if is_material
    ]
    async with context.store.begin() as tx:
        await tx.config.save_document(_COMPARED, lines, at=at)


async def prices_view(tx: Transaction, *, first_day: int, end_day: int, at: int) -> PricesView:
    """Returns the prices part of the Home of admins and finance."""
    compared = await tx.config.document(_COMPARED)
    return PricesView(
        unpriced=tuple(await tx.prices.unpriced(first_day=first_day, end_day=end_day)),
        repricings=tuple(await tx.prices.repricings_since(at - DAY_MICROS)),
        disagreements=tuple(PriceDisagreement(**line) for line in compared or []),
    )


async def click_set_price(request: SlackRequest) -> None:
    """Opens the form for an unpriced model."""
    context = request.context
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        if not may_set_prices(rulebook.directory, request.person.id):
            raise Refusal("Only admins and finance set prices.")
        model = await tx.prices.unpriced_by_series(request.id)
    if model is None:
        raise Refusal("All of that model's use has a price now.")
    form = views.price_form(model, metadata=str(request.id), from_day=model.first_day)
    await request.open_form(form)


async def submit_price(request: SlackRequest) -> None:
    """Stores a submitted price; a job reprices past usage."""
    context = request.context
    at = context.now_micros()
    async with request.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        model = await tx.prices.unpriced_by_series(request.carried_id())
        if model is None:
            raise Refusal("All of that model's use has a price now.")
        line = SetPrice(
            provider=model.provider,
            model=model.model,
            from_day=parse_day(FROM_FIELD, request.field(FROM_FIELD), today=rulebook.directory.root.day_of(at)),
            input_pico=parse_rate(INPUT_FIELD, request.field(INPUT_FIELD)),
            output_pico=parse_rate(OUTPUT_FIELD, request.field(OUTPUT_FIELD)),
            cache_read_pico=_optional_rate(request, CACHE_READ_FIELD),
            cache_write_pico=_optional_rate(request, CACHE_WRITE_FIELD),
            set_by=request.person.id,
            set_at=at,
        )
        await set_price(tx, rulebook, line)
    context.wake_outbox.set()
    await request.ack()


def _optional_rate(request: SlackRequest, field: str) -> int | None:
    typed = request.field(field)
    return parse_rate(field, typed) if typed.strip() else None


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.SET_PRICE)(answers(context, click_set_price))
    app.view(views.PRICE_FORM)(answers(context, submit_price))
