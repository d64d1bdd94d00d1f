"""One spelling per model, because senders name the same model differently."""

import re
from functools import lru_cache

_REGION = re.compile(r"^(?:us|eu|apac|global)\.")
_VENDOR = re.compile(r"^(?:anthropic|amazon|meta|mistral|cohere|openai|google)\.")
_REVISION = re.compile(r"-v\d+(?::\d+)?$|:\w+$")
_DATE = re.compile(r"[-@](?:20\d{6}|20\d\d-\d\d-\d\d)$")
_LATEST = re.compile(r"-latest$")


@lru_cache(maxsize=10_000)
def plain_model(name: str) -> str:
    """Returns the model without vendor, region, date and revision.

    `us.anthropic.claude-opus-4-5-20251101-v1:0`, `anthropic/claude-opus-4.5` and `claude-opus-4-5` all give
    `claude-opus-4-5`. Use it to compare senders, never to price a call.
    """
    plain = name.strip().casefold().rpartition("/")[2]
    for pattern in (_REGION, _VENDOR, _REVISION, _DATE, _LATEST):
        plain = pattern.sub("", plain)
    return plain.replace(".", "-")
