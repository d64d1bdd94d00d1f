"""Chosen deaths: a process of the bot that kills itself with `kill -9` at one step of a decision."""

import functools
import os
import signal
from collections.abc import Callable
from typing import Any, Literal, get_args

Death = Literal[
    "the request is read",
    "everything is written, nothing committed",
    "committed, Slack not answered",
    "Slack answered, nothing posted",
    "the card is shown, not marked",
    "the verdict is posted, not marked",
    "the cap is planned, not written",
    "the cap is written, nothing stored",
    "the read-back is stored, not committed",
]
DEATHS: tuple[Death, ...] = get_args(Death)
LEASE_SECONDS = 1
"""How long a dead process keeps its messages from the next one; in the product a minute."""


def live() -> None:
    """Prepares a process that lives: it claims messages for a second at a time."""
    from handlers.crosschecks.caps.following import CapFollower  # noqa: PLC0415  # only the forked process needs them
    from handlers.slack import outbox  # noqa: PLC0415

    outbox.LEASE_SECONDS = LEASE_SECONDS

    def lease_end(follower: Any) -> int:
        now: int = follower._context.now_micros()
        return now + LEASE_SECONDS * 1_000_000

    setattr(CapFollower, "_lease_end", lease_end)  # noqa: B010  # a method is not assigned to


def die_at(death: Death, request_id: int) -> None:
    """Prepares a process that dies at a step of the decision of one request."""
    from handlers.crosschecks.caps.following import CapFollower  # noqa: PLC0415
    from handlers.crosschecks.caps.team_run import TeamRun  # noqa: PLC0415
    from handlers.requests.deciding import approvals  # noqa: PLC0415
    from handlers.slack import answers  # noqa: PLC0415
    from handlers.slack.sending import delivery  # noqa: PLC0415
    from storage.requests.budget_requests import BudgetRequests  # noqa: PLC0415

    live()
    decided = [False]
    decides: Callable[..., Any] = approvals.decide_request
    reads, acks, sends = BudgetRequests.for_decision, answers.SlackRequest.ack, delivery._send
    writes, stores = TeamRun.write, CapFollower._store

    async def decide(scope: Any, context: Any, seen: Any, *given: Any, **named: Any) -> Any:
        made = await decides(scope, context, seen, *given, **named)
        if seen.request_id == request_id:
            _die_if(death == "everything is written, nothing committed")
            decided[0] = True
        return made

    async def read(requests: Any, wanted: int) -> Any:
        found = await reads(requests, wanted)
        _die_if(death == "the request is read" and wanted == request_id)
        return found

    async def ack(asked: Any) -> None:
        _die_if(death == "committed, Slack not answered" and decided[0])
        await acks(asked)

    async def send(slack: Any, item: Any, *given: Any) -> Any:
        is_card, is_verdict = (item.dedupe_key == f"{kind}:{request_id}" for kind in ("request", "verdict"))
        _die_if(death == "Slack answered, nothing posted" and decided[0] and (is_card or is_verdict))
        sent = await sends(slack, item, *given)
        _die_if(death == "the card is shown, not marked" and decided[0] and is_card)
        _die_if(death == "the verdict is posted, not marked" and is_verdict)
        return sent

    async def write(run: Any, ids: Any) -> Any:
        _die_if(death == "the cap is planned, not written" and decided[0])
        outcomes = await writes(run, ids)
        _die_if(death == "the cap is written, nothing stored" and decided[0])
        return outcomes

    async def store(follower: Any, scope: Any, run: Any, before: Any, *, done: Any, is_last: bool) -> None:
        await stores(follower, scope, run, before, done=done, is_last=is_last)
        _die_if(death == "the read-back is stored, not committed" and decided[0] and bool(done))

    for place, name, replaced in (
        (TeamRun, "write", write),
        (CapFollower, "_store", store),
        (approvals, "decide_request", decide),
        (delivery, "_send", send),
        (BudgetRequests, "for_decision", read),
        (answers.SlackRequest, "ack", ack),
    ):
        setattr(place, name, replaced)


def dying(death: Death, request_id: int) -> Callable[[], None]:
    """Returns `die_at` for a process that is to be forked."""
    return functools.partial(die_at, death, request_id)


def _die_if(is_time: bool) -> None:
    if is_time:
        os.kill(os.getpid(), signal.SIGKILL)
