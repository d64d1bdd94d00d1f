"""How a shared cost is spread over teams: by their own spend, evenly, by fixed shares, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SpreadHow = Literal["none", "proportional", "even", "fixed"]


@dataclass(frozen=True, kw_only=True)
class SpreadRule:
    """A rule of chargeback. `shares` has whole percents by slug, which add up to 100; only `fixed` has any."""

    how: SpreadHow = "none"
    shares: tuple[tuple[str, int], ...] = ()


NOT_SPREAD = SpreadRule()


def spread_words(rule: SpreadRule) -> str:
    """Returns a rule in a few words; an empty text if nothing is spread."""
    if rule.how == "fixed":
        return ", ".join(f"{slug} {percent}%" for slug, percent in rule.shares)
    return rule.how if rule != NOT_SPREAD else ""


def spread_of(stored: Mapping[str, Any] | None) -> SpreadRule:
    """Returns the rule of a stored one; without one nothing is spread."""
    if not stored:
        return NOT_SPREAD
    return SpreadRule(how=stored["how"], shares=tuple((slug, percent) for slug, percent in stored["shares"]))
