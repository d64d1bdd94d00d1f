"""The clients that can be connected, each by a data file: what to paste where, with placeholders for address and key.

A test compares the files with the fenced blocks of their pages, so that the command and the page can't differ.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import msgspec

from bot.refusals import ConfigError

FOLDER = Path(__file__).parent
ADDRESS = "https://tokens.acme.test"
"""The address of the bot on all pages."""
KEYS = ("tok_...", "tok_…", "$KEY")
"""How pages write the key."""
SECRET = "whsec_…"  # noqa: S105  # a placeholder
"""How pages write the secret of a source's signatures."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thing to do: a text to paste, in a language, or values to enter in fields."""

    say: str
    language: str = ""
    paste: str = ""
    fields: dict[str, str] = {}


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client: its page, the format and options of its source, and the steps that connect it.

    One that signs what it sends has a `signature`; if its own secret signs, `secret_of` names that.
    """

    name: str
    page: str
    format: str
    source: str
    steps: tuple[Step, ...]
    aliases: tuple[str, ...] = ()
    signature: str = ""
    secret_of: str = ""
    reported_first: bool = False


@cache
def clients() -> Mapping[str, Client]:
    """Returns all clients by their id, in order."""
    files = sorted(FOLDER.rglob("*.toml"), key=lambda path: path.stem)
    return {path.stem.replace("_", "-"): msgspec.toml.decode(path.read_bytes(), type=Client) for path in files}


def find_client(asked: str) -> Client:
    """Returns a client by its id, its name or another name of it. Raises ConfigError that suggests the nearest."""
    folded = asked.strip().casefold()
    names = {
        name.casefold(): client_id
        for client_id, client in clients().items()
        for name in (client_id, client.name, *client.aliases)
    }
    if folded in names:
        return clients()[names[folded]]
    near = get_close_matches(folded, names, n=1)
    hint = f"Did you mean `tokens connect {names[near[0]]}`?" if near else "`tokens connect` lists them."
    raise ConfigError(f"CLIENT: I don't know {asked[:60]!r}. {hint}")


def filled(text: str, *, address: str, key: str) -> str:
    """Returns a text with the address and, if there is one, the key in place of the pages' own."""
    text = text.replace(ADDRESS, address.rstrip("/"))
    for placeholder in KEYS if key else ():
        text = text.replace(placeholder, key)
    return text
