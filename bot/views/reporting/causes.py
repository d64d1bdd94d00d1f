"""A week's change and its cause in words, as they end a headline and as they explain it."""

from collections.abc import Callable

from bot.money import percent, usd, usd_round
from bot.reporting.causes.candidates import Cause, CauseKind
from bot.reporting.causes.choosing import WeekChange
from bot.reporting.causes.weeks import Dimension
from bot.views.blocks import name
from bot.views.wording import signed_usd

_NAME = 40
_REPLACED = 0.6
_MANY_TIMES = 4


def cause_words(cause: Cause, *, hides_key: bool = False) -> str:
    """Returns the cause as the end of a headline, in mrkdwn: `claude-opus-4-5 on code-review`, `evals stopped`."""
    named = [_name(*one, hides_key=hides_key) for one in cause.named]
    return _WORDS[cause.kind](cause, named)


def _of_price(cause: Cause, named: list[str]) -> str:
    if cause.before == 0:
        return f"{named[0]} has a price now"
    if cause.now >= _MANY_TIMES:
        return f"the price of {named[0]} rose to {cause.now:,.0f} times"
    step = _share(abs(cause.now - cause.before))
    return f"the price of {named[0]} {'rose' if cause.now > cause.before else 'fell'} {step}"


def _of_cache(cause: Cause, named: list[str]) -> str:
    moved = "rose" if cause.state == "more" else "fell"
    return f"caching {moved} from {_share(cause.before)} to {_share(cause.now)}{_on(named)}"


def _of_swap(cause: Cause, named: list[str]) -> str:
    left = name(cause.left, limit=_NAME)
    if cause.now >= _REPLACED:
        return f"{named[0]} replaced {left}{_on(named[1:])}"
    return f"{named[0]} took {_share(cause.now)} of the calls of {left}{_on(named[1:])}"


def _of_part(cause: Cause, named: list[str]) -> str:
    if cause.state == "gone":
        return f"{named[0]} stopped"
    if cause.state == "new":
        return f"{named[0]} (new){_on(named[1:])}"
    return f"{'' if cause.state == 'more' else 'less '}{named[0]}{_on(named[1:])}"


def _of_people(cause: Cause, named: list[str]) -> str:
    return f"{round(cause.now):,} people{_on(named)}, usually {round(cause.before):,}"


def _of_calls(cause: Cause, _named: list[str]) -> str:
    return f"{_moved(cause)} calls"


def _of_size(cause: Cause, _named: list[str]) -> str:
    return f"{_moved(cause)} tokens per call"


def _of_many(_cause: Cause, _named: list[str]) -> str:
    return "many small changes"


_WORDS: dict[CauseKind, Callable[[Cause, list[str]], str]] = {
    "price": _of_price,
    "cache": _of_cache,
    "swap": _of_swap,
    "part": _of_part,
    "people": _of_people,
    "calls": _of_calls,
    "size": _of_size,
    "many": _of_many,
}


def _on(named: list[str]) -> str:
    return f" on {named[0]}" if named else ""


def _name(dimension: Dimension, typed: str, *, hides_key: bool = False) -> str:
    if dimension == "credential":
        shown = name(typed, limit=_NAME)
        return "one key" if hides_key else shown if "key" in shown.casefold() else f"key {shown}"
    return name(typed, limit=_NAME)


def _moved(cause: Cause) -> str:
    if cause.before > 0 and cause.now >= _MANY_TIMES * cause.before:
        return f"{cause.now / cause.before:,.0f} times as many"
    step = abs(cause.now - cause.before) / cause.before if cause.before > 0 else 0.0
    return f"{_share(step)} {'more' if cause.state == 'more' else 'fewer'}"


def _share(share: float) -> str:
    return percent(round(share * 1_000_000), 1_000_000)


def arithmetic_words(change: WeekChange, *, week_nanos: int, hides_key: bool = False) -> str:
    """Returns what a usual week costs, how far this one is from it, and the share that the cause has."""
    if change.usual_nanos <= 0:
        return ""
    difference = week_nanos - change.usual_nanos
    lead = f"A usual week costs {usd_round(change.usual_nanos)}, by the weeks before."
    if difference == 0:
        return lead
    moved = f"This one cost {usd(abs(difference))} {'more' if difference > 0 else 'less'}"
    cause = change.cause
    if cause is None:
        return f"{lead} {moved}, which is within the usual range." if change.kind != "changed" else f"{lead} {moved}."
    if cause.kind == "many":
        return f"{lead} {moved}. No single change explains half of it."
    rest = difference - cause.effect_nanos
    words = cause_words(cause, hides_key=hides_key)
    return f"{lead} {moved}: {signed_usd(cause.effect_nanos)} from {words}, {signed_usd(rest)} from everything else."
