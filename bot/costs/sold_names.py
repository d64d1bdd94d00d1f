"""Spellings of a model's name: where clouds, gateways and clients wrap it, and the name behind.

Each reading takes away what says nothing of the price, such as a path, a version or a route. What may change the price
(a data zone, a fine-tuned copy, another seller) stays, so that its model is unpriced and never guessed.
"""

import re
from collections.abc import Iterator

_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d*:(?:foundation-model|inference-profile)/(.+)")
_PUBLISHED = re.compile(r"(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/(.+)")
_ON_BEDROCK = re.compile(
    r"(?:(?:us|eu|apac|ap|jp|au|ca|global)\.)?"
    r"(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen"
    r"|stability|twelvelabs|writer|zai)\.[a-z][^/]*"
)
_OTHER_REGIONS = re.compile(r"(?:jp|au|ca|ap)\.")
_AWS_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d/")
_ROUTE = re.compile(r"(?:responses|chat|converse|converse_like|invoke|global|global-standard)/")
_VERSION = re.compile(r"-0\d\d$")
_CONTEXT = re.compile(r"\[\w{1,4}\]$")
_PROXY = "litellm_proxy/"


def readings(provider: str, model: str) -> Iterator[tuple[str, str]]:
    """Yields (provider, model) as sent, then each further reading of it. Both are in lower case."""
    yield provider, model
    plain = _CONTEXT.sub("", model).removeprefix(_PROXY)  # Claude Code marks long contexts: `claude-opus-4-6[1m]`
    prefix, _, rest = plain.partition("/")
    inner = _ROUTE.sub("", _AWS_REGION.sub("", rest), count=1).removeprefix("models/")
    if plain != model:
        yield provider, plain
    if found := _ARN.search(plain):
        yield from _on_bedrock(found[1])
    elif found := _PUBLISHED.search(plain):
        yield from _versions("google", found[1])
    elif prefix == "models" and rest:  # the Gemini API's own form
        yield from _versions(provider or "google", rest)
    elif inner and inner != rest:
        yield from _versions(prefix, inner)
    elif _ON_BEDROCK.fullmatch(plain):
        yield from _on_bedrock(plain)
    elif _ON_BEDROCK.fullmatch(inner):
        yield from _on_bedrock(inner)
    else:
        yield from _versions(provider, plain)


def _on_bedrock(name: str) -> Iterator[tuple[str, str]]:
    yield "aws", name
    if _OTHER_REGIONS.match(name):  # the book has the regional price under the regions it knows
        yield "aws", _OTHER_REGIONS.sub("us.", name)


def _versions(provider: str, name: str) -> Iterator[tuple[str, str]]:
    """Yields a name, and Google's names without their version: `gemini-2.5-flash-001`."""
    yield provider, name
    last = name.rpartition("/")[2]
    if last.startswith(("gemini-", "text-embedding-00")) and (short := _VERSION.sub("", name)) != name:
        yield provider, short
