"""Every posting rule in any order, in memory: the books balance after each step and agree with plain sums kept beside them."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from bot.books.budgets import PostedTotal, budget_entries_due
from bot.books.chargeback import spread_entries, spreads_due
from bot.books.closing.closes import Remainder, carry_limit, close_document, close_entries
from bot.books.closing.period_states import charged_period
from bot.books.commitments.credits import Credit, credit_entry, credit_reversal_entry
from bot.books.commitments.holds import Hold, hold_entry, hold_release_entry
from bot.books.commitments.transfers import Transfer, return_entry, transfer_entry
from bot.books.ledger import Account, Bucket, Entry, charge_entries, promised_changes
from bot.org.budget_terms import BudgetTerms
from bot.org.spread_rules import SpreadRule
from bot.org.teams import Directory, Team
from bot.periods import Calendar, Period
from tests.bot.acme import ACME, BEN, PRODUCT, SEARCH, directory
from tests.bot.books.closing.plain_books import opened, promised_by, spenders

MONTHS = Calendar()
START = MONTHS.named("2026-11")
TEAMS = (ACME, PRODUCT, SEARCH, replace(ACME, id=40, slug="unattributed", kind="unattributed", parent_id=10))
LOWEST_FIRST = (SEARCH, PRODUCT, ACME)
NANOS = st.integers(1, 3 * 10**18)
"""Up to three billion dollars: more than one entry can move."""
OWN = st.sampled_from([PRODUCT, SEARCH])


class PostingMachine(RuleBasedStateMachine):
    """A ledger that posts as the database's does: whole transactions, each key once, no promise without money."""

    holds = Bundle("holds")
    moved = Bundle("moved")
    booked = Bundle("booked")

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.left: dict[Account, int] = defaultdict(int)
        self.known = {START.name: opened(START)}
        self.funding, self.product, self.search = 0, 0, 0
        self.usage: dict[tuple[int, int], int] = defaultdict(int)
        self.plain: dict[tuple[int, str], int] = defaultdict(int)
        """What each team has available in a period, by plain sums."""
        self.numbers = 0

    @property
    def period(self) -> Period:
        return next(one.period for one in self.known.values() if one.state == "open")

    def account(self, team: Team, bucket: Bucket = "available", period: str = "") -> Account:
        return Account(team_id=team.id, period=period or self.period.name, bucket=bucket)

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def post(self, entries: list[Entry]) -> bool:
        """Posts all entries, or none if one of them promises what is not there."""
        keys = {entry.dedupe_key for entry in self.entries}
        new = [entry for entry in entries if entry.dedupe_key not in keys]
        assert len({entry.dedupe_key for entry in new}) == len(new)
        changes: dict[Account, int] = defaultdict(int)
        for entry in new:
            for account in (entry.from_account, entry.to_account):
                assert (
                    account.period not in self.known
                    or self.known[account.period].state != "closed"
                    or (account.bucket in ("spread", "shared"))
                )
            for account, nanos in promised_changes(entry):
                changes[account] += nanos
        promised = promised_by(self.entries)
        if any(nanos < 0 and promised[account] + nanos < 0 for account, nanos in changes.items()):
            return False
        for entry in new:
            self.entries.append(entry)
            self.left[entry.from_account] -= entry.amount_nanos
            self.left[entry.to_account] += entry.amount_nanos
        return True

    def moves(self, giver: Team, taker: Team, nanos: int) -> None:
        self.plain[giver.id, self.period.name] -= nanos
        self.plain[taker.id, self.period.name] += nanos

    def acme(self) -> Directory:
        made = directory(funding_nanos=self.funding, chargeback=SpreadRule(how="proportional"))
        product = replace(PRODUCT, budget_nanos=self.product)
        search = replace(SEARCH, budget_nanos=self.search, terms=BudgetTerms(carry_forward_percent=30))
        return replace(made, teams=(ACME, product, search, TEAMS[3]))

    @rule(funding=NANOS, product=NANOS, search=NANOS)
    def budgets_are_declared(self, funding: int, product: int, search: int) -> None:
        before = (self.funding, self.product, self.search)
        self.funding, self.product, self.search = funding, product, search
        posted: dict[tuple[int, str], PostedTotal] = {}
        for team in LOWEST_FIRST:
            document = f"budget:{team.id}:{self.period.name}"
            own = [entry for entry in self.entries if entry.document == document]
            net = sum(-e.amount_nanos if e.kind == "correction" else e.amount_nanos for e in own)
            posted[team.id, self.period.name] = PostedTotal(nanos=net, entries=len(own))
        due = budget_entries_due(self.acme(), posted=posted, period=self.period, at=0, actor_id=None)
        if not self.post(due):
            self.funding, self.product, self.search = before
            return
        was = {team: posted[team.id, self.period.name].nanos for team in LOWEST_FIRST}
        self.plain[ACME.id, self.period.name] += funding - was[ACME]
        self.moves(ACME, PRODUCT, product - was[PRODUCT])
        self.moves(PRODUCT, SEARCH, search - was[SEARCH])

    @rule(team=st.sampled_from(TEAMS), days=st.integers(0, 80), nanos=st.integers(-(10**18), 3 * 10**18))
    def usage_is_posted(self, team: Team, days: int, nanos: int) -> None:
        """Also of days whose period is closed, and less than before."""
        day = max(START.first_day, self.period.first_day + 20 - days)
        own = [e for e in self.entries if e.usage_day == day and team.id in spenders(e)]
        before = sum(e.amount_nanos if e.to_account.bucket == "spent" else -e.amount_nanos for e in own)
        assert before == self.usage[team.id, day]
        total = max(0, self.usage[team.id, day] + nanos)
        self.usage[team.id, day] = total
        payer = ACME if team.kind == "unattributed" else team
        period = charged_period(self.known, day, MONTHS.period_of)
        assert period == self.period
        assert self.post(
            charge_entries(
                spender_id=team.id,
                payer_id=payer.id,
                period=period.name,
                day=day,
                posted_nanos=before,
                posted_entries=len(own),
                total_nanos=total,
                at=0,
            )
        )
        self.plain[payer.id, period.name] -= total - before

    @rule(target=holds, team=OWN, nanos=st.integers(1, 10**18))
    def budget_is_set_aside(self, team: Team, nanos: int) -> Any:
        hold = Hold(
            id=self.number(),
            team_id=team.id,
            name="run",
            period=self.period.name,
            amount_nanos=nanos,
            from_day=0,
            end_day=1,
            state="active",
            revision=1,
            made_by=BEN,
            made_at=0,
        )
        if not self.post([hold_entry(hold, nanos, by=BEN, at=0)]):
            return multiple()
        self.plain[team.id, self.period.name] -= nanos
        return hold

    @rule(hold=consumes(holds))
    def a_hold_is_released(self, hold: Hold) -> None:
        if hold.period != self.period.name:
            return
        assert self.post([hold_release_entry(replace(hold, revision=2), hold.amount_nanos, by=BEN, at=0)])
        self.plain[hold.team_id, hold.period] += hold.amount_nanos

    @rule(target=moved, giver=OWN, nanos=st.integers(1, 10**18))
    def budget_is_transferred(self, giver: Team, nanos: int) -> Any:
        taker = SEARCH if giver == PRODUCT else PRODUCT
        transfer = Transfer(
            id=self.number(),
            giver_id=giver.id,
            taker_id=taker.id,
            amount_nanos=nanos,
            reason="",
            period=self.period.name,
            state="booked",
            made_by=BEN,
            made_at=0,
        )
        if not self.post([transfer_entry(transfer, by=BEN, at=0)]):
            return multiple()
        self.moves(giver, taker, nanos)
        return transfer

    @rule(transfer=consumes(moved))
    def a_transfer_is_taken_back(self, transfer: Transfer) -> None:
        if transfer.period != self.period.name:
            return
        giver, taker = (PRODUCT, SEARCH) if transfer.giver_id == PRODUCT.id else (SEARCH, PRODUCT)
        if self.post([return_entry(transfer, transfer.amount_nanos, by=BEN, at=0, reverses_id=1)]):
            self.moves(taker, giver, transfer.amount_nanos)

    @rule(target=booked, team=OWN, nanos=st.integers(1, 10**18))
    def a_credit_is_booked(self, team: Team, nanos: int) -> Credit:
        credit = Credit(
            id=self.number(),
            team_id=team.id,
            period=self.period.name,
            amount_nanos=nanos,
            paper="R",
            made_by=None,
            made_at=0,
        )
        assert self.post([credit_entry(credit, at=0)])
        self.plain[team.id, self.period.name] += nanos
        return credit

    @rule(credit=consumes(booked))
    def a_credit_is_taken_back(self, credit: Credit) -> None:
        assert self.post([credit_reversal_entry(credit, period=self.period.name, by=None, at=0, reverses_id=1)])
        self.plain[credit.team_id, self.period.name] -= credit.amount_nanos

    @rule()
    def the_period_closes(self) -> None:
        period, acme = self.period, self.acme()
        following = MONTHS.next(period)
        for hold in [e for e in self.entries if e.kind == "hold" and e.period == period.name]:
            held = self.left[hold.to_account]
            release = replace(
                hold,
                kind="release",
                dedupe_key=f"{hold.dedupe_key}:end",
                from_account=hold.to_account,
                to_account=hold.from_account,
            )
            if f"{hold.document}:2:release" not in {e.dedupe_key for e in self.entries} and held >= hold.amount_nanos:
                assert self.post([release])
                self.plain[hold.from_account.team_id, period.name] += hold.amount_nanos
        self.known[following.name] = opened(following)
        for team in LOWEST_FIRST:
            document = f"budget:{team.id}:{period.name}"
            own = [e for e in self.entries if e.document == document]
            base = sum(-e.amount_nanos if e.kind == "correction" else e.amount_nanos for e in own)
            limit = carry_limit(acme.by_id(team.id).terms, base_nanos=base, next_base_nanos=0) if team == SEARCH else 0
            rest = self.left[self.account(team, period=period.name)]
            remainder = Remainder(team_id=team.id, parent_id=team.parent_id, available_nanos=rest, carry_nanos=limit)
            assert self.post(close_entries(remainder, period=period.name, following=following.name, at=0))
            expected = self.plain.pop((team.id, period.name), 0)
            carried = max(0, min(expected, base * 30 // 100)) if team == SEARCH and base > 0 else 0
            self.plain[team.id, following.name] += carried
            if team.parent_id is not None:
                self.plain[team.parent_id, period.name] += expected - carried
            assert all(e.dedupe_key.startswith(close_document(team.id, period.name)) for e in self.entries[-1:] if rest)
        self.known[period.name] = replace(self.known[period.name], state="closed")
        charged = {team.id: self.left[self.account(team, "spent", period.name)] for team in TEAMS}
        spreads = spreads_due(charged, acme)
        assert self.post(spread_entries(spreads, period=period.name, run=1, at=0, actor_id=None))
        spread = sum(one.nanos for one in spreads)
        assert sum(self.left[self.account(team, "shared", period.name)] for team in TEAMS) == spread
        assert sum(self.left[self.account(team, "spread", period.name)] for team in TEAMS) == -spread

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        assert sum(self.left.values()) == 0
        spent = sum(nanos for account, nanos in self.left.items() if account.bucket == "spent")
        given = sum(
            e.amount_nanos * (1 if e.kind == "credit" else -1) for e in self.entries if e.document.startswith("credit:")
        )
        assert spent == sum(self.usage.values()) - given

    @invariant()
    def every_account_has_what_plain_sums_say(self) -> None:
        for account, nanos in self.left.items():
            if account.bucket == "available":
                assert nanos == self.plain.get((account.team_id, account.period), 0), account

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        assert [account for account, nanos in promised_by(self.entries).items() if nanos < 0] == []

    @invariant()
    def replayed_entries_leave_the_same(self) -> None:
        replayed: dict[Account, int] = defaultdict(int)
        for entry in reversed(self.entries):
            replayed[entry.to_account] += entry.amount_nanos
            replayed[entry.from_account] -= entry.amount_nanos
        assert replayed == {account: nanos for account, nanos in self.left.items() if account in replayed}

    @invariant()
    def nothing_is_left_in_a_closed_period(self) -> None:
        for account, nanos in self.left.items():
            if account.bucket in ("available", "held") and self.known[account.period].state == "closed":
                assert nanos == 0, account


PostingMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None, derandomize=True)
test_the_posting_rules_agree_in_any_order = PostingMachine.TestCase
