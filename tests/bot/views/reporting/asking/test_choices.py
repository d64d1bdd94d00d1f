"""Choices between meanings of what was typed, near misses, and whose figures an answer has."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.messages import Message
from bot.reporting.asking.asked_names import NamedPart
from bot.reporting.asking.asked_spans import read_span
from bot.reporting.asking.suggestions import Suggestion
from bot.reporting.questions import Choice, NotUnderstood, Question
from bot.views.reporting import questions as question_views
from tests.bot.views.examples import (
    COMMAND,
    HOSTILE,
    HOSTILE_TEAM,
    SEARCH,
)
from tests.bot.views.surfaces import buttons, posted


def asked(typed: str) -> Question:
    return Question(team=SEARCH, span=read_span(typed))


def test_a_choice_has_a_button_for_each_meaning(snapshot: SnapshotAssertion) -> None:
    options = (replace(asked("last week"), team=None), replace(asked("last week"), team=HOSTILE_TEAM))
    message = posted(question_views.choice_message(Choice(about="reading", shown=HOSTILE, options=options)))

    assert len(buttons(message)) == 2
    assert "can mean several things. Which one?" in message["text"]
    assert message == snapshot


@pytest.mark.parametrize(
    ("words", "suggestion", "said"),
    [
        (("budgte",), Suggestion("budget", is_command=False), "I don't know “budgte”. Did you mean `/tokens budget`?"),
        (("foo", "bar"), None, "I don't know “foo” and “bar”. `/tokens help` lists what I know."),
        (("a1", "b2", "c3", "d4", "e5"), None, "I don't know “a1” and “b2” and “c3” and 2 other words."),
        (("reqest",), Suggestion("request 50", is_command=True), "Did you mean `/tokens request 50`?"),
    ],
)
def test_a_near_miss_is_one_line(words: tuple[str, ...], suggestion: Suggestion | None, said: str) -> None:
    message = posted(question_views.not_understood_message(NotUnderstood(words=words, suggestion=suggestion), COMMAND))

    assert said in message["text"]
    assert len(message["blocks"]) == 1
    assert buttons(message) == (["Show it"] if suggestion is not None and not suggestion.is_command else [])


def test_whose_figures_these_are_with_buttons_for_the_others(snapshot: SnapshotAssertion) -> None:
    answer = Message(text="Search spent $5.", blocks=())
    others = [replace(SEARCH, id=n, slug=f"team-{n}", name=f"{n} {HOSTILE}") for n in range(10, 18)]
    question = Question(subject="top", listed="model", parts=(NamedPart(kind="model", name="x"),), span=read_span("7d"))
    message = posted(question_views.with_other_teams(answer, question, SEARCH, others))

    assert "This is Search. Yours too: " in message["text"]
    assert "and 3 more teams." in message["text"]
    assert len(buttons(message)) == 5
    assert message == snapshot
    assert question_views.with_other_teams(answer, question, SEARCH, ()) is answer
