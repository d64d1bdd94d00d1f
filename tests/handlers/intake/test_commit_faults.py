"""A commit that fails: its senders are asked to send again, and the log says whether somebody has to look."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.intake.known_keys import KeySizes
from handlers.intake.group_commits import GroupCommits
from storage.intake.usage import Usage
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


async def test_a_group_whose_run_of_keys_was_sealed_meanwhile_is_written_to_the_next(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The full path would take three times as long, and a run is full several times a second."""
    await acme.uses(acme.event(1))
    store = acme.context.store
    writer: Any = type(store.fast_writers(1)[0])
    tokens, write = [], writer.write

    async def late(self: Any, keys: Any, **others: Any) -> bool:
        tokens.append(keys.token)
        if len(tokens) == 1:
            store.usage_memory.keys.sizes = KeySizes(run_keys=1)
            await store.keep_keys()
        return bool(await write(self, keys, **others))

    async def full_path(*_: object, **__: object) -> None:
        pytest.fail("the full path booked it")

    monkeypatch.setattr(writer, "write", late)
    monkeypatch.setattr(Usage, "book", full_path)

    assert (await acme.uses(acme.event(2)))["accepted"] == 1
    assert len(set(tokens)) == 2
