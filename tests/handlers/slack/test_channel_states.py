"""When a channel counts as shared with another company, by what Slack says of it."""

from typing import Any

import pytest

from handlers.slack.channels import _state_of

OWN: dict[str, Any] = {
    "id": "C1",
    "is_member": True,
    "is_archived": False,
    "is_shared": False,
    "is_org_shared": False,
    "is_ext_shared": False,
    "is_pending_ext_shared": False,
    "pending_shared": [],
}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({}, "linked"),
        ({"is_ext_shared": True, "is_shared": True}, "paused"),
        ({"is_pending_ext_shared": True}, "paused"),
        ({"pending_shared": ["T0OTHER"]}, "paused"),
        ({"pending_connected_team_ids": ["T0OTHER"]}, "paused"),
        ({"is_shared": True}, "paused"),
        ({"is_shared": True, "is_org_shared": True}, "linked"),
        ({"is_shared": True, "is_org_shared": True, "is_ext_shared": True}, "paused"),
        ({"is_archived": True}, "broken"),
        ({"is_member": False}, "broken"),
        ({"is_archived": True, "is_ext_shared": True}, "paused"),
    ],
)
def test_a_channel_with_another_company_in_it_or_invited_is_paused(said: dict[str, Any], state: str) -> None:
    assert _state_of({**OWN, **said}) == state


def test_slack_may_leave_out_what_is_false() -> None:
    assert _state_of({"id": "C1", "is_channel": True}) == "linked"
