"""A usage event of an OTLP record: its key, its figures and its labels."""

import ipaddress
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.fields import address, event_name, geography, moment_within, name, reported_or_note, storable, tier
from bot.sources.labels import Notes, label, tag_list
from bot.sources.otlp.counters import Counters, counters, parts
from bot.sources.otlp.names import TAGS
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.producers.registry import PROGRAMS
from bot.sources.otlp.records import Record
from bot.sources.twin_hints import hash_of, number_of, response_of
from bot.units import UNITS, Units, units_of
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, PARTS, Labels, Parts, TwinHint, UsageEvent, digest

PART_FACTS = frozenset(PARTS)
UNIT_FACTS = frozenset(UNITS)
_NOBODY = ("unknown_service", "openrouter")
_SUBSCRIPTIONS = ("oauth-personal", "chatgpt")


def usage_event(record: Record, profile: Profile, *, now: int, latest: int, notes: Notes) -> UsageEvent:
    """Checks and normalises a metered span or log record, and notes what was left out of it. Raises SourceError that
    names the attribute.

    `now` is the moment of a call without a time, `latest` the last accepted moment.
    """
    figures = counters(record.facts, profile.counting_for(record.own_fact_text("provider")))
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
    notes += record.origin.notes
    notes += record.notes
    cost = _cost(record, notes) if profile.cost != "none" else None
    units = () if UNIT_FACTS.isdisjoint(record.facts) else _units(record)
    is_empty = not any(figures) and not cost and not units
    failed = is_empty and (record.failed or "error" in record.facts)
    if is_empty and not failed and (unusable := next((note for note in notes if note.is_cost), None)):
        raise SourceError(f"{unusable.field} {unusable.fault}")
    provider, model = (
        _provider(record, profile, notes),
        name(_attribute(record, "model"), record.own_fact_text("model")),
    )
    if not model and not failed:
        raise SourceError("gen_ai.response.model and gen_ai.request.model are missing")
    model = model or "unknown"
    occurred_at = _moment(record, now=now, latest=latest)
    groups = _groups(record, notes)
    return UsageEvent(
        key=key,
        fingerprint=digest((model, figures, cost, failed)),
        event_id=event_id,
        occurred_at=occurred_at,
        labels=Labels(
            provider=provider,
            model=model,
            tool=profile.tool,
            workflow=_workflow(record, notes),
            user=_user(record, profile, notes),
            credential=_label(record, "credential", notes),
            declared_team=_label(record, "team", notes) or (groups[0] if groups else ""),
            user_agent=_label(record, "user_agent", notes),
            tags=_tags(record, groups, notes),
            api_base=_api_base(record),
            tier=_tier(record, profile),
            geo=geography(record.own_fact_text("geo")),
            region=_label(record, "region", notes) if "region" in record.facts else "",
        ),
        uncached_input=figures.uncached_input,
        cache_read=figures.cache_read,
        cache_write_5m=figures.cache_write_5m,
        cache_write_1h=figures.cache_write_1h,
        output=figures.output,
        reasoning=figures.reasoning,
        reported_nanos=cost,
        failed=failed,
        gateway_cache=False,
        notional=record.fact_text("auth").casefold().startswith(_SUBSCRIPTIONS),
        # A stream that was not asked for its usage, or a sender that writes zeros for it: a call of unknown usage, not
        # of zero.
        unmetered=is_empty and cost is None and not failed,
        parts=() if PART_FACTS.isdisjoint(record.facts) else _parts(record, profile, figures),
        units=units,
        cost_is_guess=cost is not None and profile.cost == "guess",
        twin_hint=_twin_hint(record),
    )


def _twin_hint(record: Record) -> TwinHint | None:
    """Returns the hint of a span, with its place and time, or of a log record, which has no twin in another scope."""
    if record.signal == "metrics":
        return None
    origin, response = record.origin, record.own_fact_text("response_id")
    if record.signal == "logs":
        return TwinHint(hash_of(origin.scope[:256]))
    return TwinHint(  # in the order of its fields, as this runs for every call
        hash_of(origin.scope[:256]),
        origin.process,
        number_of(record.trace_id),
        number_of(record.span_id),
        number_of(record.parent_id),
        response_of(response),
        (record.started_at or record.at) // 1000,
        record.at // 1000,
    )


def _tier(record: Record, profile: Profile) -> str:
    given = record.own_fact_text("tier")
    return tier(profile.tiers.get(given, given)) if given else ""


def _parts(record: Record, profile: Profile, figures: Counters) -> Parts:
    return parts(record.facts, profile.counting_for(record.own_fact_text("provider")), figures)


def _units(record: Record) -> Units:
    found = [record.facts[unit] for unit in UNITS if unit in record.facts]
    try:
        return units_of((unit, record.facts[unit].value) for unit in UNITS if unit in record.facts)
    except SourceError as error:  # in the sender's own words
        raise SourceError(f"{', '.join(given.attribute for given in found)}: {error}") from error


def _attribute(record: Record, fact: str) -> str:
    given = record.facts.get(fact) or record.origin.facts.get(fact)
    return given.attribute if given is not None else fact


def _label(record: Record, fact: str, notes: Notes) -> str:
    given = record.facts.get(fact) or record.origin.facts.get(fact)
    return label(given.attribute, given.value, notes) if given is not None else ""


def _cost(record: Record, notes: Notes) -> int | None:
    """Returns the reported cost in nano-dollars: the one with all digits, or else the one in whole micro-dollars."""
    given = record.facts.get("cost")
    if given is not None and (cost := reported_or_note(given.attribute, given.value, notes)) is not None:
        return cost
    whole = record.facts.get("cost_micros")
    if whole is None or type(whole.value) is not int:
        return None
    dollars = Decimal(whole.value).scaleb(-6) if abs(whole.value) < 10**24 else whole.value
    return reported_or_note(whole.attribute, str(dollars), notes)


def _identity(record: Record, profile: Profile, figures: Counters) -> tuple[str, bytes]:
    """Returns the event's name and key. Ids of responses repeat (model stubs give all the same), so they count only
    within a trace or a session. Within one, two spans of a response are the same call.
    """
    response, session = _id(record, "response_id"), _id(record, "session")
    session = session or storable("session.id", record.fact_text("session"))
    stamp = record.own_fact_text("timestamp") or str(record.at)
    if profile.identity == "response":
        if response:
            return event_name(response), digest((profile.id, session, response))
        sequence = record.own_fact_text("sequence") or stamp
        return event_name(f"{session}/{sequence}"), digest((profile.id, session, "sequence", sequence, stamp))
    if profile.identity == "record":
        prompt = record.own_fact_text("prompt")
        key = digest((profile.id, session, prompt, stamp, record.own_fact_text("model"), figures))
        return event_name(f"{session}/{stamp}"), key
    trace, span = (found if any(found) else b"" for found in (record.trace_id, record.span_id))
    if not (response or (trace and span)):
        raise SourceError(
            "traceId, spanId and gen_ai.response.id are missing or no ids: nothing tells this call from others"
        )
    if response:
        return event_name(response), digest(("span", trace, "response", response))
    return span.hex(), digest(("span", trace, "span", span))


def _id(record: Record, fact: str) -> str:
    """Returns an id of any length: those of `/v1/responses` have hundreds of characters."""
    return storable(_attribute(record, fact), record.own_fact_text(fact))


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


def _provider(record: Record, profile: Profile, notes: Notes) -> str:
    given = record.facts.get("provider")
    provider = label(given.attribute, given.value, notes) if given is not None else ""
    if profile.provider_ends_at:
        provider = provider.partition(profile.provider_ends_at)[0]
    if profile.others_models and profile.is_others(record.own_fact_text("model")):
        return ""
    if not provider or provider in profile.not_providers:
        return profile.provider_for(record.own_fact_text("model")) if profile.provider else ""
    return provider


def _workflow(record: Record, notes: Notes) -> str:
    if workflow := _label(record, "workflow", notes):
        return workflow
    service = record.origin.service
    return "" if service in PROGRAMS or service.startswith(_NOBODY) else label("service.name", service, notes)


def _user(record: Record, profile: Profile, notes: Notes) -> str:
    """Returns the person, by e-mail if there is one. Coding assistants use `user.id` for an installation, unless they
    say that it is of the company's sign-in.
    """
    facts = ("email", "user") if _names_sign_in(record) else profile.person
    return next((user for fact in facts if (user := _label(record, fact, notes))), "")


def _names_sign_in(record: Record) -> bool:
    """Returns whether the client says that its person and groups come from the company's sign-in.

    The client writes this itself, and a relaying gateway passes it on unchecked: it is a claim, so nothing here becomes
    a gateway's word.
    """
    return record.fact_text("identity") == "gateway-oidc"


def _groups(record: Record, notes: Notes) -> list[str]:
    """Returns the groups that a client claims with the company's sign-in; the first is its declared team."""
    groups = record.fact_text("groups") if _names_sign_in(record) else ""
    return tag_list("user.groups", groups.split(","), notes) if groups else []


def _tags(record: Record, groups: list[str], notes: Notes) -> tuple[str, ...]:
    found = [f"{fact}:{value}" for fact in TAGS if (value := _label(record, fact, notes))]
    found += [f"group:{group}" for group in groups]
    return tuple(tag[:MAX_NAME_CHARACTERS] for tag in found[:MAX_TAGS])


def _api_base(record: Record) -> str:
    host = record.own_fact_text("address")
    return _host(host[:MAX_NAME_CHARACTERS]) if host else ""


@lru_cache(maxsize=1000)
def _host(host: str) -> str:
    """Returns the called host, unless it is an IP address."""
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return address(host)
    return ""
