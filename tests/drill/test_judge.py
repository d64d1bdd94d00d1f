"""The judge of `make drill` finds nothing where all went well, and notices each kind of loss and doubling."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.drill.company import FINAL
from tests.drill.judge import judge
from tests.drill.processes import read_logs
from tests.drill.records import CommandRun, Deed, Exchange, Intent, Kill, Post, Records, SentEvent
from tests.drill.stored import Stored, StoredDecision, StoredEntry, StoredMessage, StoredRequest

DOLLAR = 10**9


def exchange(person: str, deed: Deed, subject: str, dollars: int = 0, **more: Any) -> Exchange:
    """A request that web-1 answered with an empty 200."""
    intent = Intent(deed=deed, subject=subject, amount_nanos=dollars * DOLLAR)
    facts: dict[str, Any] = {"process": "web-1", "began": 10.0, "ended": 10.5, "status": 200, **more}
    return Exchange(person=person, intent=intent, **facts)


def entry(kind: str, dollars: int, *, team: int, bucket: str = "available") -> StoredEntry:
    return StoredEntry(
        kind=kind, document="request:1", amount_nanos=dollars * DOLLAR, to_team_id=team, to_bucket=bucket
    )


def decision(action: str, actor: str, dollars: int) -> StoredDecision:
    return StoredDecision(action=action, document="request:1", actor=actor, amount_nanos=dollars * DOLLAR)


def good_records() -> Records:
    """Two events are sent. Anna asks and changes, Ben approves, and Bea is told that she is too late."""
    return Records(
        sent={
            "a": SentEvent(reported_nanos=5 * DOLLAR, uncached_input=100, output=10),
            "b": SentEvent(reported_nanos=None, uncached_input=1_000, output=100),
        },
        acknowledged={"a", "b"},
        exchanges=[
            exchange("UANNA", "ask", "drill-1", 7),
            exchange("UANNA", "change", "1", 9),
            exchange("UBEN", "approve", "1", response_id="r1"),
            exchange("UBEA", "approve", "1", response_id="r2"),
        ],
        answers={"r2": ["Ben already approved this request."]},
        posts=[Post(outbox_id=1, process="worker-1", at=20.0)],
    )


def good_stored() -> Stored:
    """The database after the same."""
    sums = (2, 1_100, 110, 5 * DOLLAR + FINAL.nanos(1_000, 100))
    request = StoredRequest(
        id=1,
        team_id=4,
        reason="drill-1 for evaluations",
        state="approved",
        amount_nanos=9 * DOLLAR,
        held_nanos=9 * DOLLAR,
        decided_by="UBEN",
    )
    message = StoredMessage(
        id=1,
        dedupe_key="request:1",
        text="Ben approved $9.00",
        channel="CSEARCH",
        ts="1.1",
        is_delivered=True,
        is_given_up=False,
        is_held=False,
    )
    return Stored(
        times_booked=Counter("ab"),
        sums={"events": sums, "hours": sums, "days": sums},
        requests=(request,),
        entries=(
            entry("hold", 7, team=2, bucket="held"),
            entry("release", 7, team=2),
            entry("hold", 9, team=2, bucket="held"),
            entry("release", 9, team=2),
            entry("allocation", 9, team=4),
        ),
        decisions=(
            decision("request", "UANNA", 7),
            decision("change request", "UANNA", 9),
            decision("approve request", "UBEN", 9),
        ),
        messages=(message,),
        shown={("CSEARCH", "1.1"): "Ben approved $9.00"},
    )


def counts(records: Records, stored: Stored) -> dict[str, int]:
    """The lines of the verdict that are not zero."""
    return {finding.what: finding.count for finding in judge(records, stored) if finding.count}


def test_a_drill_in_which_all_went_well_is_clean() -> None:
    assert counts(good_records(), good_stored()) == {}


def first_request(stored: Stored, **changed: Any) -> Stored:
    return replace(stored, requests=(replace(stored.requests[0], **changed),))


def first_message(stored: Stored, **changed: Any) -> Stored:
    return replace(stored, messages=(replace(stored.messages[0], **changed),))


SPOILT: tuple[tuple[str, Callable[[Stored], Stored]], ...] = (
    ("acknowledged events lost", lambda s: replace(s, times_booked=Counter("a"))),
    ("events booked twice, or never sent", lambda s: replace(s, times_booked=Counter("abb"))),
    ("events booked twice, or never sent", lambda s: replace(s, times_booked=Counter("abc"))),
    ("sums that differ from the sent amounts", lambda s: replace(s, sums={**s.sums, "hours": (3, 1_100, 110, 0)})),
    ("sums that differ from the sent amounts", lambda s: replace(s, sums={**s.sums, "days": (2, 1_100, 110, 1)})),
    ("acknowledged requests lost or doubled", lambda s: first_request(s, reason="drill-2 for evaluations")),
    ("acknowledged requests lost or doubled", lambda s: replace(s, requests=s.requests * 2)),
    ("acknowledged decisions lost", lambda s: first_request(s, decided_by="UBEA")),
    ("acknowledged decisions lost", lambda s: first_request(s, state="denied")),
    ("acknowledged decisions lost", lambda s: replace(s, decisions=(s.decisions[0], s.decisions[2]))),
    ("decisions doubled", lambda s: replace(s, decisions=(*s.decisions, decision("approve request", "UBEA", 9)))),
    ("decisions doubled", lambda s: replace(s, decisions=(*s.decisions, decision("deny request", "UBEA", 9)))),
    ("requests whose entries don't add up", lambda s: replace(s, entries=(*s.entries, s.entries[-1]))),
    ("requests whose entries don't add up", lambda s: replace(s, entries=s.entries[:-1])),
    ("requests whose entries don't add up", lambda s: replace(s, entries=(*s.entries[:3], s.entries[4]))),
    ("messages lost", lambda s: replace(s, shown={})),
    ("messages lost", lambda s: replace(s, shown={("CSEARCH", "1.1"): "Anna asks for $9.00"})),
    ("messages lost", lambda s: first_message(s, is_delivered=False)),
    ("messages lost", lambda s: first_message(s, is_given_up=True)),
)


@pytest.mark.parametrize(("what", "spoil"), SPOILT)
def test_it_notices_what_was_lost_or_doubled(what: str, spoil: Callable[[Stored], Stored]) -> None:
    assert what in counts(good_records(), spoil(good_stored()))


def test_a_request_that_still_waits_is_neither_decided_nor_released() -> None:
    pending = first_request(good_stored(), state="pending", decided_by="")
    pending = replace(pending, entries=pending.entries[:3], decisions=pending.decisions[:2])
    records = good_records()
    records.exchanges = records.exchanges[:2]

    assert counts(records, pending) == {}
    assert counts(records, replace(pending, entries=pending.entries[:2])) == {"requests whose entries don't add up": 1}


@pytest.mark.parametrize(
    ("first", "kills", "what"),
    [
        (Post(outbox_id=1, process="worker-1", at=20.0), [], "messages posted twice where nobody died"),
        (
            Post(outbox_id=1, process="worker-1", at=20.0),
            [Kill(process="worker-2", at=21.0), Kill(process="worker-1", at=19.0), Kill(process="worker-1", at=31.0)],
            "messages posted twice where nobody died",
        ),
        (
            Post(outbox_id=1, process="worker-1", at=20.0),
            [Kill(process="worker-1", at=20.2)],
            "messages posted twice after a worker was killed",
        ),
        (
            Post(outbox_id=1, process="worker-1", at=20.0, loss="dropped"),
            [],
            "messages posted twice after Slack dropped the answer",
        ),
    ],
)
def test_a_second_post_has_the_reason_of_the_first(first: Post, kills: list[Kill], what: str) -> None:
    records = good_records()
    records.posts = [first, Post(outbox_id=1, process="worker-2", at=30.0)]
    records.kills = kills

    assert counts(records, good_stored()) == {what: 1}


def test_what_nobody_was_told_is_no_promise() -> None:
    """A click in Home, one without an answer, and one whose process died before it could refuse it."""
    stored = first_request(good_stored(), decided_by="UBEA")
    for unsure in ({"in_home": True}, {"status": None}, {"body": '{"response_action": "errors"}'}):
        records = good_records()
        records.exchanges[2] = exchange("UBEN", "approve", "1", **unsure)
        assert counts(records, stored) == {}
    records = good_records()
    records.kills = [Kill(process="web-1", at=11.0)]

    assert counts(records, stored) == {}


def test_answers_that_come_late_are_counted_without_the_machines_noise() -> None:
    records = good_records()
    records.exchanges.append(exchange("UANNA", "other", "", ended=14.5))
    assert counts(records, good_stored()) == {"answers to Slack after 3 s beyond noise": 1}

    records.slowness = [(9.9, 2.0), (12.0, 2.0), (14.6, 2.0)]
    assert counts(records, good_stored()) == {}


def test_it_reads_errors_in_logs_and_forgives_the_cut_line_of_a_killed_process(tmp_path: Path) -> None:
    lines = [
        json.dumps({"event": "listening", "level": "info"}),
        json.dumps({"event": "message not delivered", "level": "warning"}),
        json.dumps({"event": "listener failed", "level": "error", "error": "KeyError('x')"}),
        "Traceback (most recent call last):",
        '{"event": "job fai',
    ]
    (tmp_path / "worker-1.1.log").write_text("\n".join(lines))
    records = good_records()
    read_logs(tmp_path, records)

    assert [line.partition(" {")[0] for line in records.log_faults] == [
        "worker-1.1: listener failed",
        "worker-1.1: Traceback (most recent call last):",
    ]
    assert records.warnings == Counter({"message not delivered": 1})


def test_words_statuses_and_commands_that_fail_are_noticed() -> None:
    records = good_records()
    records.note_words("Something went wrong here (reference 1).", where="an answer")
    records.exchanges.append(exchange("UDAN", "other", "", status=500))
    failed = CommandRun(words="reprice", code=1, output="Traceback (most recent call last):", killed=False)
    refused = CommandRun(words="teams import", code=1, output="Search would be $3.00 short.", killed=False)
    records.commands = [failed, refused]

    assert counts(records, good_stored()) == {
        '"Something went wrong"': 1,
        "unexpected answers": 1,
        "commands that failed with a trace": 1,
    }
