"""Questions about a budget request: the forms, the asker's message, and their lines on the card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import Message
from bot.reporting.reports import PendingRequest
from bot.requests.questions import ANSWER_FIELD, MAX_QUESTION_CHARACTERS, QUESTION_FIELD, Question
from bot.views.blocks import actions, button, context, date_mark, field, modal, quote, section, text_input
from bot.views.requests.request_words import ask_words, asked_lasting, spoken_ask, typed_words

QUESTION_FORM = "question_form"
ANSWER_FORM = "answer_form"
ANSWER_QUESTION = "answer_question"
"""The action id of the button Answer; its value is the question's id."""
_CHARACTERS_ON_CARD = 200
ERASED = "(erased)"


@dataclass(frozen=True, kw_only=True)
class ShownQuestion:
    """A question with the mentions of who asked, and of who answered."""

    question: Question
    asked_by: str
    answered_by: str = ""


def question_lines(questions: Sequence[ShownQuestion]) -> str:
    """Returns the lines of the newest questions for the card."""
    lines = []
    for shown in questions:
        one = shown.question
        lines.append(f"*{shown.asked_by} asked*: {_short(one.question)}")
        if one.answered_at is None:
            lines.append("> No answer yet.")
        else:
            lines.append(f"> {shown.answered_by or 'Answer'}: {_short(one.answer)}")
    return "\n".join(lines)


def question_form(pending: PendingRequest, *, metadata: str, question: str = "", note: str = "") -> dict[str, Any]:
    """Returns the form that asks the asker something."""
    typed = text_input(
        action_id=QUESTION_FIELD,
        initial=question,
        placeholder="What you need to know before you decide",
        max_length=MAX_QUESTION_CHARACTERS,
        multiline=True,
        focus=True,
    )
    asked = f"{pending.asker_mention} asks for {ask_words(pending)} ({asked_lasting(pending)})."
    hint = "The asker gets it as a message. Question and answer show on the card."
    return modal(
        title="Ask a question",
        submit="Send question",
        blocks=[
            *([section(f"*{note}*", block_id="note")] if note else []),
            section(asked, block_id="asked-request"),
            section(quote(pending.request.reason), block_id="asked-reason"),
            field("Your question", typed, block_id=QUESTION_FIELD, hint=hint),
        ],
        callback_id=QUESTION_FORM,
        metadata=metadata,
    )


def question_message(pending: PendingRequest, shown: ShownQuestion) -> Message:
    """Returns the asker's message with a question; once it is answered, or the request has ended, without its button."""
    one, key = shown.question, f"question-{shown.question.id}-{shown.question.answered_at or 0}"
    lead = f"{shown.asked_by} asks about your request of {ask_words(pending)}:"
    said = f"{lead} {typed_words(one.question, limit=MAX_QUESTION_CHARACTERS) if one.question else ERASED}"
    blocks = [section(f"*{lead}*\n{quote(one.question) if one.question else ERASED}", block_id=f"{key}-question")]
    if one.answered_at is not None:
        answer = quote(one.answer) if one.answer else ERASED
        blocks.append(section(f"You answered:\n{answer}", block_id=f"{key}-answer"))
        blocks.append(context(f"Answered {date_mark(one.answered_at)} · shown on the card", block_id=f"{key}-when"))
        said = (
            f"{said} You answered: {typed_words(one.answer, limit=MAX_QUESTION_CHARACTERS) if one.answer else ERASED}"
        )
    elif pending.request.state == "pending":
        label = f"Answer the question about {spoken_ask(pending)}"
        answer_button = button("Answer", action_id=ANSWER_QUESTION, value=one.id, label=label, style="primary")
        blocks.append(actions(answer_button, block_id=f"{key}-reply"))
    else:
        note = "The request has ended, so it needs no answer."
        blocks.append(context(note, block_id=f"{key}-ended"))
        said = f"{said} {note}"
    return Message(text=said, blocks=tuple(blocks))


def answer_form(pending: PendingRequest, shown: ShownQuestion, *, metadata: str) -> dict[str, Any]:
    """Returns the form that answers a question."""
    typed = text_input(
        action_id=ANSWER_FIELD,
        initial=shown.question.answer,
        placeholder="Your answer",
        max_length=MAX_QUESTION_CHARACTERS,
        multiline=True,
        focus=True,
    )
    return modal(
        title="Answer",
        submit="Send answer",
        blocks=[
            section(f"{shown.asked_by} asks about {ask_words(pending)}:", block_id="asked-by"),
            section(quote(shown.question.question) if shown.question.question else ERASED, block_id="question-asked"),
            field("Your answer", typed, block_id=ANSWER_FIELD, hint="It shows on the card, for all who see it."),
        ],
        callback_id=ANSWER_FORM,
        metadata=metadata,
    )


def answered_message(pending: PendingRequest, shown: ShownQuestion) -> Message:
    """Returns the message to the person who asked the question."""
    one = shown.question
    text = f"{shown.answered_by} answered your question about {ask_words(pending)}:"
    said = typed_words(one.answer, limit=MAX_QUESTION_CHARACTERS) if one.answer else ERASED
    blocks = (
        section(f"*{text}*\n{quote(one.answer) if one.answer else ERASED}", block_id=f"answer-{one.id}-answer"),
        context(f"You asked: {_short(one.question)}", "The card has both.", block_id=f"answer-{one.id}-question"),
    )
    return Message(text=f"{text} {said}", blocks=blocks)


def _short(text: str) -> str:
    return typed_words(text, limit=_CHARACTERS_ON_CARD) if text else ERASED
