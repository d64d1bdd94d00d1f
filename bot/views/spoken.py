"""The text of a message, which screen readers and notifications read alone: it gets the figures that only blocks have."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_DATE = re.compile(r"<!date\^\d+\^[^|]*\|([^>]*)>")
_FIGURE = re.compile(
    r"-?\$[\d,]+(?:\.\d+)?(?:[kMB]\b)?"
    r"|\d[\d,]*(?:\.\d+)?%"
    r"|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"
)
_TITLE = re.compile(r"^\*([^*]+)\*\n")
_MARK = re.compile(r"^(?:• |\d+\. )", re.MULTILINE)


def figures_in(text: str) -> frozenset[str]:
    """Returns the amounts, shares and dates of a text in mrkdwn. An amount is there in whole dollars too, as headlines round
    it; `$0.00` says nothing.
    """
    found = set(_FIGURE.findall(_DATE.sub(r"\1", text))) - {"$0.00"}
    return frozenset(found | {rounded for figure in found if (rounded := _in_whole_dollars(figure))})


def lacking(text: str, part: str) -> frozenset[str]:
    """Returns the figures of a part that a text has neither as they are nor in whole dollars."""
    said = figures_in(text)
    own = set(_FIGURE.findall(_DATE.sub(r"\1", part))) - {"$0.00"}
    return frozenset(figure for figure in own if figure not in said and _in_whole_dollars(figure) not in said)


def with_figures(text: str, parts: Iterable[str]) -> str:
    """Returns a text with those parts of its blocks, in mrkdwn, whose figures it lacks."""
    for part in parts:
        if lacking(text, part):
            text = f"{text} {spoken(part)}"
    return text


def spoken(part: str) -> str:
    """Returns a titled field or list as a sentence: `Tools: Claude Code $4.00; Codex $3.00.`"""
    titled = _TITLE.sub(r"\1: ", _MARK.sub("", part.strip()))
    sentence = "; ".join(line.strip() for line in titled.splitlines() if line.strip()).replace("*", "")
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _in_whole_dollars(figure: str) -> str:
    """Returns `$1,235` for `$1,234.50`; an empty text for what is no amount with cents from a hundred dollars on."""
    digits = figure.replace("$", "").replace(",", "")
    if "$" not in figure or "." not in digits or not digits.lstrip("-").replace(".", "").isdigit():
        return ""
    dollars = Decimal(digits)
    whole = dollars.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    is_round = dollars == whole
    if abs(dollars) < 100 and not is_round:
        return ""
    return f"{'-' if whole < 0 else ''}${abs(whole):,}"
