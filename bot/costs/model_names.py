"""One spelling per model: layers that see the same call name its model differently."""

import re
from functools import lru_cache

_REGION = re.compile(r"^(?:us|eu|apac|global)\.")
_VENDOR = re.compile(r"^(?:anthropic|amazon|meta|mistral|cohere|openai|google)\.")
_REVISION = re.compile(r"-v\d+(?::\d+)?$|:\w+$")
_DATE = re.compile(r"[-@](?:20\d{6}|20\d\d-\d\d-\d\d)$")
_LATEST = re.compile(r"-latest$")


@lru_cache(maxsize=10_000)
def plain_model(name: str) -> str:
    """The model without its vendor, region, date and revision: `us.anthropic.claude-opus-4-5-20251101-v1:0`,
    `anthropic/claude-opus-4.5` and `claude-opus-4-5` are all `claude-opus-4-5`.

    For holding two senders' words against each other, never for a price.
    """
    plain = name.strip().casefold().rpartition("/")[2]
    for pattern in (_REGION, _VENDOR, _REVISION, _DATE, _LATEST):
        plain = pattern.sub("", plain)
    return plain.replace(".", "-")
