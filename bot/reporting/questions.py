"""What people type after the command, as a question: about which team, which days, and which part of its spend.

Every word is understood or named as not understood. Names of teams that the person may not see are unknown words.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product
from typing import Literal, get_args

from bot.org.teams import ORGANISATION_SLUG, Team
from bot.reporting.asking.asked_names import NamedPart, Names, PartKind
from bot.reporting.asking.asked_spans import MOST_WORDS, SPAN_EXAMPLES, AskedSpan, read_span
from bot.reporting.asking.asked_words import FILLERS, Word, fillers_at, nearest, phrase, words_of
from bot.reporting.asking.suggestions import Suggestion, suggest

Subject = Literal[
    "standing",
    "budget",
    "statement",
    "forecast",
    "alerts",
    "export",
    "history",
    "own_history",
    "keys",
    "top",
    "value",
    "me",
]

SUBJECTS: dict[str, Subject] = {
    "budget": "budget",
    "budgets": "budget",
    "statement": "statement",
    "statements": "statement",
    "forecast": "forecast",
    "forecasts": "forecast",
    "alerts": "alerts",
    "alert": "alerts",
    "export": "export",
    "csv": "export",
    "history": "history",
    "history me": "own_history",
    "history mine": "own_history",
    "my history": "own_history",
    "my requests": "own_history",
    "keys": "keys",
    "credentials": "keys",
    "top": "top",
    "value": "value",
    "outcomes": "value",
    "me": "me",
    "my": "me",
    "mine": "me",
    "myself": "me",
}
_NAMES: dict[str, Subject] = {subject: subject for subject in get_args(Subject)}
_LISTS: dict[str, PartKind] = {"tools": "tool", "models": "model", "workflows": "workflow"}
_KIND_WORDS: dict[str, PartKind] = {"tool": "tool", "model": "model", "workflow": "workflow", "key": "credential"}
PEOPLE_WORDS = frozenset(
    {"people", "person", "persons", "users", "user", "members", "member", "who", "whom", "whose", "colleagues"}
)
_TEAM_KIND, _DAYS_KIND, _SUBJECT_KIND = "team", "days", "show"
KINDS = frozenset({*_KIND_WORDS, _TEAM_KIND, _DAYS_KIND, _SUBJECT_KIND})
_MOST_READINGS = 64
_MOST_OPTIONS = 5


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question as it was understood. Without a team it is about the channel's, or the person's own.

    `listed` are the parts to list, such as all models. `parts` are those that `part_text` names; several may have that word
    in their names.
    """

    subject: Subject = "standing"
    team: Team | None = None
    span: AskedSpan | None = None
    listed: PartKind | None = None
    parts: tuple[NamedPart, ...] = ()
    part_text: str = ""

    @property
    def typed(self) -> str:
        """Returns the question in words that can be read in one way alone."""
        words = [f"{_SUBJECT_KIND}:{self.subject}"] if self.subject != "standing" else []
        if self.team is not None:
            words.append(f"{_TEAM_KIND}:{self.team.slug if self.team.kind == 'team' else ORGANISATION_SLUG}")
        if self.listed is not None:
            words.append(f"{self.listed}s" if self.listed != "credential" else "keys")
        if self.part_text:
            kinds = {part.kind for part in self.parts}
            prefix = next((word for word, kind in _KIND_WORDS.items() if kinds == {kind}), "")
            words.append(f'{prefix}:"{self.part_text}"' if prefix else f'"{self.part_text}"')
        if self.span is not None:
            words.append(f'{_DAYS_KIND}:"{self.span.typed}"')
        return " ".join(words)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was typed can be read in several ways. `about` says what differs."""

    about: Literal["reading", "team", "days", "subject", "part"]
    shown: str
    options: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True)
class NotUnderstood:
    """Words that say nothing here, as they were typed, and the nearest line that says something."""

    words: tuple[str, ...]
    suggestion: Suggestion | None = None


@dataclass(frozen=True, kw_only=True)
class AboutPeople:
    """A question about other people, which is answered for nobody."""


Reading = Question | Choice | NotUnderstood | AboutPeople


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """One way to read some words."""

    kind: Literal["subject", "team", "span", "listed", "parts"]
    question: Question


def read_question(text: str, names: Names, *, commands: Collection[str] = ()) -> Reading:
    """Reads a typed question. `commands` are words that begin other commands, for suggestions."""
    words = words_of(text, KINDS)
    if any(_is_about_people(word) for word in words):
        return AboutPeople()
    pieces, unknown = _pieces_of(words, names)
    if unknown:
        suggested = suggest(
            words, frozenset(unknown), names, asking=[*SUBJECTS, *_LISTS, *SPAN_EXAMPLES], commands=commands
        )
        if suggested is None and any(nearest(words[at].text, PEOPLE_WORDS, cutoff=0.8) for at in unknown):
            return AboutPeople()
        if suggested is not None and not suggested.is_command and _pieces_of(words_of(suggested.line, KINDS), names)[1]:
            suggested = None
        is_command = suggested is not None and suggested.is_command
        shown = tuple(words[at].shown for at in (unknown[:1] if is_command else unknown))
        return NotUnderstood(words=shown, suggestion=suggested)
    return _combined(pieces, shown=" ".join(word.shown for word in words))


def named_team(text: str, names: Names) -> Team | None:
    """Returns the team that a text names, if it can mean no other, so that its parts are looked up."""
    pieces, _ = _pieces_of(words_of(text, KINDS), names)
    teams = [piece.question.team for piece in chain.from_iterable(pieces) if piece.kind == "team"]
    return teams[0] if len(teams) == 1 else None


def _pieces_of(words: Sequence[Word], names: Names) -> tuple[list[list[_Piece]], list[int]]:
    """Returns what the words may mean, run by run, and the places of those that mean nothing."""
    pieces: list[list[_Piece]] = []
    unknown: list[int] = []
    at = 0
    while at < len(words):
        size, found = _longest(words, at, names)
        if found:
            pieces.append(found)
        elif filler := fillers_at(words, at):
            size = filler
        else:
            unknown.append(at)
        at += size
    return pieces, unknown


def _is_about_people(word: Word) -> bool:
    is_mention = word.text.startswith("<@")
    return not word.kind and (is_mention or (not word.is_quoted and word.text in PEOPLE_WORDS))


def _longest(words: Sequence[Word], at: int, names: Names) -> tuple[int, list[_Piece]]:
    """Returns the longest run of words from here that means something, and what it may mean."""
    most = 1 if words[at].kind or words[at].is_quoted else MOST_WORDS
    least = fillers_at(words, at) if len(words) > at + 1 else 0  # "my team" is nobody's own use
    for size in range(min(most, len(words) - at), max(0, least - 1), -1):
        run = words[at : at + size]
        if any(word.kind or word.is_quoted for word in run[1:]):
            continue
        if found := list(_meanings(run, names)):
            return size, found
    return 1, []


def _meanings(run: Sequence[Word], names: Names) -> Iterator[_Piece]:
    """Yields what a run of words may mean. A part of a name counts only where the words mean nothing else."""
    text, first = phrase(run), run[0]
    plain, found = not first.is_quoted and not first.kind, False
    subject = SUBJECTS.get(text) if plain else _NAMES.get(text) if first.kind == _SUBJECT_KIND else None
    if subject is not None:
        found = True
        yield _Piece(kind="subject", question=Question(subject=subject))
    if plain and (listed := _LISTS.get(text)) is not None:
        found = True
        yield _Piece(kind="listed", question=Question(subject="top", listed=listed))
    if (plain or first.kind == _DAYS_KIND) and (span := read_span(text)) is not None:
        found = True
        yield _Piece(kind="span", question=Question(span=span))
    if not first.kind or first.kind == _TEAM_KIND:
        for team in names.teams_named(text):
            found = True
            yield _Piece(kind="team", question=Question(team=team))
    if first.kind and first.kind not in _KIND_WORDS:
        return
    kinds: Sequence[PartKind] = (
        (_KIND_WORDS[first.kind],) if first.kind else ("tool", "model", "workflow", "credential")
    )
    parts = names.parts_called(text, kinds)
    if not parts and not found and (text not in FILLERS or first.kind or first.is_quoted):
        parts = names.parts_like(text, kinds)
    if parts:
        yield _Piece(kind="parts", question=Question(parts=parts, part_text=text))


def _combined(pieces: Sequence[Sequence[_Piece]], *, shown: str) -> Reading:
    """Returns the one question that the pieces make, or the choice between several."""
    ways = list(islice(product(*pieces), _MOST_READINGS))
    whole = [made for way in ways if (made := _question(way)) is not None]
    distinct = tuple({one.typed: one for one in whole}.values())
    if len(distinct) == 1:
        return distinct[0]
    if distinct:
        about: Literal["reading", "team"] = "team" if _differ_by_team(distinct) else "reading"
        return Choice(about=about, shown=shown, options=distinct[:_MOST_OPTIONS])
    return _one_at_a_time(ways[0], shown=shown)


def _differ_by_team(questions: Sequence[Question]) -> bool:
    return all(one.team is not None for one in questions) and len({replace(q, team=None).typed for q in questions}) == 1


def _question(way: Sequence[_Piece]) -> Question | None:
    """Returns the question of one way to read all pieces; None if two of them answer the same thing."""
    kinds = [piece.kind for piece in way]
    if len(set(kinds)) < len(kinds):
        return None
    made = Question()
    for piece in way:
        one = piece.question
        made = replace(
            made,
            team=one.team or made.team,
            span=one.span or made.span,
            listed=one.listed or made.listed,
            parts=one.parts or made.parts,
            part_text=one.part_text or made.part_text,
        )
    subjects = [piece.question.subject for piece in way if piece.kind == "subject"]
    subject: Subject = subjects[0] if subjects else "top" if made.listed else "standing"
    if made.listed is not None and subject != "top":
        return None
    if made.parts and subject not in ("standing", "top"):
        return None
    if made.parts and made.listed is not None:
        return None
    return replace(made, subject=subject)


def _one_at_a_time(way: Sequence[_Piece], *, shown: str) -> Question | Choice:
    """Returns the choice between pieces that can't be answered together: each with all others that can."""
    made = []
    for kept in way:
        pieces = [kept]
        for piece in way:
            if piece is not kept and _question([*pieces, piece]) is not None:
                pieces.append(piece)
        made.append(_question(pieces) or Question())
    distinct = tuple({one.typed: one for one in made}.values())
    if len(distinct) == 1:  # the same twice
        return distinct[0]
    kinds = [piece.kind for piece in way]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), "")
    abouts: dict[str, Literal["team", "days", "part"]] = {"team": "team", "span": "days", "parts": "part"}
    return Choice(about=abouts.get(twice, "subject"), shown=shown, options=distinct[:_MOST_OPTIONS])
