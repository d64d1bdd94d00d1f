"""What the same tokens would have cost on another model: a line of it, and the form with the arithmetic."""

from collections.abc import Sequence
from typing import Any

from bot.costs.prices import rate_words
from bot.messages import Block
from bot.money import tokens_short, usd, usd_round
from bot.org.teams import Team
from bot.reporting.value.what_ifs import OtherModel, WhatIf
from bot.text import plain
from bot.usage import COUNTERS, digest
from bot.views.blocks import actions, context, name, page, section, select
from bot.views.wording import days_words

OPEN_WHAT_IF = "open_what_if"
CHOOSE_MODEL = "choose_what_if_model"
_MOST = 8
_MOST_MODELS = 60
_NAME = 40
_KEY_CHARACTERS = 75
_COUNTED = {
    "uncached_input": "input",
    "cache_read": "cache read",
    "cache_write_5m": "cache write",
    "cache_write_1h": "1 h cache write",
    "output": "output",
}
CAVEAT = "Only prices are compared: another model may answer differently, and use more or fewer tokens."
_BY_MEAN = "Prompt sizes are the mean of a workflow's calls."


def what_if_line(one: WhatIf) -> str:
    """Returns `short prompts on claude-opus-4-5 (evals): the same on claude-haiku-4-5 would have cost $410 less.`"""
    use = one.use
    prompts = "short prompts on " if use.has_short_prompts else ""
    where = ", ".join(name(part, limit=_NAME) for part in (use.tool, use.workflow) if part.strip())
    named = f"{prompts}{name(use.model, limit=_NAME)}{f' ({where})' if where else ''}"
    difference = f"{usd_round(abs(one.saved_nanos))} {'less' if one.saved_nanos >= 0 else 'more'}"
    same = "the same" if use.has_short_prompts else "the same tokens"
    other = f"{name(one.other.model, limit=_NAME)}{' (in-house)' if one.other.is_in_house else ''}"
    return f"{named}: {same} on {other} would have cost {difference}."


def what_if_view(
    team: Team,
    listed: Sequence[WhatIf],
    *,
    first_day: int,
    end_day: int,
    models: Sequence[OtherModel],
    chosen: OtherModel | None,
) -> dict[str, Any]:
    """Returns the modal: each use with its arithmetic, on the model that saves most, or on the chosen one."""
    days = days_words(first_day, end_day)
    blocks: list[Block] = [section(f"*{name(team.name)}*, {days}\n{_summary(listed, chosen)}", block_id="what-if")]
    options = [(_option(model), model_key(model)) for model in models[:_MOST_MODELS]]
    if options:
        chosen_key = None if chosen is None else model_key(chosen)
        menu = select(options, action_id=CHOOSE_MODEL, chosen=chosen_key, placeholder="Choose another model")
        blocks.append(actions(menu, block_id="what-if-model"))
    for at, one in enumerate(listed[:_MOST]):
        blocks.append(section(f"*{_spoken(what_if_line(one))}*\n{arithmetic(one)}", block_id=f"what-if-{at}"))
    rest = len(listed) - _MOST
    more = f" {rest:,} smaller ones are not listed." if rest > 0 else ""
    blocks.append(
        context(
            f"{CAVEAT} {_BY_MEAN} Use that today's prices don't explain is left out.{more}", block_id="what-if-notes"
        )
    )
    return page(title="What if", blocks=blocks, metadata=str(team.id))


def _summary(listed: Sequence[WhatIf], chosen: OtherModel | None) -> str:
    if chosen is None:
        return (
            "The cheaper models that your company uses already." if listed else "No used model would have been cheaper."
        )
    if not listed:
        return f"Nothing can be compared with {name(chosen.model, limit=_NAME)}."
    saved = sum(one.saved_nanos for one in listed)
    spent = usd(sum(one.use.cost_nanos for one in listed))
    other = usd(sum(one.other_nanos for one in listed))
    return (
        f"All of it on {name(chosen.model, limit=_NAME)}: {other} instead of {spent}, "
        f"{usd(abs(saved))} {'less' if saved >= 0 else 'more'}."
    )


def arithmetic(one: WhatIf) -> str:
    """Returns the sums: calls and tokens, then the rates per million of both models, and both costs."""
    use = one.use
    used = [(counter, count) for counter, count in zip(COUNTERS[:5], use.counters, strict=False) if count]
    tokens = ", ".join(f"{tokens_short(count)} {_COUNTED[counter]}" for counter, count in used)

    def rates(of: Any) -> str:
        return ", ".join(f"{rate_words(int(getattr(of, counter)))} {_COUNTED[counter]}" for counter, _ in used)

    return (
        f"{use.calls:,} calls, {tokens_short(use.mean_input)} tokens of input each: {tokens}.\n"
        f"{name(use.model, limit=_NAME)}: {usd(use.cost_nanos)} at {rates(one.rates)} per million.\n"
        f"{name(one.other.model, limit=_NAME)}: {usd(one.other_nanos)} at {rates(one.other_rates)}."
    )


def model_key(model: OtherModel) -> str:
    """Returns the id of a model in the menu."""
    key = f"{model.provider}:{model.model}"
    return key if len(key) <= _KEY_CHARACTERS else digest([model.provider, model.model]).hex()


def _option(model: OtherModel) -> str:
    note = " (in-house)" if model.is_in_house else "" if model.is_used else " (not used yet)"
    return f"{plain(model.model, limit=_NAME)}{note}"


def _spoken(line: str) -> str:
    """Returns a line as a sentence; the name of a model stays as it is written."""
    return f"S{line[1:]}" if line.startswith("short prompts") else line
