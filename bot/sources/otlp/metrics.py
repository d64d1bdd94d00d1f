"""Sums of tokens, for senders that export metrics alone. Points don't separate calls, so a record per call is better.

Understood: `claude_code.token.usage`, whose types are disjoint, as deltas.
Refused: its cumulative form, which counts from an unknown start, and sums whose input includes cached input that
another series counts.
Ignored on purpose: histograms, gauges and all other sums.
"""

from bot.refusals import SourceError
from bot.sources.fields import count
from bot.sources.labels import Notes
from bot.sources.otlp.counters import Counters
from bot.sources.otlp.event import build_event
from bot.sources.otlp.profiles import Meters, producer_of
from bot.sources.otlp.records import Record
from bot.usage import UsageEvent, digest

_DELTA = 1
_OVERLAPPING = ("gemini_cli.token.usage", "gen_ai.client.inference.usage.", "gen_ai.client.inference.tokens")


def metered_point(record: Record, meters: Meters, *, now: int, latest: int, notes: Notes) -> UsageEvent | None:
    """Returns the usage of a point of a sum, or None for one that is ignored on purpose. Raises SourceError."""
    total = record.total
    if meters not in ("auto", "metrics") or total is None:
        return None
    profile = producer_of(record)
    rule = profile.sums
    if meters == "auto" and (rule is None or not rule.auto):
        return None
    if record.name.startswith(_OVERLAPPING):
        raise SourceError(
            f"{record.name} counts cached input in its input, as two series: send spans or logs, and meter by those"
        )
    if rule is None or record.name not in rule.records or not total.value:
        return None
    if total.temporality != _DELTA:
        raise SourceError(
            f"{record.name} is cumulative: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta where it is made"
        )
    kind = record.own_fact_text("token_type")
    if kind not in rule.counters:
        raise SourceError(f"type is {kind[:60]!r}, which is none of {', '.join(rule.counters)}")
    if isinstance(total.value, float) and not total.value.is_integer():
        raise SourceError(f"{record.name} is not a whole number")
    figures = Counters(**{rule.counters[kind]: count(record.name, int(total.value))})
    key = digest(("metric", record.name, total.series, total.since, record.at))
    event_id = f"{kind} until {record.at}"
    return build_event(record, profile, figures, event_id=event_id, key=key, now=now, latest=latest, notes=notes)
