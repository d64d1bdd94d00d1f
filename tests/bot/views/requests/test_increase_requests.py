"""The lines to finance about requests of Claude Enterprise, with normal and longest texts."""

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.money import NANOS
from bot.requests.increases.increase_requests import IncreaseRequest, StoredIncrease
from bot.views.requests import increase_requests as views
from tests.bot.views.surfaces import posted


def found(name: str = "Anna Ito", email: str = "anna@acme.test", cap: int | None = 50) -> IncreaseRequest:
    return IncreaseRequest(
        ref="slir_1",
        user_id="user_anna",
        email=email,
        name=name,
        state="pending",
        period="monthly",
        cap_nanos=None if cap is None else cap * NANOS,
        spent_nanos=NANOS,
    )


LONGEST = {"gateway": "g" * 40, "why": "w&" * 300 + "."}


@pytest.mark.parametrize(
    ("one", "more"),
    [
        (found(), {"gateway": "claude", "why": "Nobody in teams.yml has this e-mail."}),
        (found("<@U1> *Approved by Ben* \u202eneB", "", None), {"gateway": "claude", "why": "They are in no team."}),
        (found("&" * 500, "<" * 500, 10**9), LONGEST),
    ],
    ids=["normal", "imitating", "longest"],
)
def test_a_request_that_nobody_can_decide(
    one: IncreaseRequest, more: dict[str, Any], snapshot: SnapshotAssertion
) -> None:
    assert posted(views.unplaced_message(one, **more)) == snapshot


@pytest.mark.parametrize("approved", [True, False])
def test_an_answer_that_was_refused(approved: bool, snapshot: SnapshotAssertion) -> None:
    shown = [
        views.unanswered_message("Anna Ito", gateway="claude", team="Search", approved=approved, why="claude refused."),
        views.unanswered_message("&" * 200, team="<" * 200, approved=approved, **LONGEST),
    ]
    assert [posted(message) for message in shown] == snapshot


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"state": "open"}, "waiting: the new limit is sent within a minute"),
        ({"state": "open", "sentence": "claude refused <b>."}, "refused: claude refused &lt;b&gt;"),
        (
            {"state": "answered", "set_nanos": 75 * NANOS, "set_at": 1_796_000_000_000_000},
            "$75.00 set and read back, <!date^",
        ),
    ],
)
def test_the_line_of_a_decided_card(stored: dict[str, Any], words: str) -> None:
    line = views.answer_line(StoredIncrease(gateway="claude", ref="slir_1", **stored), zone="UTC")

    assert line.startswith(f"Claude Enterprise claude: {words}")
