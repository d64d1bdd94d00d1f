"""Sentences about data gaps."""

from collections.abc import Sequence

from bot.alerting.alerts import DataGap
from bot.periods import HOUR_MICROS
from bot.views.blocks import name
from bot.views.wording import counted, local_moment, local_moment_words

_MOST = 3


def silence_words(silence: DataGap, *, zone: str) -> str:
    """Returns `No data from gateway-eu between Mon 23 Nov 02:00 and Mon 23 Nov 05:00 London time`."""
    start = silence.from_hour * HOUR_MICROS
    if silence.end_hour is None:
        return f"No data from {name(silence.source)} since {local_moment_words(start, zone=zone)}"
    end = local_moment_words(silence.end_hour * HOUR_MICROS, zone=zone)
    return f"No data from {name(silence.source)} between {local_moment(start, zone=zone)} and {end}"


def gaps_words(gaps: Sequence[DataGap], *, zone: str) -> str:
    """Returns a sentence about the newest of several gaps, and their consequence for the figures."""
    newest = sorted(gaps, key=lambda gap: gap.from_hour)[-_MOST:]
    more = f" (and {counted(len(gaps) - _MOST, 'earlier gap')})" if len(gaps) > _MOST else ""
    return f"{'; '.join(silence_words(gap, zone=zone) for gap in newest)}{more}: the figures lack what was used then."
