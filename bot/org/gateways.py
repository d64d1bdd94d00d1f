"""Gateways whose caps follow the books: `gateways:` of teams.yml as the rules see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

GatewayKind = Literal["litellm", "claude_gateway", "claude_enterprise", "openai", "anthropic", "github", "webhook"]
GATEWAY_KINDS: tuple[GatewayKind, ...] = get_args(GatewayKind)
CapMode = Literal["write", "dry_run"]
TargetKind = Literal["team", "member", "key", "organisation", "project", "workspace", "group", "user"]
TARGET_KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
PERSONAL_KINDS: frozenset[TargetKind] = frozenset({"member", "user", "key"})
"""Caps within a team's: they limit one person or key, and add nothing to what the team may spend."""

DEFAULT_TARGETS: Mapping[GatewayKind, TargetKind] = {
    "litellm": "team",
    "claude_gateway": "group",
    "claude_enterprise": "group",
    "openai": "project",
    "anthropic": "workspace",
    "github": "organisation",
    "webhook": "team",
}
"""What a plain name below `teams:` means at each kind of gateway."""
HOSTED: Mapping[GatewayKind, str] = {
    "claude_enterprise": "https://api.anthropic.com",
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "github": "https://api.github.com",
}
"""The addresses of gateways that have one for everybody."""


@dataclass(frozen=True, kw_only=True)
class CapTarget:
    """What a gateway calls the thing that has a cap: its kind, its id there, and of a member the gateway's team."""

    kind: TargetKind
    ref: str
    member_of: str = ""


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """One gateway of teams.yml. Its key is in an environment variable or a file, never here."""

    name: str
    kind: GatewayKind
    url: str
    key_env: str = ""
    key_file: str = ""
    mode: CapMode = "write"
    teams: Mapping[str, tuple[CapTarget, ...]] = field(default_factory=dict)
    """The gateway's own teams of each of our teams, by slug."""
    people: Mapping[str, str] = field(default_factory=dict)
    """The gateway's id of a person, by e-mail, where it is not the e-mail."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The gateway's id of a key, by the credential's name in usage, where it is not that name."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only this kind of gateway knows, as written in the file."""

    @property
    def targets(self) -> tuple[CapTarget, ...]:
        """Returns every target of every team, in the order of the file."""
        return tuple(target for targets in self.teams.values() for target in targets)


def gateways_of(stored: Sequence[Mapping[str, Any]] | None) -> tuple[GatewaySettings, ...]:
    """Returns the gateways of the stored `gateways` document."""
    return tuple(
        GatewaySettings(
            name=line["name"],
            kind=line["kind"],
            url=line["url"],
            key_env=line["key_env"],
            key_file=line["key_file"],
            mode=line["mode"],
            teams={slug: tuple(CapTarget(**target) for target in targets) for slug, targets in line["teams"].items()},
            people=line["people"],
            keys=line["keys"],
            options=line["options"],
        )
        for line in stored or []
    )


def gateway_words(gateway: GatewaySettings) -> str:
    """Returns a gateway's line in the differences of an import: kind, address, mode and whose caps it has. No key."""
    teams = "; ".join(
        f"{slug}: {', '.join(f'{target.kind} {target.ref}' for target in targets)}"
        for slug, targets in sorted(gateway.teams.items())
    )
    key = f"key in {gateway.key_env or gateway.key_file}"
    return f"{gateway.kind} at {gateway.url}, {gateway.mode}, {key}" + (f"; {teams}" if teams else "")
