"""Questions about a budget request: a decider asks, and the asker answers."""

from dataclasses import dataclass

from bot.refusals import FieldRefusal
from bot.text import spaced

MAX_QUESTION_CHARACTERS = 500
QUESTION_FIELD, ANSWER_FIELD = "question", "answer"
SHOWN_QUESTIONS = 3
"""The card shows so many of the newest questions."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about a request. Moments are microseconds. Erased texts are empty."""

    id: int
    request_id: int
    asked_by: int
    question: str
    asked_at: int
    answer: str = ""
    answered_by: int | None = None
    answered_at: int | None = None


def checked_question(text: str) -> str:
    """Returns a typed question without surrounding space. Raises FieldRefusal if it is empty or too long."""
    return _checked(text, QUESTION_FIELD, "Write what you want to know.")


def checked_answer(text: str) -> str:
    """Returns a typed answer without surrounding space. Raises FieldRefusal if it is empty or too long."""
    return _checked(text, ANSWER_FIELD, "Write your answer.")


def _checked(text: str, field: str, missing: str) -> str:
    typed = spaced(text.replace("\x00", ""))
    if not typed:
        raise FieldRefusal(field, missing)
    if len(typed) > MAX_QUESTION_CHARACTERS:
        raise FieldRefusal(field, f"Keep it under {MAX_QUESTION_CHARACTERS:,} characters.")
    return typed
