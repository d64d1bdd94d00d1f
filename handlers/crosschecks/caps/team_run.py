"""One run over a team's targets: read all caps, plan, lower, raise. Each step is stored before the next one begins, so that
a process that is killed anywhere leaves what it meant to write, and whoever continues finds by reading whether it arrived.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.crosschecks.cap_plans import CapPlan, PlannedTarget, free_to_raise, plan_caps
from bot.crosschecks.caps import CENT_NANOS, Cap, CapChange
from bot.crosschecks.gateway_caps import (
    LOOK_MICROS,
    CapMark,
    GatewayCap,
    after_look,
    in_conflict,
    is_kept,
    is_made_by_hand,
    raised_target,
    with_fault,
    with_intent,
    with_reading,
    with_written,
)
from bot.money import usd
from bot.org.gateways import PERSONAL_KINDS, CapMode
from handlers.crosschecks.caps.budgets import CapBudget
from handlers.crosschecks.caps.outcomes import Fault, Gateway, Outcome, fault_of

_NOTHING_RAISED: Mapping[int, int] = MappingProxyType({})
_NO_PLAN = CapPlan(wanted={}, lower=(), higher=())
_FRESH_SECONDS = 1.0
"""A reading that is older is repeated right before a write, so that a change by hand meanwhile is not overwritten unseen."""
_INEXACT = ("new", "idle", "waiting", "refused", "conflict", "dry_run")
"""States after which a cap is brought to the cent at the next read, though the books did not change."""


class TeamRun:
    """The targets of one team between their claim and their release."""

    def __init__(self, rows: Iterable[GatewayCap], gateways: Mapping[str, Gateway]) -> None:
        self.rows = {row.id: row for row in rows}
        self._gateways = gateways
        self._found: dict[int, Outcome] = {}
        self._read_at = 0.0
        self._targets: tuple[PlannedTarget, ...] = ()
        self._plan = _NO_PLAN
        self._budget: CapBudget | None = None
        self._slug = self._name = ""
        self.found_written: list[tuple[GatewayCap, GatewayCap]] = []
        """Targets whose lost write was found by reading, before and after."""

    async def read(self) -> None:
        """Reads every target's cap, all at once."""
        self._read_at = asyncio.get_running_loop().time()
        outcomes = await asyncio.gather(*(self._call(row) for row in self.rows.values()))
        self._found = dict(zip(self.rows, outcomes, strict=True))

    def plan(
        self, budget: CapBudget, *, team: str, team_name: str, at: int, raised: Mapping[int, int] = _NOTHING_RAISED
    ) -> list[int]:
        """Judges what was read and plans what to write. Returns the targets whose writes come first, with their intents."""
        self._budget, self._slug, self._name = budget, team, team_name
        before = dict(self.rows)
        for row_id, row in before.items():
            outcome = self._found[row_id]
            if isinstance(outcome, Cap):
                self.rows[row_id] = read = with_reading(row, outcome, at=at)
                if read.set_version > row.set_version:
                    self.found_written.append((row, read))
        shared = [row for row in self.rows.values() if row.target.kind not in PERSONAL_KINDS]
        if budget.why_not:
            for row in shared:
                self._save(row, state="idle", sentence=budget.why_not, at=at)
            shared = []
        self._targets = tuple(self._target(row, of=len(shared)) for row in shared)
        draft = plan_caps(self._targets, available_nanos=budget.available_nanos)
        by_hand = {row_id for row_id in draft.wanted if self._is_by_hand(self.rows[row_id], draft.wanted[row_id])}
        kept = {row_id for row_id in draft.wanted if is_kept(self.rows[row_id], self._mark)} - by_hand
        shown = {row_id for row_id in draft.wanted if self._mode(self.rows[row_id]) == "dry_run"}
        # The rooms of hand-made caps are taken as they are, and the others share the rest.
        self._targets = tuple(replace(t, is_fixed=t.is_fixed or t.id in by_hand | kept) for t in self._targets)
        plan = plan_caps(self._targets, available_nanos=budget.available_nanos)
        lower, higher = (tuple(i for i in ids if i not in shown) for ids in (plan.lower, plan.higher))
        self._plan = replace(plan, lower=lower, higher=higher)
        for row_id, row in before.items():
            if budget.why_not and row.target.kind not in PERSONAL_KINDS:
                continue
            wanted = self._plan.wanted.get(row_id, draft.wanted.get(row_id))
            self._judge(row, self.rows[row_id], wanted, is_by_hand=row_id in by_hand, is_kept=row_id in kept, at=at)
        amounts = {row_id: self._plan.wanted[row_id] for row_id in self._plan.lower or self._plan.higher}
        for row_id, row in before.items():
            if row.target.kind in PERSONAL_KINDS and isinstance(self._found[row_id], Cap):
                amounts |= self._personal(row, raised.get(row_id, 0), at=at)
        self._intend(amounts, at=at)
        return list(amounts)

    def raise_others(self, *, at: int) -> list[int]:
        """Returns the targets that go up after others went down, with their intents; none if they went up already."""
        if self._budget is None or not self._plan.lower:
            return []
        caps_now = {row_id: row.known_nanos for row_id, row in self.rows.items()}
        raised = free_to_raise(
            self._plan, self._targets, caps_now=caps_now, available_nanos=self._budget.available_nanos
        )
        for row_id in set(self._plan.higher) - raised.keys():
            why = "another cap of the team must go down first"
            self.rows[row_id] = with_fault(self.rows[row_id], why, at=at, refused=False)
        self._plan = _NO_PLAN  # this is the last step
        self._intend(raised, at=at)
        return list(raised)

    async def write(self, ids: Iterable[int]) -> dict[int, Outcome]:
        """Writes what is intended, all at once, and returns what was read back."""
        rows = [self.rows[row_id] for row_id in ids]
        outcomes = await asyncio.gather(*(self._call(row, self._change(row)) for row in rows))
        return {row.id: outcome for row, outcome in zip(rows, outcomes, strict=True)}

    def take(self, outcomes: Mapping[int, Outcome], *, at: int) -> list[tuple[GatewayCap, GatewayCap]]:
        """Takes over what came of writes. Returns each target that was set, before and after."""
        done = []
        for row_id, outcome in outcomes.items():
            row = self.rows[row_id]
            if isinstance(
                outcome, Fault
            ):  # the attempt stays known: what was refused may be the reading after the write
                self.rows[row_id] = with_fault(
                    row,
                    outcome.sentence,
                    at=at,
                    refused=outcome.refused,
                    retry_after_seconds=outcome.retry_after_seconds,
                )
                continue
            written = with_written(row, outcome, at=at)
            if written.state == "refused":
                said = "no cap" if outcome.cap_nanos is None else usd(outcome.cap_nanos)
                sentence = f"{row.gateway} says {said} after {usd(row.wanted_nanos or 0)} was written; look there"
                written = replace(written, sentence=sentence)
            else:
                done.append((row, written))
            self.rows[row_id] = written
        return done

    def _judge(
        self, before: GatewayCap, row: GatewayCap, wanted: int | None, *, is_by_hand: bool, is_kept: bool, at: int
    ) -> None:
        """Stores the state of a target that is read and perhaps not written."""
        outcome = self._found[row.id]
        if isinstance(outcome, Fault):
            failed = with_fault(
                row,
                outcome.sentence,
                at=at,
                refused=outcome.refused,
                retry_after_seconds=outcome.retry_after_seconds,
            )
            is_open = before.state == "conflict"  # nobody knows that it is over
            self._save(replace(failed, state="conflict", sentence="") if is_open else failed)
        elif row.target.kind in PERSONAL_KINDS:
            pass  # see `_personal`
        elif is_kept:
            self._save(replace(row, wanted_nanos=wanted), state="kept", at=at)
        elif is_by_hand:
            self._save(in_conflict(row, before=before, wanted_nanos=wanted or 0, at=at))
        elif self._mode(row) == "dry_run":
            self._save(replace(row, wanted_nanos=wanted), state="dry_run", at=at)
        else:
            self._save(after_look(row, wanted_nanos=wanted, at=at, confirmed=outcome.confirmed))

    def _personal(self, before: GatewayCap, raised_nanos: int, *, at: int) -> dict[int, int]:
        """Judges the cap of a person or key that was read, and returns its write, if there is one."""
        row, wanted = raised_target(self.rows[before.id], raised_nanos)
        what = f"this {row.target.kind}"
        if wanted is None:
            why = f"{what} has no cap of its own there" if raised_nanos else f"nothing is approved for {what} now"
            self._save(row, state="idle", sentence=why, at=at)
            return {}
        self.rows[row.id] = row
        if self._is_by_hand(row, wanted):
            self._save(in_conflict(row, before=before, wanted_nanos=wanted, at=at))
            return {}
        if is_kept(row, self._mark):
            self._save(replace(row, wanted_nanos=wanted), state="kept", at=at)
            return {}
        if self._mode(row) == "dry_run":
            self._save(replace(row, wanted_nanos=wanted), state="dry_run", at=at)
            return {}
        self._save(after_look(row, wanted_nanos=wanted, at=at))
        return {} if row.seen_nanos == wanted else {row.id: wanted}

    def _save(self, row: GatewayCap, *, at: int | None = None, **changes: object) -> None:
        if at is not None:
            changes |= {"next_at": at + LOOK_MICROS, "tries": 0, "not_before": 0}
        self.rows[row.id] = replace(row, followed_version=self._mark.version, **changes)  # type: ignore[arg-type]

    def _target(self, row: GatewayCap, *, of: int) -> PlannedTarget:
        """Returns a target for the plan. Where its gateway says no spend, the books' is taken, shared evenly."""
        assert self._budget is not None
        found = self._found[row.id]
        is_read = isinstance(found, Cap)
        spent = row.spent_nanos
        if spent is None and row.seen_at is not None:
            spent = self._budget.charged_nanos // of
        return PlannedTarget(
            id=row.id,
            cap_nanos=row.seen_nanos if is_read else row.known_nanos,
            spent_nanos=max(spent or 0, 0),
            is_fixed=not is_read,
            is_exact=self._mark.version > row.followed_version or row.state in _INEXACT,
            unit_nanos=found.unit_nanos if isinstance(found, Cap) else CENT_NANOS,
            least_nanos=found.least_nanos if isinstance(found, Cap) else 0,
        )

    def _is_by_hand(self, row: GatewayCap, wanted: int) -> bool:
        outcome = self._found[row.id]
        if not isinstance(outcome, Cap) or self._mode(row) == "dry_run":
            return False
        return is_made_by_hand(row, outcome, wanted_nanos=wanted)

    def _intend(self, amounts: Mapping[int, int], *, at: int) -> None:
        for row_id, nanos in amounts.items():
            self.rows[row_id] = with_intent(self.rows[row_id], nanos=nanos, at=at)

    async def _call(self, row: GatewayCap, change: CapChange | None = None) -> Outcome:
        """Reads a target's cap, or with a change writes what is wanted. Any fault is an outcome."""
        gateway = self._gateways.get(row.gateway)
        if gateway is None:
            return Fault(sentence=f"{row.gateway} is no more in teams.yml", refused=True)
        if isinstance(gateway.adapter, Fault):
            return gateway.adapter
        try:
            if change is None:
                return await gateway.adapter.read_cap(row.target)
            seen = self._found[row.id]
            assert isinstance(seen, Cap)
            if asyncio.get_running_loop().time() - self._read_at > _FRESH_SECONDS:
                again = await gateway.adapter.read_cap(row.target)
                if again.confirmed and again.cap_nanos != seen.cap_nanos:
                    return Fault(sentence="its cap changed just now, so Tokens reads it again first", refused=False)
                seen = again
            return await gateway.adapter.write_cap(row.target, row.wanted_nanos or 0, seen=seen, change=change)
        except Exception as error:  # noqa: BLE001  # what one gateway does stops no other target
            return fault_of(error, row)

    def _change(self, row: GatewayCap) -> CapChange:
        assert self._budget is not None
        return CapChange(
            id=f"{row.gateway}:{row.id}:{row.wanted_version}",
            version=row.wanted_version,
            team=self._slug,
            team_name=self._name,
            period=self._budget.period.name,
            available_nanos=self._budget.available_nanos,
            changed_by=self._budget.changed_by,
            because=self._budget.because,
        )

    def _mode(self, row: GatewayCap) -> CapMode:
        gateway = self._gateways.get(row.gateway)
        return gateway.mode if gateway is not None else "write"

    @property
    def decided_by(self) -> int | None:
        """Returns the person whose decision the caps follow; None if nobody decided the newest change."""
        return self._mark.decided_by if self._mark.is_decided else None

    @property
    def _mark(self) -> CapMark:
        assert self._budget is not None
        return self._budget.mark
