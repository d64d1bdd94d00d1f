"""Somebody's own usage in the demo: the teams that their export names, in place of Acme's."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bot.demo.people import DemoChannel
from bot.money import NANOS

MAX_TEAMS = 20
_EVERYBODY = ("UANNA", "UBEN", "UCHLOE", "UDAN")


def slug_of(team: str) -> str:
    """Returns a team's name as a slug: `Data & ML` becomes `data-ml`."""
    return re.sub(r"[^a-z0-9]+", "-", team.casefold()).strip("-")[:40] or "team"


def teams_named(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Returns the slugs of the teams that events name, at most twenty, those with the most events first."""
    counts = Counter(slug_of(str(e["data"]["team"])) for e in events if (e.get("data") or {}).get("team"))
    return tuple(slug for slug, _ in counts.most_common(MAX_TEAMS)) or ("everybody",)


def own_channels(slugs: Iterable[str]) -> tuple[DemoChannel, ...]:
    """Returns a channel for each team, with everybody of the demo in it."""
    return tuple(
        DemoChannel(
            id=f"COWN{n:04d}", name=f"team-{slug}", topic=f"{slug}: your own usage", team=slug, members=_EVERYBODY
        )
        for n, slug in enumerate(slugs)
    )


def own_teams_yml(slugs: Iterable[str], *, spent_nanos: Mapping[str, int]) -> str:
    """Returns a teams.yml of those teams, each with a budget a quarter above its spend so far in the period.

    So budgets and forecasts have figures. Ben manages all teams, Anna belongs to the first.
    """
    teams = []
    for number, slug in enumerate(slugs):
        amount = max(10, -(-spent_nanos.get(slug, 0) * 5 // 4 // NANOS))
        teams.append(
            {
                "slug": slug,
                "name": slug.replace("-", " ").title(),
                "channel": f"#team-{slug}",
                "managers": ["ben@acme.test"],
                "members": ["anna@acme.test"] if number == 0 else [],
                "budget": {"amount": amount},
            }
        )
    organisation = {
        "name": "Your usage",
        "timezone": "Europe/London",
        "funding": max(1000, 3 * sum(t["budget"]["amount"] for t in teams)),  # type: ignore[index]  # as made above
        "finance": ["chloe@acme.test"],
        "admins": ["dan@acme.test"],
    }
    return json.dumps({"organisation": organisation, "teams": teams})  # JSON is YAML
