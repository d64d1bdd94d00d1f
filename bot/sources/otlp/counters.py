"""The token counters of an OTLP record, made disjoint by the sender's way of counting.

Figures overrule it in one case: a part that is more than its whole is none of its parts, so it is counted beside it.
"""

from math import isnan
from typing import NamedTuple

from bot.refusals import SourceError
from bot.sources.fields import count
from bot.sources.otlp.producers.schema import Counting
from bot.sources.otlp.records import Facts
from bot.usage import MAX_TOKENS, Parts, parts_of


class Counters(NamedTuple):
    uncached_input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0


_WRITES = frozenset({"cache_write", "cache_write_5m", "cache_write_1h"})


def counters(facts: Facts, counting: Counting) -> Counters:
    """Returns the six disjoint counters. Raises SourceError if parts together, and none alone, are more than their whole."""
    uncached, output = _count(facts, "input"), _count(facts, "output")
    read = _count(facts, "cache_read") if "cache_read" in facts else 0
    reasoning = _count(facts, "reasoning") if "reasoning" in facts else 0
    write_5m, write_1h = (0, 0) if _WRITES.isdisjoint(facts) else _written(facts)
    if counting.output_is_rest:
        output = max(output, _count(facts, "total") - uncached)
    if counting.streams_count_start and "streamed" in facts and facts["streamed"].value and output:
        output -= 1
    is_inclusive = counting.input_has_cache and (read or write_5m or write_1h)
    if "uncached" in facts:
        uncached = _count(facts, "uncached")
    elif is_inclusive and not _is_beside(facts, "input", max(read, write_5m + write_1h), uncached):
        uncached -= read + write_5m + write_1h
        if uncached < 0:
            raise SourceError(f"{_name(facts, 'input')} is less than its cached parts")
    if "visible_output" in facts:
        output = _count(facts, "visible_output") + reasoning
    elif reasoning and (not counting.output_has_reasoning or _is_beside(facts, "output", reasoning, output)):
        output += reasoning
    if counting.beside_input or counting.beside_output:
        uncached += sum(_count(facts, fact) for fact in counting.beside_input)
        output += sum(_count(facts, fact) for fact in counting.beside_output)
    if "compaction_input" in facts or "compaction_output" in facts:  # not included in the usage beside them
        uncached += _count(facts, "compaction_input")
        output += _count(facts, "compaction_output")
    return Counters(uncached, read, write_5m, write_1h, output, reasoning)


def parts(facts: Facts, counting: Counting, figures: Counters) -> Parts:
    """Returns the tokens of other kinds than text, each within its counter. Input that includes cached input includes
    the cached part of its kind too.
    """
    given: list[tuple[str, int]] = []
    for kind in ("audio", "image", "video"):
        read, whole = _count(facts, f"{kind}_cache_read"), _count(facts, f"{kind}_input")
        if counting.input_has_cache:
            read = read or max(0, whole - figures.uncached_input)  # what is more than uncached was cached
            whole -= read
        given += [(f"{kind}_input", whole), (f"{kind}_cache_read", read)]
        given.append((f"{kind}_output", _count(facts, f"{kind}_output")))
    given += [(name, _count(facts, name)) for name in ("cache_write_30m", "cache_write_12h")]
    return parts_of(given, figures._asdict())


def _written(facts: Facts) -> tuple[int, int]:
    """Returns tokens written to the cache for five minutes and for an hour; five minutes if the sender gives no
    duration.
    """
    whole, write_5m, write_1h = (_count(facts, fact) for fact in ("cache_write", "cache_write_5m", "cache_write_1h"))
    if write_5m + write_1h > whole:
        return whole + write_5m, write_1h
    return whole - write_1h, write_1h


def _is_beside(facts: Facts, fact: str, part: int, whole: int) -> bool:
    """Returns whether a count is no part of a fact, which is less. Raises SourceError if the fact is not given."""
    if part > whole and fact not in facts:
        raise SourceError(f"the {fact} count (not given) is less than its parts")
    return part > whole


def _count(facts: Facts, fact: str) -> int:
    given = facts.get(fact)
    if given is None:
        return 0
    value = given.value
    if type(value) is int:
        return value if 0 <= value <= MAX_TOKENS else count(given.attribute, value)
    return count(given.attribute, _whole(given.attribute, value))


def _whole(attribute: str, value: object) -> int:
    """Returns a count that is not an integer: digits as text, or a whole number as a double."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, float) and (value.is_integer() or isnan(value)):
        return 0 if isnan(value) else int(value)  # NaN is a sender's sum of figures that it does not have
    raise SourceError(f"{attribute} is not a whole number")


def _name(facts: Facts, fact: str) -> str:
    given = facts.get(fact)
    return given.attribute if given is not None else f"the {fact} count (not given)"
