"""People: how the spelling of a name in usage or in a file becomes one person."""

import re
from dataclasses import dataclass
from typing import NamedTuple

_SLACK_ID = re.compile(r"[UW][A-Z0-9]{4,}")
_EMAIL = re.compile(r"[^@\s<>|]+@[^@\s<>|]+\.[^@\s<>|]+")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person with an opaque id. Names, e-mails and Slack ids are stored here only, so that they can be erased."""

    id: int
    email: str
    slack_id: str
    name: str
    timezone: str


def is_slack_id(text: str) -> bool:
    return _SLACK_ID.fullmatch(text) is not None


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def normalize_spelling(text: str) -> str:
    """Returns the form in which spellings of a person are compared: trimmed and case-folded."""
    return text.strip().casefold()


class UnmatchedPerson(NamedTuple):
    """A person in the usage data who has no team and no Slack account."""

    spelled: str
    is_email: bool
    calls: int
    cost_nanos: int
