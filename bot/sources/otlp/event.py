"""A usage event of an OTLP record: its key, its figures and its labels."""

from datetime import datetime
from decimal import Decimal

from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.fields import event_name, moment_within, reported_or_note, storable
from bot.sources.labels import Notes
from bot.sources.otlp.counters import Counters, counters, parts
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.quick.labels import labels_of
from bot.sources.otlp.records import Facts, Record
from bot.sources.reservations import with_reservation
from bot.sources.twin_hints import place_of, response_of
from bot.units import UNITS, Units, units_of
from bot.usage import PARTS, Parts, TwinHint, UsageEvent, digest

PART_FACTS = frozenset(PARTS)
UNIT_FACTS = frozenset(UNITS)
_SUBSCRIPTIONS = ("oauth-personal", "chatgpt")


def usage_event(record: Record, profile: Profile, *, now: int, latest: int, notes: Notes) -> UsageEvent:
    """Checks and normalises a metered span or log record, and notes what was left out of it. Raises SourceError that
    names the attribute.

    `now` is the moment of a call without a time, `latest` the last accepted moment.
    """
    counting = profile.counting
    if profile.counting_of:
        counting = profile.counting_for(record.own_fact_text("provider"))
    figures = counters(record.facts, counting)
    event_id, key = _identity(record, profile, figures)
    return build_event(record, profile, figures, event_id=event_id, key=key, now=now, latest=latest, notes=notes)


def build_event(
    record: Record,
    profile: Profile,
    figures: Counters,
    *,
    event_id: str,
    key: bytes,
    now: int,
    latest: int,
    notes: Notes,
) -> UsageEvent:
    """Builds the usage event of a checked record from its identity and counters."""
    facts = record.facts
    if record.origin.notes or record.notes:
        notes += record.origin.notes
        notes += record.notes
    cost = _cost(facts, notes) if profile.cost != "none" else None
    units = () if UNIT_FACTS.isdisjoint(facts) else _units(record)
    is_empty = not (cost or any(figures) or units)
    failed = is_empty and (record.failed or "error" in facts)
    if is_empty and not failed and (unusable := next((note for note in notes if note.is_cost), None)):
        raise SourceError(f"{unusable.field} {unusable.fault}")
    labels = labels_of(record, profile, notes, failed=failed)
    uncached, read, write_5m, write_1h, output, reasoning = figures
    event = UsageEvent(  # in the order of its fields: naming them takes longer
        key,
        digest((labels.model, figures, cost, failed)),
        event_id,
        _moment(record, now=now, latest=latest),
        labels,
        uncached,
        read,
        write_5m,
        write_1h,
        output,
        reasoning,
        cost,
        failed,
        False,
        "auth" in facts and record.own_fact_text("auth").casefold().startswith(_SUBSCRIPTIONS),
        # A stream that was not asked for its usage, or a sender that writes zeros for it: a call of unknown usage, not
        # of zero.
        is_empty and cost is None and not failed,
        () if PART_FACTS.isdisjoint(facts) else _parts(record, profile, figures),
        units,
        cost is not None and profile.cost == "guess",
        _twin_hint(record),
    )
    return with_reservation(event, facts["reservation"].value) if "reservation" in facts else event


def _twin_hint(record: Record) -> TwinHint | None:
    """Returns the hint of a span, with its place and time, or of a log record, which has no twin in another scope."""
    if record.signal == "metrics":
        return None
    origin, given = record.origin, record.facts.get("response_id")
    if record.signal == "logs":
        return TwinHint(origin.scope_hash)
    trace, span, parent = place_of(record.trace_id, record.span_id, record.parent_id)
    return TwinHint(  # in the order of its fields, as this runs for every call
        origin.scope_hash,
        origin.process,
        trace,
        span,
        parent,
        response_of(str(given.value)) if given is not None else 0,
        (record.started_at or record.at) // 1000,
        record.at // 1000,
    )


def _parts(record: Record, profile: Profile, figures: Counters) -> Parts:
    return parts(record.facts, profile.counting_for(record.own_fact_text("provider")), figures)


def _units(record: Record) -> Units:
    found = [record.facts[unit] for unit in UNITS if unit in record.facts]
    try:
        return units_of((unit, record.facts[unit].value) for unit in UNITS if unit in record.facts)
    except SourceError as error:  # in the sender's own words
        raise SourceError(f"{', '.join(given.attribute for given in found)}: {error}") from error


def _cost(facts: Facts, notes: Notes) -> int | None:
    """Returns the reported cost in nano-dollars: the one with all digits, or else the one in whole micro-dollars."""
    given = facts.get("cost")
    if given is not None and (cost := reported_or_note(given.attribute, given.value, notes)) is not None:
        return cost
    whole = facts.get("cost_micros")
    if whole is None or type(whole.value) is not int:
        return None
    dollars = Decimal(whole.value).scaleb(-6) if abs(whole.value) < 10**24 else whole.value
    return reported_or_note(whole.attribute, str(dollars), notes)


def _identity(record: Record, profile: Profile, figures: Counters) -> tuple[str, bytes]:
    """Returns the event's name and key. Ids of responses repeat (model stubs give all the same), so they count only
    within a trace or a session. Within one, two spans of a response are the same call.
    """
    response = _id(record, "response_id")
    if profile.identity in ("response", "record"):
        return _identity_in_session(record, profile, figures, response)
    trace = record.trace_id if any(record.trace_id) else b""
    if response:
        return event_name(response), digest(("span", trace, "response", response))
    span = record.span_id if any(record.span_id) else b""
    if not (trace and span):
        raise SourceError(
            "traceId, spanId and gen_ai.response.id are missing or no ids: nothing tells this call from others"
        )
    return span.hex(), digest(("span", trace, "span", span))


def _identity_in_session(record: Record, profile: Profile, figures: Counters, response: str) -> tuple[str, bytes]:
    """Returns the name and key of a call that its program names within a session."""
    session = _id(record, "session") or storable("session.id", record.fact_text("session"))
    stamp = record.own_fact_text("timestamp") or str(record.at)
    if profile.identity == "response":
        if response:
            return event_name(response), digest((profile.id, session, response))
        sequence = record.own_fact_text("sequence") or stamp
        return event_name(f"{session}/{sequence}"), digest((profile.id, session, "sequence", sequence, stamp))
    prompt = record.own_fact_text("prompt")
    key = digest((profile.id, session, prompt, stamp, record.own_fact_text("model"), figures))
    return event_name(f"{session}/{stamp}"), key


def _id(record: Record, fact: str) -> str:
    """Returns an id of any length: those of `/v1/responses` have hundreds of characters."""
    given = record.facts.get(fact)
    return storable(given.attribute, str(given.value)) if given is not None else ""


def _moment(record: Record, *, now: int, latest: int) -> int:
    if record.at:
        return moment_within("the time", record.at // 1000, latest)
    stamp = record.own_fact_text("timestamp")
    if not stamp:
        return now
    try:
        return moment_within("event.timestamp", micros(datetime.fromisoformat(stamp[:40].upper())), latest)
    except (ValueError, OverflowError) as error:
        raise SourceError("event.timestamp is not RFC 3339 with its zone, like 2026-11-23T10:00:00Z") from error
