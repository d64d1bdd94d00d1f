"""Who belongs to the app's workspace, by what Slack says of the token and of the person."""

from typing import Any

import pytest

from bot.org.workspaces import Workspace, caller_of

ACME = Workspace(team_id="T0ACME")
GRID = Workspace(team_id="T0ACME", enterprise_id="E0ACME")
WHOLE_ORGANISATION = Workspace(team_id="E0ACME", enterprise_id="E0ACME")


def in_grid(enterprise_id: str, *teams: str) -> dict[str, Any]:
    return {"enterprise_id": enterprise_id, "teams": list(teams)}


@pytest.mark.parametrize(
    ("workspace", "user", "belongs"),
    [
        (ACME, {"team_id": "T0ACME"}, True),
        (ACME, {"team_id": "T0OTHER"}, False),
        (ACME, {"team_id": "T0OTHER", "is_stranger": False}, False),
        (ACME, {"profile": {"team": "T0OTHER"}}, False),
        (ACME, {"team_id": "T0ACME", "is_stranger": True}, False),
        (ACME, {"team_id": "T0SISTER", "enterprise_user": in_grid("E0ACME", "T0SISTER", "T0ACME")}, True),
        (ACME, {"team_id": "T0OTHER", "enterprise_user": in_grid("E0OTHER", "T0OTHER")}, False),
        (GRID, {"team_id": "T0SISTER", "enterprise_user": in_grid("E0ACME", "T0SISTER")}, True),
        (GRID, {"team_id": "T0OTHER", "enterprise_user": in_grid("E0OTHER", "T0OTHER")}, False),
        (GRID, {"team_id": "T0OTHER"}, False),
        (GRID, {"team_id": "T0ACME"}, True),
        (WHOLE_ORGANISATION, {"team_id": "T0SISTER", "enterprise_user": in_grid("E0ACME", "T0SISTER")}, True),
        (WHOLE_ORGANISATION, {"team_id": "E0ACME"}, True),
        (WHOLE_ORGANISATION, {"team_id": "T0OTHER", "enterprise_user": in_grid("E0OTHER")}, False),
        (WHOLE_ORGANISATION, {"team_id": "T0OTHER", "enterprise_user": None}, False),
    ],
)
def test_somebody_of_another_team_and_of_no_organisation_of_ours_is_outside(
    workspace: Workspace, user: dict[str, Any], belongs: bool
) -> None:
    assert caller_of({"id": "U0", **user}, workspace).is_outsider is not belongs


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted", "is_bot", "deleted"])
def test_guests_bots_and_deactivated_users_of_our_own_workspace_are_outside(kind: str) -> None:
    assert caller_of({"id": "U0", "team_id": "T0ACME", kind: True}, GRID).is_outsider


@pytest.mark.parametrize(
    ("answer", "workspace"),
    [
        ({"team_id": "T0ACME", "enterprise_id": None}, ACME),
        ({"team_id": "T0ACME", "enterprise_id": "E0ACME", "is_enterprise_install": False}, GRID),
        ({"team_id": "E0ACME", "enterprise_id": "E0ACME", "is_enterprise_install": True}, WHOLE_ORGANISATION),
        ({"ok": True}, None),
        ({"team_id": None, "enterprise_id": None}, None),
    ],
)
def test_the_workspace_is_what_slack_says_of_the_token(answer: dict[str, Any], workspace: Workspace | None) -> None:
    assert Workspace.of(answer) == workspace
