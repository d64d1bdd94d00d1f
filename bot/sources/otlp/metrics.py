"""Sums of tokens, for senders that export metrics alone. Points don't separate calls, so a record per call is better.

Understood: sums whose values of `type` are disjoint, as a producer's data file names them, as deltas or as running sums.
Refused: sums whose input includes cached input that another series counts, and running sums without their beginning.
Ignored on purpose: histograms, gauges and all other sums.
"""

from bot.refusals import SourceError
from bot.sources.fields import count
from bot.sources.labels import Notes
from bot.sources.otlp.counters import Counters
from bot.sources.otlp.event import build_event
from bot.sources.otlp.profiles import Meters, producer_of
from bot.sources.otlp.records import Record
from bot.usage import RunningSum, UsageEvent, digest

_DELTA, _CUMULATIVE = 1, 2
_OVERLAPPING = ("gemini_cli.token.usage", "gen_ai.client.inference.usage.", "gen_ai.client.inference.tokens")


def metered_point(
    record: Record, meters: Meters, *, now: int, latest: int, notes: Notes
) -> UsageEvent | RunningSum | None:
    """Returns the usage of a point of a sum, its running sum, or None for one that is ignored on purpose. Raises
    SourceError.
    """
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
    kind = record.own_fact_text("token_type")
    if kind not in rule.counters:
        raise SourceError(f"type is {kind[:60]!r}, which is none of {', '.join(rule.counters)}")
    if isinstance(total.value, float) and not total.value.is_integer():
        raise SourceError(f"{record.name} is not a whole number")
    counter, value = rule.counters[kind], count(record.name, int(total.value))
    key = digest(("metric", record.name, total.series, total.since, record.at))
    event = build_event(
        record,
        profile,
        Counters(**{counter: value}),
        event_id=f"{kind} until {record.at}",
        key=key,
        now=now,
        latest=latest,
        notes=notes,
    )
    if total.temporality == _DELTA:
        return event
    if total.temporality != _CUMULATIVE or not total.since:
        raise SourceError(f"{record.name} is neither a delta nor a running sum with its start, startTimeUnixNano")
    stream = digest((record.name, total.series, total.since))
    return RunningSum(stream=stream, counter=counter, value=value, at=event.occurred_at, event=event)
