"""Names and phrases that were replaced by plain ones stay out of code, documents and file names.

A name is forbidden as a whole word in code (strings that people or databases see are no names), and in backticks in a
document. A phrase is forbidden in documents, comments and docstrings.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "storage", "tests")
FORBIDDEN_NAMES = {
    "manners": "delivery_rules",
    "say_alert": "post_alert",
    "say_aloud": "post_notice",
    "take_turns": "lock_team",
    "Turn": "Delivery",
    "Way": "Outcome",
    "quieted": "snooze_if_cause_snoozed",
    "must_mute": "require_mute_permission",
    "_menders": "_responders",
    "DIRECT": "OPERATIONAL_KINDS",
    "Door": "IngestEndpoint",
    "Entrance": "Authenticator",
    "doubt": "clear_caches",
    "forget": "clear_config_caches",
    "find_useless": "mark_not_useful",
    "Whose": "UnattributedView",
    "looked_at": "judged_at",
    "heard": "spoken_label",
}
FORBIDDEN_PHRASES = {
    "manners": "delivery rules",
    "of which so many are": "given units per dollar",
    "Spikes that are none": "Exclude cost that two sources both reported",
    "What of a spike is your own use": "Only you see your own share of a spike",
    "The house": "Code layout",
    "what one sees": "what you see",
}
FORBIDDEN_FILES = ("manners", "doors", "entrances", "turns", "looked_at", "say_aloud")
ONE_MEANING = ("Part", "Said", "Booked", "Sum", "Watched", "Silence", "Told", "Turn", "Call")

MIGRATIONS = ROOT / "storage" / "migrations" / "versions"
"""A migration's name is stored in databases, so it keeps its name."""
OWN = Path(__file__)
_ANY_NAME = re.compile(rf"\b(?:{'|'.join(FORBIDDEN_NAMES)})\b")


def code_files() -> list[Path]:
    files = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))
    return [file for file in files if MIGRATIONS not in file.parents and file != OWN]


def documents() -> list[Path]:
    named = [ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "manifest.yml", ".env.example")]
    return [*named, *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "docs").rglob("*.yml"))]


def name_faults(source: str) -> list[str]:
    """Returns the forbidden names that code uses, with their lines."""
    if not _ANY_NAME.search(source):
        return []  # quick: most files have none, and tokens are slow
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    names = [(token.string, token.start[0]) for token in tokens if token.type == tokenize.NAME]
    return [f"line {line}: {name}, better {FORBIDDEN_NAMES[name]}" for name, line in names if name in FORBIDDEN_NAMES]


def written_words(source: str) -> str:
    """Returns the comments and docstrings of code, with line breaks as spaces."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = " ".join(token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT)
    return flat(f"{comments} {' '.join(_docstrings(ast.parse(source)))}")


def _docstrings(tree: ast.Module) -> Iterator[str]:
    """A string that stands alone documents what is before it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def docstring_faults(source: str) -> list[str]:
    """Returns the forbidden phrases in the comments and docstrings of code."""
    if not phrase_faults(re.sub(r"[\s#]+", " ", source)):
        return []
    return phrase_faults(written_words(source))


def phrase_faults(text: str) -> list[str]:
    """Returns the forbidden phrases in a text. Those that begin with a capital are matched with it."""
    return [
        f"{phrase!r}, better {better!r}"
        for phrase, better in FORBIDDEN_PHRASES.items()
        if re.search(rf"\b{re.escape(phrase)}\b", text, flags=re.IGNORECASE if phrase.islower() else 0)
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_code_uses_no_name_that_was_replaced(room: str) -> None:
    faults = {
        file.relative_to(ROOT).as_posix(): found
        for file in code_files()
        if file.is_relative_to(ROOT / room) and (found := name_faults(file.read_text()))
    }

    assert faults == {}


@pytest.mark.parametrize("room", ROOMS)
def test_comments_and_docstrings_have_no_phrase_that_was_replaced(room: str) -> None:
    faults = {
        file.relative_to(ROOT).as_posix(): found
        for file in code_files()
        if file.is_relative_to(ROOT / room) and (found := docstring_faults(file.read_text()))
    }

    assert faults == {}


def test_documents_have_no_phrase_and_no_name_that_was_replaced() -> None:
    faults = {}
    for page in documents():
        text = page.read_text()
        named = [f"`{name}`, better `{better}`" for name, better in FORBIDDEN_NAMES.items() if f"`{name}`" in text]
        if found := [*phrase_faults(flat(text)), *named]:
            faults[page.relative_to(ROOT).as_posix()] = found

    assert faults == {}


def test_no_file_has_a_name_that_was_replaced() -> None:
    files = [file for room in (*ROOMS, "docs") for file in (ROOT / room).rglob("*") if MIGRATIONS not in file.parents]
    words = {file: re.split(r"[^a-z]+", file.stem.casefold()) for file in files if "__pycache__" not in file.parts}
    faults = [
        file.relative_to(ROOT).as_posix()
        for file, parts in words.items()
        if any(f"_{name}_" in f"_{'_'.join(parts)}_" for name in FORBIDDEN_FILES)
    ]

    assert faults == []


def test_a_name_that_had_several_meanings_has_one() -> None:
    places = defaultdict(list)
    for file in code_files():
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name in ONE_MEANING and not file.is_relative_to(ROOT / "tests"):
                places[node.name].append(file.relative_to(ROOT).as_posix())

    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_the_checks_find_names_and_phrases_and_leave_ordinary_english_alone() -> None:
    code = (
        "async def say_alert(heard: int) -> None:\n"
        '    """Puts it by the team\'s\n    Manners."""\n'
        "    store.forget()  # what one sees\n"
    )

    assert name_faults(code) == [
        "line 1: say_alert, better post_alert",
        "line 1: heard, better spoken_label",
        "line 4: forget, better clear_config_caches",
    ]
    assert docstring_faults(code) == [
        "'manners', better 'delivery rules'",
        "'what one sees', better 'what you see'",
    ]
    assert name_faults('"""Whose turn it is."""\nprint("It was last heard at noon; don\'t forget.")\n') == []
    assert phrase_faults("In the house that Jack built, nobody forgets a turn.") == []


SPACED_PERCENT = re.compile(r"(?:\d|\}) %(?![A-Za-z(\[{%])")
PROMPT = "~/{team} %"
"""A shell's prompt in the demo, which ends in this sign."""


def spaced_percents(source: str) -> list[str]:
    """Returns the strings of code that write "59 %" for "59%"."""
    strings = (t.string for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.STRING)
    return [text for text in strings if SPACED_PERCENT.search(text) and PROMPT not in text]


@pytest.mark.parametrize("room", ROOMS[:3])
def test_a_percentage_is_written_without_a_space(room: str) -> None:
    files = (file for file in code_files() if file.is_relative_to(ROOT / room))
    found = {file.name: spaced_percents(text) for file in files if SPACED_PERCENT.search(text := file.read_text())}

    assert {name: texts for name, texts in found.items() if texts} == {}
    assert spaced_percents('shown = f"{share} % of it"') == ['f"{share} % of it"']
    assert spaced_percents('shown = f"{share}% of it", 7 % 5') == []
