"""A commit that fails: its senders are asked to send again, and the log says whether somebody has to look."""

import json

import pytest
from structlog.testing import capture_logs

from handlers.intake.group_commits import GroupCommits
from tests.support.company import Company


@pytest.mark.parametrize(
    ("fault", "level"),
    [(TimeoutError(), "warning"), (ConnectionRefusedError(), "warning"), (KeyError("team"), "error")],
)
async def test_only_a_fault_of_our_own_is_an_error(
    acme: Company, monkeypatch: pytest.MonkeyPatch, fault: Exception, level: str
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as patch, capture_logs() as logged:
        patch.setattr(GroupCommits, "commit", fails)
        status, _ = await acme.posts(json.dumps([acme.event(1)]).encode())

    assert status == 503
    lines = [line for line in logged if line["event"] == "usage not booked"]
    assert [(line["log_level"], line["rows"], "exc_info" in line) for line in lines] == [(level, 1, level == "error")]
    assert (await acme.uses(acme.event(1)))["accepted"] == 1
