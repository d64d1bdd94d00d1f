"""Judges a drill: compares what was acknowledged with what the database and the stand-in Slack hold."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.drill.company import FINAL, Variant
from tests.drill.records import Deed, Exchange, Records
from tests.drill.stored import Stored, StoredRequest

LATE_SECONDS = 3.0
"""Slack's limit for an answer."""
_UNSURE_SECONDS = 10.0
"""A process that is killed this soon after its answer may not have told the person that the click was refused."""
_ENDED_BY: dict[Deed, str] = {"approve": "approved", "deny": "denied", "withdraw": "withdrawn"}
_DECIDING = ("approve request", "deny request", "withdraw request")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the verdict: what was counted, and examples. Only a `must_be_zero` line can fail."""

    what: str
    found: Sequence[str]
    must_be_zero: bool = True

    @property
    def count(self) -> int:
        return len(self.found)

    @property
    def fails(self) -> bool:
        return self.must_be_zero and self.count > 0


def judge(records: Records, stored: Stored, *, final: Variant = FINAL) -> list[Finding]:
    """Returns every line of the verdict."""
    after_death, after_drop, unexplained = duplicates(records)
    return [
        Finding(what="acknowledged events lost", found=lost_events(records, stored)),
        Finding(what="events booked twice, or never sent", found=doubled_events(records, stored)),
        Finding(what="sums that differ from the sent amounts", found=wrong_sums(records, stored, final)),
        Finding(what="acknowledged requests lost or doubled", found=wrong_requests(records, stored)),
        Finding(what="acknowledged decisions lost", found=lost_decisions(records, stored)),
        Finding(what="decisions doubled", found=doubled_decisions(stored)),
        Finding(what="requests whose entries don't add up", found=wrong_entries(stored)),
        Finding(what="messages lost", found=lost_messages(stored)),
        Finding(what="messages posted twice where nobody died", found=unexplained),
        Finding(what="messages posted twice after a worker was killed", found=after_death, must_be_zero=False),
        Finding(what="messages posted twice after Slack dropped the answer", found=after_drop, must_be_zero=False),
        Finding(what='"Something went wrong"', found=records.went_wrong),
        Finding(what="errors in logs", found=records.log_faults),
        Finding(what="unexpected answers", found=[*records.unexpected, *refused_requests(records)]),
        Finding(what="processes that ended by themselves", found=records.ended),
        Finding(what="child processes left behind", found=records.orphans),
        Finding(what="commands that failed with a trace", found=traces(records)),
        Finding(what="answers to Slack after 3 s beyond noise", found=late_answers(records), must_be_zero=False),
    ]


def lost_events(records: Records, stored: Stored) -> list[str]:
    return sorted(event_id for event_id in records.acknowledged if not stored.times_booked[event_id])


def doubled_events(records: Records, stored: Stored) -> list[str]:
    twice = [f"{event_id} × {times}" for event_id, times in stored.times_booked.items() if times > 1]
    return sorted(twice + [f"{event_id} unknown" for event_id in stored.times_booked if event_id not in records.sent])


def wrong_sums(records: Records, stored: Stored, final: Variant) -> list[str]:
    """Compares events, hours and days with the amounts of every acknowledged event at the final price."""
    sent = [records.sent[event_id] for event_id in records.acknowledged]
    cost = sum(
        event.reported_nanos if event.reported_nanos is not None else final.nanos(event.uncached_input, event.output)
        for event in sent
    )
    wanted = (len(sent), sum(event.uncached_input for event in sent), sum(event.output for event in sent), cost)
    return [f"{name}: {sums}, not {wanted}" for name, sums in stored.sums.items() if sums != wanted]


def wrong_requests(records: Records, stored: Stored) -> list[str]:
    """An acknowledged form made one request; any other form made one at most."""
    made = Counter(request.reason.partition(" ")[0] for request in stored.requests)
    claimed = {e.intent.subject for e in records.exchanges if e.intent.deed == "ask" and _was_accepted(records, e)}
    lost = [f"{token} is lost" for token in sorted(claimed) if not made[token]]
    return lost + [f"{token} × {times}" for token, times in sorted(made.items()) if times > 1]


def lost_decisions(records: Records, stored: Stored) -> list[str]:
    """Every accepted click and form is in the request or, for a change, in the audit log."""
    requests = {str(request.id): request for request in stored.requests}
    changes = {(d.document, d.actor, d.amount_nanos) for d in stored.decisions if d.action == "change request"}
    found = set()
    for exchange in records.exchanges:
        deed, subject = exchange.intent.deed, exchange.intent.subject
        if deed in ("ask", "other") or not _was_accepted(records, exchange):
            continue
        words = f"request {subject}: {deed} by {exchange.person}"
        if deed == "change":
            if (f"request:{subject}", exchange.person, exchange.intent.amount_nanos) not in changes:
                found.add(words)
        elif not _has_ended(requests.get(subject), _ENDED_BY[deed], exchange.person):
            found.add(words)
    return sorted(found)


def _has_ended(request: StoredRequest | None, state: str, person: str) -> bool:
    return request is not None and request.state == state and request.decided_by == person


def doubled_decisions(stored: Stored) -> list[str]:
    """Every request was decided once if it is decided, and else never."""
    times = Counter(d.document for d in stored.decisions if d.action in _DECIDING)
    states = {f"request:{request.id}": request.state for request in stored.requests}
    return [
        f"{document} is {state} and was decided {times[document]} times"
        for document, state in states.items()
        if times[document] != (state != "pending")
    ]


def wrong_entries(stored: Stored) -> list[str]:
    """The grant of an approved request reaches its team once; what is held is the hold of a pending one."""
    by_document = defaultdict(list)
    for entry in stored.entries:
        by_document[entry.document].append(entry)
    found = []
    for request in stored.requests:
        booked = by_document[f"request:{request.id}"]
        reached = (e for e in booked if (e.to_team_id, e.to_bucket) == (request.team_id, "available"))
        granted = sum(e.amount_nanos for e in reached if e.kind in ("allocation", "appropriation"))
        held = sum({"hold": 1, "release": -1}.get(e.kind, 0) * e.amount_nanos for e in booked)
        wanted = request.amount_nanos if request.state == "approved" else 0
        still_held = request.held_nanos if request.state == "pending" else 0
        if (granted, held) != (wanted, still_held):
            found.append(f"request {request.id} is {request.state}: granted {granted}, held {held}")
    return found


def lost_messages(stored: Stored) -> list[str]:
    """Every message that may be posted is in the stand-in, with its newest text."""
    found = []
    for message in stored.messages:
        if message.is_held and not message.ts:
            continue
        shown = stored.shown.get((message.channel, message.ts))
        if message.is_given_up:
            found.append(f"{message.dedupe_key} was given up: {message.fault}")
        elif not message.is_delivered:
            found.append(f"{message.dedupe_key} still waits: {message.fault}")
        elif shown is None:
            found.append(f"{message.dedupe_key} is not in {message.channel}")
        elif shown != message.text:
            found.append(f"{message.dedupe_key} shows an old text: {shown[:80]}")
    return found


def duplicates(records: Records) -> tuple[list[str], list[str], list[str]]:
    """Returns the second and later posts of messages: after a kill, after a dropped answer, and without a reason."""
    by_message = defaultdict(list)
    for post in sorted(records.posts, key=lambda post: post.at):
        by_message[post.outbox_id].append(post)
    after_death, after_drop, unexplained = [], [], []
    for outbox_id, posts in by_message.items():
        for first, second in pairwise(posts):
            words = f"message {outbox_id}: {first.process} at {first.at:.1f}, {second.process} at {second.at:.1f}"
            if first.loss == "dropped":
                after_drop.append(words)
            elif records.died(first.process, first.at, second.at):
                after_death.append(words)
            else:
                unexplained.append(words)
    return after_death, after_drop, unexplained


def refused_requests(records: Records) -> list[str]:
    """Returns Slack's requests that a living process answered with another status than 200."""
    return [
        f"{e.process} answered {e.status} to {e.intent.deed} of {e.person}"
        for e in records.exchanges
        if e.status not in (200, None)
    ]


def late_answers(records: Records) -> list[str]:
    """Returns the answers that took more than Slack's limit and the machine's noise meanwhile."""
    return [
        f"{e.process} took {e.seconds:.1f} s, noise {records.noise(e.began, e.ended):.1f} s"
        for e in answered(records)
        if e.seconds - records.noise(e.began, e.ended) > LATE_SECONDS
    ]


def answered(records: Records) -> list[Exchange]:
    """Returns the requests whose process lived until its answer."""
    return [e for e in records.exchanges if e.ended and not records.died(e.process, e.began, e.ended) and e.process]


def traces(records: Records) -> list[str]:
    return [
        f"{run.words}: {run.output[-300:]}"
        for run in records.commands
        if not run.killed and ("Traceback" in run.output or (run.code or 0) < 0)
    ]


def _was_accepted(records: Records, exchange: Exchange) -> bool:
    """Returns whether the person was told that it is done: 200 without a word of refusal, then or later.

    Home has no response URL, so a refusal there can't be seen from here.
    """
    if exchange.status != 200 or exchange.body.strip() not in ("", "{}") or exchange.in_home:
        return False
    if any(records.answers.get(exchange.response_id, ())):
        return False
    return not records.died(exchange.process, exchange.began, exchange.ended + _UNSURE_SECONDS)
