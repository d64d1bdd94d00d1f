"""Names as people type them: of teams, and of the tools, models, workflows and keys of a team."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from bot.org.teams import ORGANISATION_SLUG, Team
from bot.reporting.asking.asked_words import nearest

PartKind = Literal["tool", "model", "workflow", "credential"]
PART_KINDS: tuple[PartKind, ...] = ("tool", "model", "workflow", "credential")
COMPANY_WORDS = frozenset({ORGANISATION_SLUG, "org", "company", "organization", "everyone", "everything"})
_CHANNEL = re.compile(r"<#(?P<id>[A-Z0-9]+)(?:\|[^>]*)?>", re.IGNORECASE)
_PARTS_OF_NAME = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class NamedPart:
    """A tool, model, workflow or key of a team by its name."""

    kind: PartKind
    name: str


@lru_cache(maxsize=65_536)
def folded(text: str) -> tuple[str, ...]:
    """Returns the letters and digits of a name, word by word: `Data-Platform` is `data platform`."""
    return tuple(_PARTS_OF_NAME.findall(text.casefold()))


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names that a person may ask about: the teams that they may see, and the parts of the team that is meant.

    `former` are slugs that these teams had before. `company` is the organisation, for those who may see it.
    """

    teams: tuple[Team, ...] = ()
    former: Mapping[str, Team] = field(default_factory=dict)
    company: Team | None = None
    parts: Mapping[PartKind, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, ...], tuple[Team, ...]]:
        found: dict[tuple[str, ...], list[Team]] = {}
        for team in self.teams:
            for words in {folded(team.slug), folded(team.name), folded(team.channel_ref)}:
                if words and team not in (listed := found.setdefault(words, [])):
                    listed.append(team)
        for slug, team in self.former.items():
            found.setdefault(folded(slug), [team])
        if self.company is not None:
            for name in (self.company.name, *COMPANY_WORDS):
                found.setdefault(folded(name), [self.company])
        return {words: tuple(teams) for words, teams in found.items()}

    def teams_named(self, text: str) -> tuple[Team, ...]:
        """Returns the teams with a slug, name or channel. A slug or channel's id names one team; a name may name several."""
        channel = _CHANNEL.fullmatch(text)
        if channel is not None:
            return tuple(team for team in self.teams if team.channel_id.casefold() == channel["id"].casefold())
        found = self._by_name.get(folded(text), ())
        exact = tuple(team for team in found if team.slug == text)
        return exact or found

    @cached_property
    def _parts(self) -> Sequence[tuple[NamedPart, tuple[str, ...]]]:
        return [
            (NamedPart(kind=kind, name=name), words)
            for kind in PART_KINDS
            for name in self.parts.get(kind, ())
            if (words := folded(name))
        ]

    def parts_called(self, text: str, kinds: Iterable[PartKind] = PART_KINDS) -> tuple[NamedPart, ...]:
        """Returns the parts with exactly this name."""
        wanted, allowed = folded(text), frozenset(kinds)
        return tuple(part for part, words in self._parts if words == wanted and part.kind in allowed)

    def parts_like(self, text: str, kinds: Iterable[PartKind] = PART_KINDS) -> tuple[NamedPart, ...]:
        """Returns the parts whose names have these words in this order: `opus` finds `claude-opus-4-5`."""
        wanted, allowed = folded(text), frozenset(kinds)
        return tuple(part for part, words in self._parts if part.kind in allowed and _has(words, wanted))

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Returns what teams and parts may be called, for suggestions."""
        teams = [spelling for team in self.teams for spelling in (team.slug, team.name.casefold())]
        company = [self.company.name.casefold(), "company"] if self.company is not None else []
        parts = [name.casefold() for kind in PART_KINDS for name in self.parts.get(kind, ())]
        words = {word for kind in PART_KINDS for name in self.parts.get(kind, ()) for word in folded(name)}
        return tuple(dict.fromkeys([*teams, *company, *parts, *sorted(w for w in words if len(w) > 3)]))

    def near(self, text: str) -> str | None:
        """Returns the short name of the team that has a word near a typed one in its name, if there is just one."""
        found = {team.slug for team in self.teams for word in folded(team.name) if nearest(text, (word,), cutoff=0.75)}
        return found.pop() if len(found) == 1 else None


def _has(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return size > 0 and any(words[at : at + size] == wanted for at in range(len(words) - size + 1))
