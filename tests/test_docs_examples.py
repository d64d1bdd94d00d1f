"""The documents' words, examples and files: each exists and does what its page says."""

import re
import subprocess
import tomllib
from datetime import UTC, datetime

import pytest
import yaml

from bot.org.teams_yml.teams_file import read_teams_file
from bot.sources import SOURCES
from storage.tables.base import APPEND_ONLY
from tests.docs_pages import ROOT, blocks, fault_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)

WORDS = (
    *("usage event", "source", "attribution", "unattributed", "rate card", "price book", "unpriced", "charge"),
    *("allocation", "hold", "release", "liquidation", "transfer", "reversal", "correction", "carry-forward", "lapse"),
    *("available", "burn rate", "run-out", "budget request", "alert", "incident", "digest", "chargeback", "mode"),
)


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_has_the_word(word: str) -> None:
    terms = re.findall(r"^\| \*\*([^*]+)\*\* \|", (ROOT / "docs" / "glossary.md").read_text(), flags=re.MULTILINE)

    assert word in {part for term in terms for part in term.split(", ")}


def test_the_changelog_has_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert headings[:2] == ["Unreleased", version]


def test_the_index_of_decisions_has_every_page_and_each_is_short() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()

    assert re.findall(r"\]\((0\d{3}-[^)]+\.md)\)", index) == [page.name for page in pages]
    for page in pages:
        assert len(page.read_text().splitlines()) < 40
        assert all(f"**{part}.**" in page.read_text() for part in ("Context", "Choice", "Consequence"))


def test_the_event_to_send_is_one_that_is_booked() -> None:
    (sent,) = re.findall(r"-d '(\[.*?\])'", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    shown = blocks(ROOT / "docs" / "sources.md", "json")[0]

    for body in (sent, shown):
        parsed = SOURCES["cloudevents"](body.encode(), now=NOW)
        assert (len(parsed.events), parsed.unusable) == (1, [])
        assert parsed.events[0][1].labels.declared_team == "search"


def test_the_index_of_senders_has_every_page() -> None:
    pages = {page.name for page in (ROOT / "docs" / "connect").glob("*.md")} - {"README.md"}
    index = (ROOT / "docs" / "connect" / "README.md").read_text()

    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == pages


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("cloudevents", "cloudevents"),
        ("lago", "lago"),
        ("openmeter", "openmeter"),
        ("helicone", "helicone"),
        ("standard-webhooks", "standardwebhooks"),
    ],
)
def test_what_a_senders_page_shows_is_booked(page: str, name: str) -> None:
    (shown,) = blocks(ROOT / "docs" / "connect" / f"{page}.md", "json")
    parsed = SOURCES[name](shown.encode(), now=NOW)

    assert parsed.unusable == []
    assert len(parsed.events) == (2 if name == "openmeter" else 1)
    assert all(event.tokens and event.labels.model == "gpt-4o" for _, event in parsed.events)


@pytest.mark.parametrize("name", ["teams.yml", "all-fields.yml"])
def test_the_examples_of_teams_are_read_start_quietly_and_apply_all_they_say(name: str) -> None:
    found = read_teams_file((ROOT / "docs" / "examples" / name).read_text())

    assert found.organisation.mode == "preview"
    assert found.not_applied_yet() == []


def test_the_first_teams_file_changes_no_cost_and_writes_to_no_gateway() -> None:
    """In mode preview no call is denied either (tests/bot/books/test_allowances.py)."""
    found = read_teams_file((ROOT / "docs" / "examples" / "teams.yml").read_text())

    assert (found.prices, found.models, found.tools, found.gateways, found.policy.approvals) == ([], [], [], [], [])
    assert all(team.mode in (None, "preview") for team in found.teams)


def test_the_ledgers_page_names_every_table_that_only_grows() -> None:
    page = (ROOT / "docs" / "ledger.md").read_text()

    assert [table for table in APPEND_ONLY if f"`{table}`" not in page] == []


def test_the_procfile_starts_commands_that_exist() -> None:
    processes = yaml.safe_load((ROOT / "Procfile").read_text())

    assert set(processes) == {"release", "web", "worker"}
    assert "HOST=0.0.0.0" in processes["web"]
    for line in processes.values():
        assert fault_of(line.partition("python -m bot")[2].join(("tokens", ""))) is None


def test_the_locks_name_hashes_and_no_index() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "requirements-senders.txt"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", text), name
        assert "--hash=sha256:" in text


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a checkout of git")
    own = re.compile(r"(?<![\w.~$}])/(?:home|Users|root|work|private)/[\w.-]+")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        file = ROOT / name
        if file.suffix in (".png", ".ico", ".woff2") or not file.exists():
            continue
        found += [f"{name}: {match}" for match in own.findall(file.read_text(errors="replace"))]

    assert found == []
