"""Words of cards: a team without a budget, how long a decision took, and what is erased."""

from dataclasses import replace
from typing import Any

import pytest

from bot.periods import MICROS
from bot.views.requests.cards import approval_card
from bot.views.requests.clicks.questions import (
    answered_message,
    question_message,
)
from bot.views.requests.request_words import took_words
from tests.bot.views.examples import BEN, pending, standing
from tests.bot.views.requests.test_cards import USUAL, question
from tests.bot.views.surfaces import all_text, buttons, posted


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("set", "Now $2,600 available of $12,000"),
        ("none", "Now no budget;"),
        ("later", "Now no budget;"),
    ],
)
def test_a_card_for_a_team_without_a_budget(budget: Any, said: str) -> None:
    stands = standing(budget=budget)
    card = posted(approval_card(pending(), standing=stands, deciders=[BEN], by_finance=False))

    assert said in all_text(card)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "1 minute"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (-5, "0 seconds"),
    ],
)
def test_how_long_it_took(seconds: int, said: str) -> None:
    assert took_words(seconds * MICROS) == said


def test_erased_questions_say_so() -> None:
    erased = question(replace(USUAL, question=""), 1, answered=True)
    for message in (question_message(pending(), erased), answered_message(pending(), erased)):
        assert "(erased)" in all_text(posted(message))
    assert buttons(posted(question_message(pending(), erased))) == []
