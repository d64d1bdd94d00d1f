"""The mix of in-house and third-party tools in words."""

from bot.money import percent, tokens_short, usd
from bot.reporting.mix import ToolKindTotals, ToolMix
from bot.views.wording import NO_PRICE, signed_usd


def mix_lines(mix: ToolMix, *, against: str = "") -> str:
    """Returns one line per used kind with its change. `against` names the compared days if the title does not."""
    kinds = (("In-house", mix.in_house), ("Third-party", mix.third_party))
    used = [(title, kind) for title, kind in kinds if kind.tokens or kind.cost_nanos or kind.before_nanos]
    return "\n".join(f"{title}: {_words(kind, mix, against)}" for title, kind in used)


def _words(kind: ToolKindTotals, mix: ToolMix, against: str) -> str:
    if kind.has_no_price:
        return f"{NO_PRICE} for {tokens_short(kind.tokens)} tokens ({percent(kind.tokens, mix.tokens)})."
    money, tokens = percent(kind.cost_nanos, mix.cost_nanos), percent(kind.tokens, mix.tokens)
    text = f"{usd(kind.cost_nanos)} ({money}) for {tokens_short(kind.tokens)} tokens ({tokens})"
    price = kind.nanos_per_million
    if price is not None:
        text += f", {usd(price)} per million tokens"
    unpriced = kind.tokens - kind.priced_tokens
    if unpriced:
        text += f" ({tokens_short(unpriced)} unpriced tokens excluded)"
    change = f"{signed_usd(kind.change_nanos)} against {against}" if against else signed_usd(kind.change_nanos)
    return f"{text}; {change}."
