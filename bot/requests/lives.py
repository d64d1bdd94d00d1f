"""The life of a budget request: each step, the states that it leads between, and who takes it."""

from dataclasses import dataclass
from typing import Literal

from bot.requests.budget_requests import RequestState

Step = Literal[
    "ask",
    "auto-approve",
    "emergency",
    "change",
    "answer",
    "nudge",
    "question",
    "vote",
    "carry",
    "reroute",
    "remind",
    "escalate",
    "approve",
    "deny",
    "withdraw",
    "expire",
]
Taker = Literal["asker", "decider", "policy", "clock"]


@dataclass(frozen=True, kw_only=True)
class LifeStep:
    """One step of a request. `before` is None for the step that makes it."""

    name: Step
    before: RequestState | None
    after: RequestState
    by: Taker


LIFE = (
    LifeStep(name="ask", before=None, after="pending", by="asker"),
    LifeStep(name="auto-approve", before=None, after="approved", by="policy"),
    LifeStep(name="emergency", before=None, after="approved", by="asker"),
    LifeStep(name="change", before="pending", after="pending", by="asker"),
    LifeStep(name="answer", before="pending", after="pending", by="asker"),
    LifeStep(name="nudge", before="pending", after="pending", by="asker"),
    LifeStep(name="question", before="pending", after="pending", by="decider"),
    LifeStep(name="vote", before="pending", after="pending", by="decider"),
    LifeStep(name="carry", before="pending", after="pending", by="clock"),
    LifeStep(name="reroute", before="pending", after="pending", by="clock"),
    LifeStep(name="remind", before="pending", after="pending", by="clock"),
    LifeStep(name="escalate", before="pending", after="pending", by="clock"),
    LifeStep(name="approve", before="pending", after="approved", by="decider"),
    LifeStep(name="deny", before="pending", after="denied", by="decider"),
    LifeStep(name="withdraw", before="pending", after="withdrawn", by="asker"),
    LifeStep(name="expire", before="pending", after="expired", by="clock"),
)
"""What is not here is refused. docs/requests.md draws it."""
