"""Unpriced models: the notice to admins, the blocks on their Home, the price form, and the result."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.costs.comparisons import PriceDisagreement
from bot.costs.prices import (
    CACHE_READ_FIELD,
    CACHE_WRITE_FIELD,
    FROM_FIELD,
    INPUT_FIELD,
    OUTPUT_FIELD,
    Repricing,
    SetPrice,
    UnpricedModel,
    iso_day,
    rate_words,
)
from bot.messages import Block, Message
from bot.money import tokens_short, usd
from bot.periods import day_text
from bot.reporting.reports import PricesView
from bot.views.blocks import (
    button,
    context,
    date_input,
    field,
    mention,
    modal,
    name,
    section,
    spoken_label,
    text_input,
)
from bot.views.wording import counted, signed_usd

SET_PRICE = "set_price"
PRICE_FORM = "price_form"

_MAX_MODELS = 5
_MAX_ON_HOME = 3
_RATE_CHARACTERS = 20


def model_words(provider: str, model: str) -> str:
    """Returns `acme-odd of acme`, escaped."""
    return name(model, limit=36) + (f" of {name(provider, limit=16)}" if provider else "")


def unpriced_message(
    models: Sequence[UnpricedModel], *, priced: Mapping[tuple[str, str], tuple[SetPrice, str]]
) -> Message:
    """Returns the notice to admins about unpriced models. `priced` maps a model to its new price and the mention of who
    set it.
    """
    shown = models[:_MAX_MODELS]
    open_models = [u for u in models if (u.provider, u.model) not in priced]
    lead = f"{counted(len(models), 'model')} without a price"
    names = ", ".join(model_words(u.provider, u.model) for u in open_models[:_MAX_MODELS])
    text = (
        f"{lead}: {names}. Their use counts as $0 until you set one." if open_models else f"{lead}: all have one now."
    )
    blocks: list[Block] = [section(f"*{lead}*\nTheir use counts as $0 until one is set.", block_id="unpriced")]
    for model in shown:
        price = priced.get((model.provider, model.model))
        words = f"*{model_words(model.provider, model.model)}*\n"
        if price is not None:
            line, by = price
            words += f"{by} set {_rates(line)} from {day_text(line.from_day)}."
            blocks.append(section(words, block_id=f"unpriced-{model.id}"))
        else:
            blocks.append(_unpriced_section(model, block_id=f"unpriced-{model.id}"))
    if len(models) > len(shown):
        more = f"And {counted(len(models) - len(shown), 'more model')}: your Home lists them."
        blocks.append(context(more, block_id="unpriced-more"))
    return Message(text=text, blocks=tuple(blocks))


def price_blocks(prices: PricesView) -> list[Block]:
    """Returns the blocks on the Home of admins and finance: models to price and current repricings."""
    blocks: list[Block] = []
    if prices.unpriced:
        blocks.append(section("*Models without a price*", block_id="prices"))
        for model in prices.unpriced[:_MAX_ON_HOME]:
            blocks.append(_unpriced_section(model, block_id=f"price-{model.id}"))
        if (rest := len(prices.unpriced) - _MAX_ON_HOME) > 0:
            blocks.append(context(f"And {counted(rest, 'more model')}, which show here next.", block_id="prices-more"))
    if prices.repricings:
        lines = [_repricing_words(r) for r in prices.repricings[:_MAX_ON_HOME]]
        blocks.append(context("\n".join(lines), block_id="repricings"))
    return blocks


def disagreement_words(disagreements: Sequence[PriceDisagreement]) -> str:
    """Returns one line about models whose reported cost differs from ours."""
    worst = disagreements[0]
    total = sum(d.difference_nanos for d in disagreements)
    model = model_words(worst.provider, worst.model)
    largest = f"most for {model}: {usd(worst.ours_nanos)} here, {usd(worst.theirs_nanos)} there"
    lead = f"Our prices and what senders report differ by {signed_usd(total)} in the last 7 days"
    return f"{lead}, {largest}. `tokens prices disagreements` lists them."


def price_form(model: UnpricedModel, *, metadata: str, from_day: int) -> dict[str, Any]:
    """Returns the form to set a model's price."""
    fields = (
        (INPUT_FIELD, "Input, dollars per million tokens", "What a token costs that is read and not cached.", False),
        (OUTPUT_FIELD, "Output, dollars per million tokens", "What a token costs that is written.", False),
        (CACHE_READ_FIELD, "Cache reads, dollars per million tokens", "Left empty: as input.", True),
        (CACHE_WRITE_FIELD, "Cache writes, dollars per million tokens", "Left empty: as input.", True),
    )
    words = f"*{model_words(model.provider, model.model)}* has no price: {_use_words(model)}."
    blocks = [section(words, block_id="priced-model")]
    for key, label, hint, optional in fields:
        typed = text_input(
            action_id=key,
            initial="",
            placeholder="0.40",
            max_length=_RATE_CHARACTERS,
            focus=key == INPUT_FIELD,
        )
        blocks.append(field(label, typed, block_id=key, hint=hint, optional=optional))
    chosen = date_input(action_id=FROM_FIELD, initial=iso_day(from_day))
    blocks.append(field("From", chosen, block_id=FROM_FIELD, hint="What was used since that day is priced again."))
    note = "A price for this model in teams.yml takes its place from the day that the file names."
    blocks.append(context(note, block_id="price-note"))
    return modal(title="Set a price", submit="Set price", blocks=blocks, callback_id=PRICE_FORM, metadata=metadata)


def repriced_message(line: Repricing) -> Message:
    """Returns the notice to the person who set a price, once past usage is repriced."""
    return Message(text=_repricing_words(line))


def _unpriced_section(model: UnpricedModel, *, block_id: str) -> Block:
    label = f"Set the price of {spoken_label(model.model, limit=30)}"
    set_price = button("Set price", action_id=SET_PRICE, value=model.id, label=label)
    words = f"*{model_words(model.provider, model.model)}*\n{_use_words(model)}"
    return section(words, block_id=block_id, accessory=set_price)


def _use_words(model: UnpricedModel) -> str:
    return f"{counted(model.calls, 'call')}, {tokens_short(model.tokens)} tokens since {day_text(model.first_day)}"


def _rates(line: SetPrice) -> str:
    return f"{rate_words(line.input_pico)} for input and {rate_words(line.output_pico)} for output, a million tokens,"


def _repricing_words(line: Repricing) -> str:
    model = model_words(line.provider, line.model)
    since = day_text(line.from_day)
    if line.done_at is None:
        return f"{model} is being priced again since {since}."
    if not line.calls:
        return f"{model} has its price from {since}; nothing that was used before changed."
    calls = f"{counted(line.calls, 'call')} since {since}"
    return f"{model}: {calls} were priced again, {signed_usd(line.difference_nanos)} in all."


def by_words(slack_id: str) -> str:
    """Returns the mention of the person who acted."""
    return mention(slack_id) if slack_id else "Somebody"
