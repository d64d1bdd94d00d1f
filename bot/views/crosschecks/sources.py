"""Problems of sources: quarantined rows, observed usage that is not booked, usage that may be booked twice."""

from collections.abc import Sequence

from bot.crosschecks.observations import CrossCheck
from bot.intake.quarantine import QuarantineShare
from bot.messages import Message
from bot.money import tokens_short, usd
from bot.periods import short_day_text
from bot.reporting.reports import CompanyView, OverlapView
from bot.views.blocks import context, name, section
from bot.views.crosschecks.unread_usage import unread_lines
from bot.views.wording import counted

_SHOWN = 3
_MODELS_SHOWN = 10
_KIND_WORDS = {
    "unreadable": "unreadable",
    "refused": "refused by the database",
    "conflict": "in conflict",
    "unread": "with usage that no rule books",
}


def source_lines(company: CompanyView) -> list[str]:
    """Returns one line per problem of a source; empty if there is none."""
    return [
        *unread_lines(company.unread),
        *quarantine_lines(company),
        *overlap_lines(company.overlaps),
        *cross_check_lines(company.cross_checks),
    ]


def quarantine_lines(company: CompanyView) -> list[str]:
    """Returns the rows in quarantine by kind and source, and the command that lists them."""
    lines = []
    if company.quarantined:
        rows = counted(sum(share.rows for share in company.quarantined), "row")
        parts = _parts(company.quarantined)
        lines.append(f"{rows} in quarantine, not booked: {parts}. `tokens quarantine list` says why.")
    if company.not_kept:
        rows = counted(company.not_kept, "row")
        lines.append(f"{rows} more could not be booked, and there was no room to keep them: a sender keeps failing.")
    return lines


def _parts(shares: Sequence[QuarantineShare]) -> str:
    ranked = sorted(shares, key=lambda share: (-share.rows, share.source, share.kind))
    words = [f"{s.rows:,} {_KIND_WORDS.get(s.kind, s.kind)} from {name(s.source, limit=40)}" for s in ranked[:_SHOWN]]
    rest = sum(share.rows for share in ranked[_SHOWN:])
    return ", ".join([*words, f"{rest:,} others"] if rest else words)


def overlap_lines(overlaps: Sequence[OverlapView]) -> list[str]:
    if not overlaps:
        return []
    first, rest = overlaps[0], len(overlaps) - 1
    smaller, more = name(first.smaller, limit=40), f" So do {counted(rest, 'more pair')}." if rest else ""
    return [
        f"{smaller} and {name(first.larger, limit=40)} seem to report the same calls: {_twin_words(first)}.{more} "
        f"If so: `tokens keys set {smaller} --role observe`."
    ]


def _twin_words(overlap: OverlapView) -> str:
    return f"{overlap.twins:,} of {overlap.calls:,} calls have a twin"


def cross_check_lines(checks: Sequence[CrossCheck]) -> list[str]:
    if not checks:
        return []
    ranked = sorted(checks, key=lambda c: (-c.missing.tokens, -c.missing.calls))
    first, rest = ranked[0], len(ranked) - 1
    more = f", and of {counted(rest, 'other model')} or days" if rest else ""
    return [
        f"{name(first.source, limit=40)} saw calls that nobody booked: on {short_day_text(first.day)} "
        f"{_missing_words(first)} of {name(first.model, limit=40)}{more}. `tokens sources` shows how each source does."
    ]


def _missing_words(check: CrossCheck) -> str:
    missing, observed = check.missing, check.observed
    return (
        f"{missing.calls:,} of {counted(observed.calls, 'call')} and {tokens_short(missing.tokens)} of "
        f"{tokens_short(observed.tokens)} tokens"
    )


def overlap_message(overlap: OverlapView) -> Message:
    """Returns the notice that two sources may report the same calls: evidence, cost, next steps."""
    smaller, larger = name(overlap.smaller), name(overlap.larger)
    text = (
        f"*{smaller}* and *{larger}* seem to report the same calls. In the last {_time_words(overlap.minutes)} "
        f"{_twin_words(overlap)}: the same model and the same tokens within five seconds. Those twins cost "
        f"{usd(overlap.cost_nanos)}, which may be counted twice."
    )
    todo = (
        f"If they are the same calls, let one of the two observe: `tokens keys set {smaller} --role observe`. What it sends "
        f"is then compared with the books, and no longer booked. If they are not, there is nothing to do."
    )
    small_print = "Nothing was changed. This is said again after 30 days, if it is still so."
    return Message(
        text=f"{text.replace('*', '')} {todo}",
        blocks=(
            section(text, block_id="overlap"),
            section(todo, block_id="overlap-todo"),
            context(small_print, block_id="overlap-note"),
        ),
    )


def _time_words(minutes: int) -> str:
    return counted(minutes, "minute") if minutes < 120 else counted(round(minutes / 60), "hour")


def cross_check_message(checks: Sequence[CrossCheck]) -> Message:
    """Returns the observed usage of a day that is not booked, by model, largest first."""
    ranked = sorted(checks, key=lambda c: (-c.missing.tokens, -c.missing.calls, c.model))
    first = ranked[0]
    text = (
        f"*{name(first.source)}* saw usage on {short_day_text(first.day)} (UTC) that no metering source sent: it is not in "
        f"the books."
    )
    lines = [f"• {name(c.model)}: {_missing_words(c)} are missing" for c in ranked[:_MODELS_SHOWN]]
    if rest := len(ranked) - _MODELS_SHOWN:
        lines.append(f"• and {counted(rest, 'more model')}")
    todo = (
        "Likely: a metering source lost events, or calls go past it. `tokens sources` shows when each was heard of; send what "
        "is missing again, for nothing is booked twice."
    )
    return Message(
        text=" ".join([text.replace("*", ""), "; ".join(line.removeprefix("• ") for line in lines) + ".", todo]),
        blocks=(
            section(text, block_id="cross-check"),
            section("\n".join(lines), block_id="cross-check-models"),
            section(todo, block_id="cross-check-todo"),
        ),
    )
