"""A decision is about what was seen: which cards still count."""

from dataclasses import replace

import pytest

from bot.requests.revisions import Seen, button_value, is_as_seen, parse_seen
from tests.bot.views.examples import pending

REQUEST = pending(revision=3).request


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("r3:41", (41, 3)),
        ("41", (41, None)),
        ("r0:1", (1, 0)),
        ("", None),
        ("r3", None),
        ("r:41", None),
        ("3:41", None),
        ("r3:41:1", None),
        ("r-1:41", None),
        ("r٣:٤١", None),
        ("9" * 19, None),
        (" 41", None),
    ],
)
def test_a_buttons_value_names_a_request_and_perhaps_its_revision(
    value: str, seen: tuple[int, int | None] | None
) -> None:
    found = parse_seen(value)

    assert (None if found is None else (found.request_id, found.revision)) == seen


def test_a_button_is_of_the_revision_that_it_was_drawn_for() -> None:
    seen = parse_seen(button_value(REQUEST))

    assert seen == Seen(request_id=REQUEST.id, revision=3)


@pytest.mark.parametrize(
    ("revision", "was_changed", "period", "counts"),
    [
        (3, True, "2026-11", True),
        (2, True, "2026-11", False),
        (4, True, "2026-11", False),
        (3, True, "2026-12", False),
        (None, False, "2026-11", True),
        (None, False, "2026-12", True),
        (None, True, "2026-11", False),
    ],
)
def test_only_a_card_of_the_present_revision_and_period_counts(
    revision: int | None, was_changed: bool, period: str, counts: bool
) -> None:
    seen = Seen(request_id=REQUEST.id, revision=revision)
    request = replace(REQUEST, period="2026-11")

    assert is_as_seen(request, seen, was_changed=was_changed, period=period) is counts
