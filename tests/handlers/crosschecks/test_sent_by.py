"""The column "sent by" of `tokens sources`."""

import pytest

from bot.crosschecks.producers import ProducerKey, ProducerKind, SeenProducer
from handlers.crosschecks.unread_usage import sent_by


def seen(name: str, version: str, *, last_at: int, kind: ProducerKind = "booked") -> SeenProducer:
    key = ProducerKey(name, version, "", kind, "")
    return SeenProducer(key=key, rows=1, first_at=0, last_at=last_at)


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([], "–"),
        ([seen("metrics", "1", last_at=3, kind="repeat")], "–"),
        ([seen("Codex", "0.169", last_at=1), seen("Codex", "0.171", last_at=2)], "Codex 0.171"),
        (
            [seen("Codex", "", last_at=4), seen("ai", "7", last_at=2), seen("logfire", "4", last_at=3)],
            "Codex and 2 more",
        ),
    ],
)
def test_it_names_the_newest_producer_of_booked_calls_and_counts_the_others(
    rows: list[SeenProducer], shown: str
) -> None:
    assert sent_by(rows) == shown
