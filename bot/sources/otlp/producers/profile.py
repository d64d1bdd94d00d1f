"""A producer's profile: its data file, checked and made quick to use."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import chain

import msgspec

from bot.sources.fields import TIERS
from bot.sources.otlp.names import NAMES, OWN_FACTS, AttributeFact
from bot.sources.otlp.producers.schema import (
    CallRule,
    CostKind,
    Counting,
    Identity,
    OtherCounting,
    PersonFact,
    ProducerFile,
    SumRule,
    Texts,
)
from bot.usage import COUNTERS

MEMBER_MARK = "#"
"""Stands between an attribute that holds JSON and the path of a member in it."""


class ProfileError(Exception):
    """A producer's data file that can't be used: the file and the fault."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """How one producer's records are read. `id` is its file's name, and part of the keys of its calls.

    `reads` maps each attribute that is read to its fact; `texts` each attribute that holds JSON to the members in it.
    """

    id: str
    name: str
    tool: str
    provider: str
    provider_of: Texts
    provider_ends_at: str
    not_providers: frozenset[str]
    others_models: Texts
    tiers: Mapping[str, str]
    identity: Identity
    person: tuple[PersonFact, ...]
    cost: CostKind
    logs: CallRule | None
    spans: CallRule | None
    sums: SumRule | None
    counting: Counting
    counting_of: Mapping[str, Counting]
    reads: Mapping[str, AttributeFact]
    texts: Mapping[str, tuple[tuple[str, str], ...]]

    def counting_for(self, provider: str) -> Counting:
        """Returns how the producer counts the calls of a provider."""
        if not self.counting_of:
            return self.counting
        named = provider.partition(self.provider_ends_at)[0] if self.provider_ends_at else provider
        return self.counting_of.get(named.casefold(), self.counting)

    def is_others(self, model: str) -> bool:
        """Returns whether a model can't be of the provider that the record names: its API is another's on a gateway."""
        return any(fnmatchcase(model, pattern) for pattern in self.others_models)

    def provider_for(self, model: str) -> str:
        """Returns the provider of a call that names none."""
        if self.provider_of and not any(fnmatchcase(model, pattern) for pattern in self.provider_of):
            return ""
        return self.provider


def profile_from(file_id: str, found: ProducerFile) -> Profile:
    """Makes a profile of a data file. Raises ProfileError for a name that nothing has."""
    _check(file_id, found)
    counting_of = {
        provider.casefold(): msgspec.structs.replace(found.counting, **_given(other))
        for provider, other in found.counting_of.items()
    }
    reads = reads_of(found.names)
    texts = {}
    for attribute, members in found.texts.items():
        listed = [
            (fact, path) for fact, paths in members.items() for path in ((paths,) if isinstance(paths, str) else paths)
        ]
        texts[attribute] = tuple((path, f"{attribute}{MEMBER_MARK}{path}") for _, path in listed)
        reads |= {f"{attribute}{MEMBER_MARK}{path}": AttributeFact(fact, -1) for fact, path in listed}
        reads[attribute] = AttributeFact(attribute, 0)
    return Profile(
        id=file_id,
        name=found.name,
        tool=found.tool,
        provider=found.provider,
        provider_of=found.provider_of,
        provider_ends_at=found.provider_ends_at,
        not_providers=frozenset(found.not_providers),
        others_models=found.others_models,
        tiers=found.tiers,
        identity=found.identity,
        person=found.person,
        cost=found.cost,
        logs=found.logs,
        spans=found.spans,
        sums=found.sums,
        counting=found.counting,
        counting_of=counting_of,
        reads=reads,
        texts=texts,
    )


def reads_of(names: Mapping[str, Texts]) -> dict[str, AttributeFact]:
    """Returns the fact of each attribute: by a producer's own names of a fact, or by the common ones."""
    return {
        attribute: AttributeFact(fact, rank)
        for fact, attributes in {**NAMES, **names}.items()
        for rank, attribute in enumerate(attributes)
    }


def _given(other: OtherCounting) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(other).items() if value is not None}


def _check(file_id: str, found: ProducerFile) -> None:
    """Checks what the schema can't: that facts, counters and attributes are known, and each attribute is one fact."""

    def fail(fault: str) -> None:
        raise ProfileError(f"{file_id}.toml: {fault}")

    rules = [rule for rule in (found.logs, found.spans) if rule is not None]
    facts = {*found.names, *chain.from_iterable(members for members in found.texts.values())}
    facts |= {fact for rule in rules for fact in rule.only}
    countings: list[Counting | OtherCounting] = [found.counting, *found.counting_of.values()]
    facts |= {fact for c in countings for fact in ((c.beside_input or ()) + (c.beside_output or ()))}
    if unknown := sorted(facts - NAMES.keys() - OWN_FACTS):
        fail(f"{', '.join(unknown)}: no such fact; bot/sources/otlp/names.py lists them")
    if unknown := sorted({*found.tiers.values()} - TIERS):
        fail(f"tiers: {', '.join(unknown)}: no such tier")
    if found.sums and (unknown := sorted({*found.sums.counters.values()} - {*COUNTERS})):
        fail(f"sums.counters: {', '.join(unknown)}: no such counter")
    names = [*chain.from_iterable({**NAMES, **found.names}.values()), *found.texts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        fail(f"names: {', '.join(twice)}: the name of two facts")
    if unknown := [mark for mark in found.sender.marks if mark not in reads_of({})]:
        fail(f"sender.marks: {', '.join(unknown)}: no attribute that all producers are read for")
