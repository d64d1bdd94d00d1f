"""The public price book: list prices of models, compiled to whole pico-dollars per token."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cached_property, lru_cache
from hashlib import blake2b
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.costs.compiling import compiled_of
from bot.costs.rates import STANDARD, PriceConditions, Rates, Schedule
from bot.costs.sold_names import readings
from bot.costs.supplement import FILE, geographies, rates_of_units, supplemented
from bot.periods import date_of

if TYPE_CHECKING:  # genai_prices takes a third of a second to import
    from genai_prices.types import ModelInfo, Provider

NOON_SECOND = 43_200
_CACHE_SIZE = 20_000

_SELF_HOSTED = frozenset({
    "custom", "custom_openai", "hosted_vllm", "in_house", "llamacpp", "llamafile", "lm_studio", "local", "ollama",
    "ollama_chat", "openai_like", "self_hosted", "triton", "vllm", "xinference",
})  # fmt: skip
"""Provider names of self-hosted models. A public price for the same weights would be wrong."""
_SPELLINGS = {
    **dict.fromkeys(("x_ai", "xai"), "x-ai"),
    **dict.fromkeys(("azure_ai", "azure_openai", "azure_text", "azure.ai.openai", "azure.ai.inference"), "azure"),
    **dict.fromkeys(("az.ai.openai", "az.ai.inference"), "azure"),
    **dict.fromkeys(("vertex_ai", "gemini", "gcp.gen_ai", "google_genai", "google-gla", "google-vertex"), "google"),
    **dict.fromkeys(("google-vertex-anthropic", "vertex_ai-anthropic_models", "vertex_ai_beta"), "google"),
    **dict.fromkeys(("amazon-bedrock", "amazon_bedrock", "aws.bedrock", "aws_bedrock"), "aws"),
    **dict.fromkeys(("azure-openai", "microsoft.azure"), "azure"),
    **dict.fromkeys(("vertex", "vertexai", "gcp.vertex_ai", "gcp.gemini", "google_vertex"), "google"),
    **dict.fromkeys(("bedrock", "bedrock_converse", "converse", "invoke"), "aws"),  # bedrock/converse/… names a route
    **dict.fromkeys(("fireworks_ai", "fireworks-ai"), "fireworks"),
    **dict.fromkeys(("together_ai", "together-ai", "togetherai"), "together"),
    **dict.fromkeys(("github", "github_copilot"), "github-copilot"),
    **dict.fromkeys(("mistral_ai", "codestral"), "mistral"),
    **dict.fromkeys(("cohere_chat", "cohere_v2"), "cohere"),
    **dict.fromkeys(("novita_ai", "novita-ai"), "novita"),
    "perplexity_ai": "perplexity",
    "moonshot": "moonshotai",
    "voyage": "voyageai",
}
"""Provider names of gateways and telemetry that the book's own search misses or confuses."""
_MAKERS = (
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "mistral",
    "moonshotai",
    "openai",
    "perplexity",
    "voyageai",
    "x-ai",
)
"""Companies that make models. A host's price of a bare name would be a guess: several hosts sell the same weights."""
_RESELLERS = frozenset({"aws", "azure", "cursor", "github-copilot", "google", "openrouter", "quicksilverpro"})
_SOLD_BY_HOSTS_ALONE = ("gpt-oss-",)
"""Names whose maker gives the weights away and sells no calls; the book has a price under the maker all the same."""
_CONTEXTS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
"""A call's tier in the book's terms: OpenAI and Google name service tiers, Anthropic a speed."""


class PriceBook:
    """The list prices packaged with genai-prices, without network updates, so that a figure can be computed again.

    Loading takes a third of a second and waits for the first query. Answers are cached up to a limit, so that made-up
    model names cannot fill the memory. Without `supplement` it says what the package says, and nothing more.
    """

    def __init__(self, *, supplement: bool = True) -> None:
        self._supplement = supplement
        self._compiled: dict[int, Rates] = {}
        self._find = lru_cache(maxsize=_CACHE_SIZE)(self._look_up)
        self._schedule = lru_cache(maxsize=_CACHE_SIZE)(self._compile_day)

    @cached_property
    def book_id(self) -> str:
        """Returns `genai-prices 0.2.3 1f0c…`: the package's version and a hash of its data and of what we add to it, stored
        with each cost.
        """
        package = distribution("genai-prices")
        data = Path(str(package.locate_file("genai_prices/data.py"))).read_bytes()
        return f"genai-prices {package.version} {blake2b(data + FILE.read_bytes(), digest_size=4).hexdigest()}"

    def rates(
        self, provider: str, model: str, day: int, second: int = NOON_SECOND, *, when: PriceConditions = STANDARD
    ) -> Rates | None:
        """Returns the rates of a model at a second of a UTC day (days since 1970); None if it is unknown."""
        schedule = self._schedule(provider, model, day, when)
        return next((rates for start, rates in reversed(schedule) if start <= second), None)

    def schedule(self, provider: str, model: str, day: int, *, when: PriceConditions = STANDARD) -> Schedule:
        """Returns all rates of a model on a UTC day, from second 0; empty if it is unknown. A tier without a price of
        its own on that day costs the standard price.
        """
        return self._schedule(provider, model, day, when)

    def knows_provider(self, name: str) -> bool:
        """Returns whether the book has a provider of this name, in any known spelling."""
        return self.provider_id(name) in self._by_id

    def seller(self, provider: str, model: str) -> str:
        """Returns the book's id of the model's seller, or "" if the book knows neither model nor provider."""
        match = self._find(provider, model)
        if match is not None:
            return match[0]
        named = self._provider(provider.strip().lower())
        return named.id if named else ""

    def models_of(self, seller: str) -> tuple[str, ...]:
        """Returns the names of the models that a seller, by the book's id, has a price of."""
        found = self._by_id.get(seller)
        return tuple(sorted(model.id for model in found.models)) if found is not None else ()

    def geographies(self, provider: str, model: str) -> tuple[str, ...]:
        """Returns the geographies in which a model costs something else."""
        match = self._find(provider, model)
        return geographies(match[0], match[1].id) if match is not None and self._supplement else ()

    @staticmethod
    def provider_id(name: str) -> str:
        """Returns the book's id for a provider's exact name in any known spelling; other names in lower case."""
        folded = name.strip().lower()
        return _SPELLINGS.get(folded, folded)

    def billing_provider(self, provider: str, model: str) -> str:
        """Returns the book's id of who bills a call: the provider that the sender named, else the model's seller. A cloud
        bills the models that it resells.
        """
        return self.provider_id(provider) if provider else self.seller("", model)

    @cached_property
    def _providers(self) -> "list[Provider]":
        from genai_prices.data import providers

        return providers

    def _provider(self, name: str) -> "Provider | None":
        """Finds a provider by any of its spellings. The package's own search caches every miss without limit, so it
        is not used.
        """
        from genai_prices.data_snapshot import find_provider_by_id

        if not name or name in _SELF_HOSTED:
            return None
        return find_provider_by_id(self._providers, _SPELLINGS.get(name, name))

    def _look_up(self, provider: str, model: str) -> "tuple[str, ModelInfo] | None":
        if provider.strip().lower() in _SELF_HOSTED:
            return None
        for named, spelled in readings(provider.strip().lower(), model.strip().lower()):
            for seller, name in self._attempts(named, spelled):
                model_info = seller.find_model(name, all_providers=self._providers)
                if model_info is not None:
                    return seller.id, model_info
        return self._only_maker(model.strip().lower()) if not provider.strip() else None

    def _only_maker(self, model: str) -> "tuple[str, ModelInfo] | None":
        """Returns the model of a bare name that exactly one company sells, resellers aside, and that company made it."""
        sellers = self._sold_by.get(model, {})
        named = [seller for seller in sellers if seller not in _RESELLERS]
        return (named[0], sellers[named[0]]) if len(named) == 1 and named[0] in _MAKERS else None

    @cached_property
    def _sold_by(self) -> "dict[str, dict[str, ModelInfo]]":
        """Maps the book's own names of models to their sellers: one look-up, also for names that senders make up."""
        found: dict[str, dict[str, ModelInfo]] = {}
        for seller in self._providers:
            for model_info in seller.models:
                found.setdefault(model_info.id.lower(), {})[seller.id] = model_info
        return found

    def sellers_of(self, model: str) -> list[str]:
        """Returns the ids of all sellers of a model of this name, for a person who has to choose one."""
        return sorted(self._sold_by.get(model.strip().lower(), ()))

    def _attempts(self, provider: str, model: str) -> "Iterator[tuple[Provider, str]]":
        """Yields possible sellers and names of a model: as sent, then with each prefix such as `openai/` read as the
        provider.
        """
        prefix, _, rest = model.partition("/")
        if provider in _SELF_HOSTED or (rest and prefix in _SELF_HOSTED):
            return
        seller = self._provider(provider)
        if seller is None and model.startswith(_SOLD_BY_HOSTS_ALONE):
            return
        seller = seller or next(
            (p for p in self._providers if p.model_match is not None and p.model_match.is_match(model)), None
        )
        if seller is not None:
            yield seller, model
            if seller.id == "aws" and model.startswith("claude"):  # sold at Anthropic's list, under a longer name
                yield from self._attempts("anthropic", model)
        prefixed = _SPELLINGS.get(prefix, prefix)
        if rest and any(p.id == prefixed for p in self._providers):
            yield from self._attempts(prefixed, rest)

    def _compile_day(self, provider: str, model: str, day: int, when: PriceConditions) -> Schedule:
        match = self._find(provider, model)
        if match is None:
            alone = self._units_alone(provider, model) if self._supplement else None
            return ((0, alone),) if alone else ()
        seller, sold = match
        # A provider that sells another's model at that one's list (Azure, say) has none of its variants.
        is_own = any(sold is own for own in self._by_id[seller].models)
        context = _CONTEXTS.get(when.tier) if sold.price_variants and is_own else None
        of = when if is_own else PriceConditions(when.tier)
        midnight = datetime.combine(date_of(day), time(), UTC)
        found = []
        for second in _price_changes(sold):
            rates = self._compile(seller, sold, midnight + timedelta(seconds=second), when.tier, context)
            if self._supplement:
                rates = supplemented(rates, seller=seller, model=sold.id, when=of)
            found.append((second, rates))
        return tuple(found)

    @staticmethod
    def _units_alone(provider: str, model: str) -> Rates | None:
        """Returns the rates of a model that is sold by images, pages or searches, and which the book does not know."""
        for named, spelled in readings(provider.strip().lower(), model.strip().lower()):
            prefix, _, rest = spelled.partition("/")
            for seller, name in ((named, spelled), (prefix, rest)):
                if rates := rates_of_units(_SPELLINGS.get(seller, seller), name):
                    return rates
        return None

    @cached_property
    def _by_id(self) -> "dict[str, Provider]":
        return {provider.id: provider for provider in self._providers}

    def _compile(
        self, seller: str, sold: "ModelInfo", at: datetime, tier: str, context: Mapping[str, str] | None
    ) -> Rates:
        standard = self._standard(seller, sold, at)
        if not tier:
            return standard
        rates = compiled_of(seller, sold.id, sold.get_prices(at, context)) if context is not None else standard
        return replace(standard, stands_in_for=tier) if rates == standard else rates

    def _standard(self, seller: str, sold: "ModelInfo", at: datetime) -> Rates:
        prices = sold.get_prices(at)
        rates = self._compiled.get(id(prices))  # the book's own objects live as long as the book
        if rates is None:
            rates = self._compiled[id(prices)] = compiled_of(seller, sold.id, prices)
        return rates


def _price_changes(model: "ModelInfo") -> list[int]:
    """Returns the seconds of the UTC day at which a model's price may change; 0 is always one."""
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    seconds = {0}
    options = [] if isinstance(model.prices, ModelPrice) else list(model.prices)
    for option in (*options, *(model.price_variants or ())):
        if isinstance(option.constraint, TimeOfDateConstraint):
            seconds |= {_utc_second(option.constraint.start_time), _utc_second(option.constraint.end_time)}
    return sorted(seconds)


def _utc_second(clock: time) -> int:
    at = datetime(1970, 1, 1, clock.hour, clock.minute, clock.second, tzinfo=clock.tzinfo or UTC).astimezone(UTC)
    return at.hour * 3600 + at.minute * 60 + at.second
