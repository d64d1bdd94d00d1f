"""The company of the year: its teams in several zones, its people, and the combinations that each person keeps to."""

import random
from dataclasses import dataclass
from typing import Any

ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "America/Los_Angeles", "Asia/Tokyo")
SOURCES = ("gateway-eu", "gateway-us", "gateway-asia", "ci")
REPRICED = "acme-small"
"""A model of the company's own that nobody priced in its first months: only its senders report a cost."""
_MODELS = (
    *(("anthropic", "claude-opus-4-5"), ("anthropic", "claude-sonnet-4-5"), ("anthropic", "claude-haiku-4-5")),
    *(("openai", "gpt-4o"), ("openai", "gpt-5"), ("openai", "gpt-5-mini"), ("google", "gemini-2.5-pro")),
    *(("google", "gemini-2.5-flash"), ("vllm", "metacode-2"), ("vllm", "metacode-mini")),
)
_TOOLS = ("Claude Code", "Codex", "Cursor", "GitHub Copilot", "MetaCode", "Assistant")
_WORKFLOWS = ("", "", "", "code-review", "evals", "nightly")
_KEPT = 3
_UNKNOWN_SERVICES = 12
_PREFIX = "usr_"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large the company is, and how much it uses in its year."""

    events: int = 10_000_000
    teams: int = 100
    people: int = 3_000
    days: int = 365


@dataclass(frozen=True, kw_only=True)
class Combination:
    """What calls have in common: the sender, whose zone the hours are of, and the labels as they are sent."""

    source: str
    zone: str
    data: dict[str, Any]
    weight: float

    @property
    def is_reported(self) -> bool:
        return bool(self.data["model"] == REPRICED)


def late_price(since: object) -> str:
    return f"model: {REPRICED}, from: {since}, input_per_mtok: 0.10, output_per_mtok: 0.30"


def slug(team: int) -> str:
    return f"team-{team}"


def email(team: int, person: int) -> str:
    """The people that the bench's workspace knows are the first of their kind."""
    known = {0: "anna@acme.test", 1: "emi@acme.test"} if team == 0 else {}
    return known.get(person, f"person-{person}@team-{team}.acme.test")


def is_guest(person: int) -> bool:
    """Returns whether nobody has named this person: no file, and no account in Slack."""
    return person % 15 == 14


def teams_yml(size: Size, *prices: str) -> str:
    """The organisation, in the format of `tokens teams import`, perhaps with prices that it did not have at first."""
    lines = [
        "organisation: {name: Acme, timezone: Europe/London, period: month, funding: 90000000, mode: govern,",
        "  finance: [chloe@acme.test], admins: [dan@acme.test]}",
        "teams:",
    ]
    for team in range(size.teams):
        members = ", ".join(email(team, person) for person in range(size.people // size.teams) if not is_guest(person))
        manager = "ben@acme.test" if team < 8 else f"manager-{team % 20}@acme.test"
        parent = "" if team % 10 == 0 else f"parent: {slug(team - team % 10)}, "
        channel = 'channel: "#team-search", ' if team == 0 else ""
        amount = 400_000 if team % 10 == 0 else 20_000 + 1_000 * (team % 7)
        lines.append(
            f"  - {{slug: {slug(team)}, name: Team {team}, {parent}{channel}managers: [{manager}], members: [{members}], "
            f"timezone: {ZONES[team % len(ZONES)]}, cost_center: CC-{team}, budget: {{amount: {amount}}}}}"
        )
    lines.append("attribution:")
    lines += [f'  - {{credential: "key-{team}-*", team: {slug(team)}}}' for team in range(size.teams)]
    lines += [f'  - {{tag: "repo:{slug(team)}-*", team: {slug(team)}}}' for team in range(size.teams)]
    lines += [
        "tools: [{name: MetaCode, kind: in_house, match: {model: 'metacode*'}}]",
        "models: [{alias: acme-fast, model: claude-haiku-4-5}]",
        "prices:",
        "  - {model: 'metacode*', input_per_mtok: 0.40, output_per_mtok: 1.60}",
        "  - {provider: openai, discount: 0.1}",
    ]
    lines += [f"  - {{{price}}}" for price in prices]
    lines.append("policy: {approvals: [{up_to: 5000, by: team_manager}, {by: finance}]}")
    return "\n".join(lines) + "\n"


def people_csv(size: Size) -> str:
    """Every third person's id at a gateway."""
    lines = ["email,aliases"]
    for team in range(size.teams):
        for person in range(0, size.people // size.teams, 3):  # no guest is one
            lines.append(f"{email(team, person)},{_PREFIX}{team}_{person}")
    return "\n".join(lines) + "\n"


def combinations(size: Size, *, seed: int) -> list[Combination]:
    """Returns three combinations for each person, and some of services that nobody knows."""
    chance = random.Random(seed)
    found = []
    for team in range(size.teams):
        for person in range(size.people // size.teams):
            found += _of_person(team, person, chance)
    for service in range(min(_UNKNOWN_SERVICES, size.teams)):
        provider, model = chance.choice(_MODELS)
        data = {"provider": provider, "model": model, "workflow": f"service-{service}", "credential": f"lost-{service}"}
        found.append(Combination(source="ci", zone=ZONES[0], data=data, weight=25.0))
    return found


def _of_person(team: int, person: int, chance: random.Random) -> list[Combination]:
    """By turns the person, the team as declared, the key or the tag decides whose usage it is."""
    found = []
    busy = chance.paretovariate(1.2)
    is_spelled = person % 3 == 0 and team % 2 == 1
    for number in range(_KEPT):
        provider, model = chance.choice(_MODELS)
        if number == _KEPT - 1 and person % 15 == 1:
            provider, model = "vllm", REPRICED
        elif model == "claude-haiku-4-5" and chance.random() < 0.3:
            model = "acme-fast"
        data: dict[str, Any] = {"provider": provider, "model": model, "tool": chance.choice(_TOOLS)}
        data["user"] = f"{_PREFIX}{team}_{person}" if is_spelled else email(team, person)
        by = 1 + (team + person + number) % 3 if is_guest(person) else (team + person + number) % 4
        data["credential"] = f"key-{team}-{person}" if by == 2 else f"shared-{number}"
        if by == 1:
            data["team"] = slug(team)
        if by == 3:
            data["tags"] = [f"repo:{slug(team)}-{number}", "env:prod"]
        if workflow := chance.choice(_WORKFLOWS):
            data["workflow"] = workflow
        zone = ZONES[team % len(ZONES)]
        share = (1.0, 0.5, 1.0 if model == REPRICED else 0.25)[number]
        found.append(Combination(source=SOURCES[team % 3], zone=zone, data=data, weight=busy * share))
    return found
