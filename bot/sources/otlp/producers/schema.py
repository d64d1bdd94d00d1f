"""The members of a producer's data file. `docs/connect/adding-a-client.md` explains each; an unknown one is an error."""

from typing import Literal

import msgspec

Texts = tuple[str, ...]
Identity = Literal["span", "response", "record"]
Kind = Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
CostKind = Literal["sure", "guess", "none"]
PersonFact = Literal["email", "user", "account"]


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose records these are: services by their exact name, scopes (a `*` at the end stands for any end), or records
    with one of the attributes `marks`. `since` and `before` bound the version of the scope.
    """

    services: Texts = ()
    scopes: Texts = ()
    marks: Texts = ()
    since: str = ""
    before: str = ""


class CallRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which log records or spans are one call each: by their names, and by facts with one of some values. A rule that is
    not `auto` counts only for sources that are metered by its signal alone. `needs_counts` may name kinds of
    spans or operations.
    """

    auto: bool = True
    records: Texts = ()
    only: dict[str, Texts] = {}
    needs_counts: bool | Texts = False
    needs_tokens: bool = False
    kinds: tuple[Kind, ...] = ()
    operations: Texts = ()


class SumRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sums count tokens, and the counter of each value of their attribute `type`."""

    auto: bool = False
    records: Texts
    counters: dict[str, str]


class Counting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a producer counts: whether its input includes cache reads and writes, whether its output includes reasoning,
    and which facts are input or output beside these. `output_is_rest`: its total has output that its output lacks.
    `streams_count_start`: it adds the token of a stream's first event to the output of the last, which has it.
    """

    input_has_cache: bool = True
    output_has_reasoning: bool = True
    output_is_rest: bool = False
    streams_count_start: bool = False
    beside_input: Texts = ()
    beside_output: Texts = ()


class OtherCounting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is counted otherwise for one provider."""

    input_has_cache: bool | None = None
    output_has_reasoning: bool | None = None
    output_is_rest: bool | None = None
    streams_count_start: bool | None = None
    beside_input: Texts | None = None
    beside_output: Texts | None = None


class ProducerFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file."""

    name: str
    tool: str = ""
    provider: str = ""
    provider_of: Texts = ()
    provider_ends_at: str = ""
    not_providers: Texts = ()
    tiers: dict[str, str] = {}
    others_models: Texts = ()
    identity: Identity = "span"
    person: tuple[PersonFact, ...] = ("email", "user")
    cost: CostKind = "sure"
    sender: Sender = Sender()
    logs: CallRule | None = None
    spans: CallRule | None = None
    sums: SumRule | None = None
    counting: Counting = Counting()
    counting_of: dict[str, OtherCounting] = {}
    names: dict[str, Texts] = {}
    texts: dict[str, dict[str, str | Texts]] = {}
