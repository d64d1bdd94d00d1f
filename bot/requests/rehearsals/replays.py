"""Replays: past requests, one after the other, under a policy and a directory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bot.org.teams import Directory, Team
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policies import FINANCE_RULE, StoredPolicy
from bot.requests.rehearsals.fates import DecidedBy, Fate, Policy, fate_of
from bot.requests.rehearsals.past_asks import DecisionPace, PastAsk
from bot.requests.rehearsals.period_requests import PeriodRequests

PayerOf = Callable[[PastAsk], Team | None]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """A number of requests and their amounts together."""

    requests: int = 0
    amount_nanos: int = 0

    def with_ask(self, ask: PastAsk) -> "Tally":
        return Tally(requests=self.requests + 1, amount_nanos=self.amount_nanos + ask.amount_nanos)


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Requests with their fates under one policy."""

    policy: Policy
    fates: Sequence[tuple[PastAsk, Fate]]

    def by_kind(self) -> dict[DecidedBy, Tally]:
        found: dict[DecidedBy, Tally] = defaultdict(Tally)
        for ask, fate in self.fates:
            found[fate.by] = found[fate.by].with_ask(ask)
        return dict(found)

    def by_line(self) -> dict[int | None, Tally]:
        """Returns what each line of the policy decides; under None what no line does."""
        found: dict[int | None, Tally] = defaultdict(Tally)
        for ask, fate in self.fates:
            found[fate.line] = found[fate.line].with_ask(ask)
        return dict(found)

    def by_decider(self) -> Counter[int]:
        """Returns for each person how many requests would wait for them."""
        return Counter(person for _, fate in self.fates for person in fate.deciders)

    def waits(self, pace: DecisionPace) -> list[int]:
        """Returns how long each request would wait. It waited as long as it did if the one who decided may decide it too."""
        found = []
        for ask, fate in self.fates:
            if fate.by == "auto":
                found.append(0)
            elif fate.by in ("nobody", "refused"):
                continue
            elif ask.waited_micros is not None and fate.needed == 1 and ask.decided_by in fate.deciders:
                found.append(ask.waited_micros)
            elif (usual := pace.of(fate.deciders, needed=fate.needed)) is not None:
                found.append(usual)
        return found

    def median_wait(self, pace: DecisionPace) -> int | None:
        waits = self.waits(pace)
        return round(median(waits)) if waits else None


def replay(policy: Policy, asks: Sequence[PastAsk], *, payer_of: PayerOf) -> Replay:
    """Plays requests through a policy, oldest first. People decide as they did; what the policy approves by itself is
    approved at once. Requests of teams that the directory does not have any more are left out."""
    known = {team.id for team in policy.directory.teams}
    earlier, fates = PeriodRequests(), []
    for ask in sorted((ask for ask in asks if ask.team_id in known), key=lambda ask: (ask.at, ask.id)):
        fate = fate_of(policy, ask, payer=payer_of(ask), earlier=earlier)
        fates.append((ask, fate))
        if fate.by != "refused":
            earlier.put(_stored(policy, ask, fate))
    return Replay(policy=policy, fates=fates)


def _stored(policy: Policy, ask: PastAsk, fate: Fate) -> BudgetRequest:
    """Returns a request as it counts with later ones of its period."""
    team, rule = policy.directory.by_id(ask.team_id), fate.rule or FINANCE_RULE
    stored = StoredPolicy(rule=rule, sentence="", limit_nanos=rule.limit_nanos(team)).json()
    made = ask.as_request(policy=stored, period=policy.directory.period_at(team, ask.at).name)
    if fate.by != "auto":
        return made
    return replace(made, state="approved", granted_nanos=ask.amount_nanos, decided_at=ask.at, decided_by=None)


def recorded_payer(directory: Directory) -> PayerOf:
    """Returns the payer that each request had, or None if that team is not above the asking one any more."""

    def payer(ask: PastAsk) -> Team | None:
        if ask.payer_id is not None and ask.payer_id == ask.ask.giver_id:
            return directory.by_id(ask.payer_id)
        above = directory.ancestors(directory.by_id(ask.team_id))
        return next((team for team in above if team.id == ask.payer_id), None)

    return payer
