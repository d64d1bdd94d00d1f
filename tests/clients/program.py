"""A program that `make clients` runs: where it comes from, how it is made to call, and what it cannot tell."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.homes import Home, Ran


@dataclass(frozen=True, kw_only=True)
class Install:
    """Packages of npm or of PyPI, each with its pinned version; the first is the program itself."""

    kind: str
    packages: tuple[tuple[str, str], ...]
    scripts: bool = False
    """Whether the packages' install scripts run: a program that ships as a binary may need its own."""

    @property
    def version(self) -> str:
        return self.packages[0][1]


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one run of a program may use."""

    home: Home
    folder: Path
    """Where the program is installed."""
    api_url: str
    """The stand-in of the model APIs."""
    otlp_url: str
    """Tokens' OTLP address, without `/v1/logs`."""
    litellm_url: str
    key: str
    """The ingest key of the program's source."""
    calls: int
    """How many calls are still wanted."""
    number: int = 0
    """The number of the run, from 0."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program, or one set-up of an SDK."""

    name: str
    slug: str
    page: str
    """The page below docs/connect that says how to connect it."""
    install: Install
    run: Callable[[Round], Awaitable[Ran]]
    source: tuple[str, ...] = ("--source", "otlp")
    """The options of `tokens keys create`."""
    geographies: bool = False
    refuses: bool = True
    tells_sums: bool = False
    """Whether it reports sums of calls instead of calls."""
    cannot_tell: Mapping[str, str] = field(default_factory=dict)
    """Features of a call that this program does not report, each with what follows for the books."""
