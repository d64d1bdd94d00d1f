"""The labels of an OTLP record: names, tags, person and address. Labels that all fit are cached by the words they come from."""

import ipaddress
from functools import lru_cache

from bot.refusals import SourceError
from bot.sources.fields import address, geography, name, tier
from bot.sources.labels import Notes, label, tag_list
from bot.sources.otlp.names import TAGS
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.producers.registry import PROGRAMS
from bot.sources.otlp.records import Record
from bot.sources.word_cache import WordCache
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, Labels

_NOBODY = ("unknown_service", "openrouter")
_FACTS = frozenset({
    *("provider", "model", "workflow", "team", "email", "user", "account", "groups", "identity", "credential"),
    *("user_agent", "address", "tier", "geo", "region", *TAGS),
})  # fmt: skip
"""What decides a record's labels, beside its origin and its producer."""
_TEXT = frozenset({str})
_MOST_SHAPES = 2_000
_shapes: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
_fitting = WordCache[Labels]()


def labels_of(record: Record, profile: Profile, notes: Notes, *, failed: bool) -> Labels:
    """Returns the labels of a record, and notes what was left out of them. Only a failed call may lack a model.

    Raises SourceError for the model.
    """
    words = _words(record, profile)
    labels = _fitting.get(words) if words else None
    if labels is None:
        found = Notes()
        labels = _read(record, profile, found, failed=failed)
        if found:
            notes += found
        elif words and "model" in record.facts:
            _fitting.keep(words, labels)
    return labels


def _words(record: Record, profile: Profile) -> tuple[str, ...] | None:
    """Returns all words that decide a record's labels; None if one of them is not text."""
    facts, origin_words = record.facts, record.origin.words
    shape = tuple(facts)
    known = _shapes.get(shape)
    if known is None:
        known = _shape(shape)
    mark, deciding = known
    words = (profile.id, mark, *origin_words, "", *[facts[fact].value for fact in deciding])
    return words if _TEXT.issuperset(map(type, words)) else None  # type: ignore[return-value]  # all are text


def _shape(shape: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Returns the facts of a record that decide its labels, and a text that names them."""
    deciding = tuple(fact for fact in shape if fact in _FACTS)
    if len(_shapes) >= _MOST_SHAPES:
        _shapes.clear()
    found = _shapes[shape] = (" ".join(deciding), deciding)
    return found


def _read(record: Record, profile: Profile, notes: Notes, *, failed: bool) -> Labels:
    provider = _provider(record, profile, notes)
    model = name(_attribute(record, "model"), record.own_fact_text("model"))
    if not model and not failed:
        raise SourceError("gen_ai.response.model and gen_ai.request.model are missing")
    groups = _groups(record, notes)
    return Labels(
        provider=provider,
        model=model or "unknown",
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
    )


def _attribute(record: Record, fact: str) -> str:
    given = record.facts.get(fact) or record.origin.facts.get(fact)
    return given.attribute if given is not None else fact


def _label(record: Record, fact: str, notes: Notes) -> str:
    given = record.facts.get(fact) or record.origin.facts.get(fact)
    return label(given.attribute, given.value, notes) if given is not None else ""


def _tier(record: Record, profile: Profile) -> str:
    given = record.own_fact_text("tier")
    return tier(profile.tiers.get(given, given)) if given else ""


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
