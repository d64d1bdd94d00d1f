"""What was set in Slack, as the YAML that carries it to teams.yml."""

from collections.abc import Mapping
from typing import Any

import yaml

from bot.money import NANOS
from bot.org.setting_up.setups import Setup
from bot.org.teams import Directory, Team

HEADER = """\
# Set in Slack. Copy these fields into teams.yml, then import it with --reset-settings --reset-budgets.
# A company that was set up in Slack alone can import this file as it is. Other parts of a teams.yml, such as
# attribution, tools and prices, are not here: an import of this file alone would remove them.
"""


def exported_yaml(directory: Directory, setups: Mapping[str, Setup]) -> str:
    """Returns the organisation's name, zone and mode, and every field of it and of teams that Slack set.

    Teams that no file made are there as a whole.
    """
    root, organisation = directory.root, directory.organisation
    own = setups.get(root.slug, Setup()).fields()
    shown: dict[str, Any] = {
        "name": organisation.name,
        "timezone": root.next_timezone or root.timezone,
        "period": organisation.period,
        "mode": organisation.mode,
        "people": organisation.people,
    }
    if organisation.funding_nanos is not None:
        shown["funding"] = _dollars(organisation.funding_nanos)
    found: dict[str, Any] = {"organisation": {**shown, **own}}
    teams = [_team(directory, team, setups.get(team.slug, Setup())) for team in directory.subtree(root)[1:]]
    found["teams"] = [team for team in teams if len(team) > 1]
    return HEADER + yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=120)


def _team(directory: Directory, team: Team, setup: Setup) -> dict[str, Any]:
    """Returns the fields of a team that Slack set; its slug alone if there are none."""
    fields: dict[str, Any] = {"slug": team.slug}
    if setup.is_new:
        fields |= {"name": team.name, "timezone": team.next_timezone or team.timezone}
        if team.parent_id not in (None, directory.root.id):
            fields["parent"] = directory.by_id(team.parent_id or 0).slug
    fields |= {field: value for field, value in setup.fields().items() if value or not setup.is_new}
    if team.set_budget is not None:
        fields["budget"] = {"amount": _dollars(team.set_budget.amount_nanos)}
    return fields


def _dollars(nanos: int) -> int | str:
    whole, rest = divmod(nanos, NANOS)
    return whole if not rest else f"{whole}.{rest:09d}".rstrip("0")
