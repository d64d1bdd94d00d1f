"""`tokens connect` and the pages below docs/connect tell the same: each text of a client's data file is on its page."""

import re
import textwrap
from pathlib import Path

import pytest

from bot.refusals import ConfigError
from bot.sources import SOURCES
from bot.sources.clients.catalog import ADDRESS, KEYS, SECRET, Client, clients, filled, find_client
from tests.support.paths import ROOT

PAGES = ROOT / "docs" / "connect"
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def fences(page: Path) -> list[tuple[str, str]]:
    """Returns the language and the text of each fenced block of a page."""
    return [(language, textwrap.dedent(text).strip()) for _, language, text in _FENCE.findall(page.read_text())]


@pytest.mark.parametrize("client_id", clients())
def test_what_the_command_prints_is_on_the_clients_page(client_id: str) -> None:
    client = clients()[client_id]
    page = PAGES / f"{client.page}.md"

    assert client.format in SOURCES
    assert f"tokens keys create {client.source} --source {client.format}" in page.read_text()
    for step in client.steps:
        assert bool(step.paste) != bool(step.fields), "a step is a text or fields"
        assert not step.paste or (step.language, step.paste.strip()) in fences(page)
        for field, value in step.fields.items():
            assert re.search(rf"^\| {re.escape(field)}\b.*{re.escape(value)}", page.read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", sorted(path.stem for path in PAGES.glob("*.md")))
def test_every_text_of_a_page_with_an_address_or_a_key_is_printed_by_the_command(page: str) -> None:
    told = {step.paste.strip() for client in clients().values() if client.page == page for step in client.steps}
    private = [text for _, text in fences(PAGES / f"{page}.md") if ADDRESS in text or any(key in text for key in KEYS)]

    assert [text for text in private if text not in told] == []


@pytest.mark.parametrize("client_id", clients())
def test_address_and_key_are_filled_in_everywhere(client_id: str) -> None:
    for step in clients()[client_id].steps:
        for text in (step.paste, *step.fields.values()):
            if text == SECRET:
                continue
            done = filled(text, address="http://bot:3000/", key="tok_real")

            assert "acme.test/v1" not in done
            assert not any(key in done for key in KEYS)
            assert ADDRESS not in text or re.search("http://bot:3000/v1/(usage|outcomes)", done)


def test_every_file_names_another_client() -> None:
    names = [name for client_id, c in clients().items() for name in {client_id, c.name.casefold(), *c.aliases}]

    assert len(names) == len(set(names))
    assert all("\n" not in client.name for client in clients().values())


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("claude-code", "Claude Code"),
        ("Claude Code", "Claude Code"),
        (" GEMINI ", "Gemini CLI"),
        ("logfire", "pydantic-ai"),
    ],
)
def test_a_client_is_found_by_any_of_its_names(asked: str, name: str) -> None:
    found: Client = find_client(asked)

    assert found.name == name


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("claud-code", "`tokens connect claude-code`"),
        ("copilott", "`tokens connect copilot`"),
        ("zzzzzz", "`tokens connect` lists"),
    ],
)
def test_an_unknown_client_suggests_the_nearest(asked: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(hint)):
        find_client(asked)
