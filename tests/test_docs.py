"""What the documents say exists: links, commands, settings, words, examples."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices

from bot.__main__ import with_all_loaded
from bot.reporting.questions import SUBJECTS
from bot.settings import Settings, load_settings
from handlers.commands import COMMANDS
from tests import docs_links
from tests.docs_links import links_in
from tests.docs_pages import ROOT, blocks, fault_of, subcommands

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}


def commands_in(page: Path, program: str) -> set[str]:
    """What a page tells people to type: code that begins with the program, and lines of shell blocks."""
    lines = [line for block in blocks(page, "sh") for part in block.splitlines() for line in part.split("&&")]
    typed = [*re.findall(r"`([^`\n]+)`", prose(page)), *lines]
    return {text.split("#")[0].strip() for text in typed if text.strip().startswith(f"{program} ")}


def variables() -> set[str]:
    """The environment variables that the settings read."""
    names = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        names.add(str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"TOKENS_{name.upper()}")
    return names


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if re.fullmatch(r"L\d+", anchor) and file.suffix == ".py":
            continue  # a line of code: checked below
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_to_lines_of_code_lead_to_the_definition_they_name(page: Path) -> None:
    """`python -m tests.docs_links` corrects what this finds."""
    text = page.read_text()
    links = links_in(page, text)
    faults = [fault for link in links if (fault := docs_links.fault_of(link))]

    assert faults == []
    assert len(links) == len(re.findall(r"#L\d+\)", text)), "a link to a line names a definition"


def test_the_tour_walks_an_event_and_a_request() -> None:
    page = ROOT / "docs" / "tour.md"
    files = {link.file.relative_to(ROOT).as_posix() for link in links_in(page, page.read_text())}

    assert {"handlers/intake/usage.py", "bot/costs/pricing.py", "handlers/watcher.py", "storage/outbox.py"} <= files
    assert {"handlers/requests/deciding/approvals.py", "storage/books/ledger.py"} <= files


def test_the_layout_has_every_wing_with_its_page() -> None:
    """A wing is a folder that rules and handlers both have. Slack's helpers have no rules, so they are no wing."""
    folders = [
        {d.name for d in (ROOT / room).iterdir() if (d / "__init__.py").exists()} for room in ("bot", "handlers")
    ]
    rows = re.findall(
        r"^\| `(\w+)` \| .* \| \[.*\]\(\w+\.md\) \|$", (ROOT / "docs" / "layout.md").read_text(), flags=re.MULTILINE
    )

    assert sorted(rows) == sorted(folders[0] & folders[1])
    assert len(rows) == 9


def test_every_page_is_in_the_readme() -> None:
    linked = set(re.findall(r"\]\(docs/([\w/-]+\.md)\)", (ROOT / "README.md").read_text()))

    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= linked


def test_a_link_whose_line_moved_is_found_and_corrected(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("class Ledger:\n    async def post(self) -> None: ...\n")
    page = tmp_path / "page.md"
    right, wrong = "[`Ledger.post`](code.py#L2)", "[`Ledger.post`](code.py#L1)"

    assert [docs_links.fault_of(link) for link in links_in(page, right)] == [None]
    assert [docs_links.fault_of(link) for link in links_in(page, wrong)] == [
        "Ledger.post is on line 2 of code.py, not on line 1"
    ]
    assert [docs_links.fault_of(link) for link in links_in(page, "[`Budget`](code.py#L1)")] == [
        "code.py does not define Budget"
    ]
    assert docs_links.corrected(page, wrong) == right


def test_a_link_whose_definition_moved_follows_it_to_its_file() -> None:
    page = ROOT / "docs" / "tour.md"
    moved = docs_links.corrected(page, "[`CodeLink.file`](../tests/gone.py#L1)")
    (link,) = links_in(page, moved)

    assert link.file == ROOT / "tests" / "docs_links.py"
    assert docs_links.fault_of(link) is None


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([\w./-]+):(?!=)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    typed = {text: fault for text in commands_in(page, "tokens") if (fault := fault_of(text))}
    made = {text for text in commands_in(page, "make") if not set(text.split()[1:2]) <= targets}

    assert (typed, made) == ({}, set())


def test_the_command_line_is_looked_at() -> None:
    assert fault_of("tokens teams import teams.yml --dry-run") is None
    assert fault_of("tokens teams import teams.yml --wet-run") == "no option --wet-run"
    assert fault_of("tokens leaderboard") == "no such command"
    assert "tokens teams import teams.yml --dry-run" in commands_in(ROOT / "README.md", "tokens")
    assert {"make demo", "make test"} <= commands_in(ROOT / "README.md", "make")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_what_can_be_typed_in_slack_exists(page: Path) -> None:
    typed = set(re.findall(r"`/tokens ([a-z]+)", prose(page)))

    questions = {word.split()[0] for word in SUBJECTS} | {"claude", "last", "search", "opus"}
    assert typed <= set(COMMANDS) | questions


def test_every_command_is_in_the_documents() -> None:
    def paths(command: Any, path: str) -> set[str]:
        return {p for name, inner in subcommands(command).items() for p in paths(inner, f"{path} {name}")} or {path}

    said = {text for page in PAGES for text in commands_in(page, "tokens")}
    missing = {p for p in paths(with_all_loaded(), "tokens") if not any(f"{t} ".startswith(f"{p} ") for t in said)}

    assert missing == set()


def test_the_table_of_settings_is_the_settings() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().split("## Settings")[1].split("\n## ")[0]

    assert set(re.findall(r"^\| `([A-Z_]+)`", table, flags=re.MULTILINE)) == variables()


def test_the_example_of_settings_has_each_with_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    given = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, flags=re.MULTILINE))
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    plain = load_settings()
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in given.items()))

    assert set(given) == variables()
    assert load_settings() == plain


def test_the_defaults_in_the_table_are_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", table, flags=re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    for name, _ in rows:
        monkeypatch.delenv(name, raising=False)
    plain = load_settings()
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in rows))

    assert len(rows) == len(variables())
    assert load_settings() == plain
