"""Answers about a question itself: what is not understood, what may mean several things, whose figures were shown."""

from collections.abc import Sequence
from dataclasses import replace

from bot.messages import Message
from bot.org.teams import Team
from bot.reporting.questions import Choice, NotUnderstood, Question
from bot.text import cut, plain
from bot.views.blocks import Element, actions, button, context, name, section, spoken_label
from bot.views.wording import counted

ASK_QUESTION = "ask_question"
"""Action ids of buttons that ask begin with it; a number follows, as an id may occur once in a block."""
TYPED = "q:"
"""The value of such a button, before the question as somebody could type it: it is read and checked anew."""
_MOST_TEAMS = 5
_MOST_CHARACTERS = 1_500
_PARTS = {"tool": "tool", "model": "model", "workflow": "workflow", "credential": "key"}
_SUBJECTS = {"own_history": "your requests", "me": "your own use", "top": "largest", "standing": ""}


def ask_button(number: int, label: str, typed: str) -> Element:
    """Returns a button that asks a question."""
    return button(
        plain(label, limit=60),
        action_id=f"{ASK_QUESTION}_{number}",
        value=f"{TYPED}{typed[:_MOST_CHARACTERS]}",
        label=f"Show {spoken_label(label, limit=60)}",
    )


def question_words(question: Question) -> str:
    """Returns a question in words, in plain text: `Search · october · model opus`."""
    words = [_SUBJECTS.get(question.subject, question.subject)]
    if question.team is not None:
        words.append(f"team {question.team.name}" if question.team.kind == "team" else question.team.name)
    if question.listed is not None:
        words.append(f"{_PARTS[question.listed]}s")
    if question.part_text:
        kinds = dict.fromkeys(_PARTS[part.kind] for part in question.parts)
        words.append(f"{' or '.join(kinds)} {question.part_text}")
    if question.span is not None:
        words.append(f"in {question.span.typed}")
    return " · ".join(filter(None, words)) or "your team now"


def not_understood_message(unknown: NotUnderstood, command: str) -> Message:
    """Returns one line that names the words that mean nothing, with the nearest ones that mean something."""
    words = " and ".join(f"“{name(word, limit=40)}”" for word in unknown.words[:3])
    more = f" and {counted(len(unknown.words) - 3, 'other word')}" if len(unknown.words) > 3 else ""
    text = f"I don't know {words}{more}. "
    suggestion = unknown.suggestion
    if suggestion is None:
        text += f"`{command} help` lists what I know."
        return Message(text=text, blocks=(section(text, block_id="not-understood"),))
    text += f"Did you mean `{command} {name(suggestion.line, limit=120)}`?"
    show = None if suggestion.is_command else ask_button(0, "Show it", suggestion.line)
    return Message(text=text, blocks=(section(text, block_id="not-understood", accessory=show),))


def about_people_message(command: str) -> Message:
    text = f"Tokens ranks no people, and shows nobody's use to others. `{command} me` shows yours, `{command} top models` models."
    return Message(text=text, blocks=(section(text, block_id="about-people"),))


def own_use_only_message(command: str) -> Message:
    text = f"`{command} me` shows your own use today, over 7 and 30 days, this month and last. It takes no other words."
    return Message(text=text, blocks=(section(text, block_id="own-use-only"),))


def choice_message(choice: Choice) -> Message:
    """Returns the choice between what was typed may mean, with a button for each."""
    shown = name(cut(choice.shown, 60))
    leads = {
        "reading": f"“{shown}” can mean several things. Which one?",
        "team": "I answer about one team at a time. Which one?",
        "days": "I answer about one span of days at a time. Which one?",
        "part": "I answer about one tool, model, workflow or key at a time. Which one?",
        "subject": f"“{shown}” asks for several things. Which one?",
    }
    lead = leads[choice.about]
    labels = _labels(choice.options)
    buttons = [
        ask_button(at, label, one.typed) for at, (label, one) in enumerate(zip(labels, choice.options, strict=True))
    ]
    blocks = [section(lead, block_id="choice")]
    if buttons:
        blocks.append(actions(*buttons, block_id="choice-options"))
    named = "; ".join(name(label) for label in labels)
    return Message(text=f"{lead} {named}.", blocks=tuple(blocks))


def _labels(options: Sequence[Question]) -> list[str]:
    """Returns what each option says; words that all share are left out where the rest tells them apart."""
    whole = [question_words(one).split(" · ") for one in options]
    shared = set(whole[0]).intersection(*whole[1:]) if whole else set()
    short = [" · ".join(word for word in words if word not in shared) for words in whole]
    labels = short if all(short) and len(set(short)) == len(short) else [" · ".join(words) for words in whole]
    return [label[:1].upper() + label[1:] for label in labels]


def with_other_teams(message: Message, question: Question, team: Team, others: Sequence[Team]) -> Message:
    """Returns an answer with which of the person's teams it is about, and buttons that ask the same of the others."""
    if not others:
        return message
    shown = others[:_MOST_TEAMS]
    more = f" and {counted(len(others) - len(shown), 'more team')}" if len(others) > len(shown) else ""
    names = ", ".join(name(other.name, limit=40) for other in shown)
    note = f"This is {name(team.name, limit=40)}. Yours too: {names}{more}."
    buttons = [ask_button(at, other.name, replace(question, team=other).typed) for at, other in enumerate(shown)]
    blocks = (
        *message.blocks,
        context(note, block_id="other-teams-note"),
        actions(*buttons, block_id="other-teams"),
    )
    return Message(text=f"{message.text} {note}", blocks=blocks, charts=message.charts, files=message.files)
