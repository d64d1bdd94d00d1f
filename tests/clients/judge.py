"""Compares the bills of one program with its booked calls: which are lost, doubled or other, and how many dollars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.clients.bills import Bill, Counters, bill_nanos
from tests.clients.booked import Booked

TOLERANCE = 0.001
"""The share by which the booked dollars may differ from the billed ones."""

HOURLY = "1 h writes"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the books made of one program's calls."""

    sent: int
    booked: int
    lost: tuple[Bill, ...] = ()
    doubled: tuple[Booked, ...] = ()
    other: tuple[tuple[Bill, Booked], ...] = ()
    """Calls whose counters or model differ from the bill although the program tells them."""
    priced_otherwise: tuple[tuple[Bill, Booked], ...] = ()
    """Calls with the bill's counters at a cost that is more than the tolerance away."""
    billed_nanos: int = 0
    booked_nanos: int = 0
    """Dollars of the calls of which the program tells all; the others are in the next two."""
    untold_billed_nanos: int = 0
    untold_booked_nanos: int = 0
    untold: Mapping[str, int] = field(default_factory=dict)
    """By feature, how many calls have something that the program does not report."""

    @property
    def difference(self) -> float:
        """Returns the share by which booked dollars differ from billed ones, of calls of which everything is told."""
        if self.billed_nanos == 0:
            return 0.0 if self.booked_nanos == 0 else 1.0
        return abs(self.booked_nanos - self.billed_nanos) / self.billed_nanos

    @property
    def fails(self) -> bool:
        return bool(not self.sent or self.lost or self.doubled or self.other or self.difference > TOLERANCE)


def judge(
    bills: Sequence[Bill], booked: Sequence[Booked], cannot_tell: Mapping[str, str], *, unbilled: int = 0
) -> Verdict:
    """Pairs each bill with its booking, by equal counters, else by equal output or input, and judges the pairs.

    `unbilled` is the number of calls without usage, such as failed tries and warm-ups: as many may be booked, with nothing.
    """
    empty = [booking for booking in booked if not booking.counters.whole and not booking.nanos][:unbilled]
    named = {booking.event_id for booking in empty}
    booked = [booking for booking in booked if booking.event_id not in named]
    pairs, lost, rest = _paired(bills, booked)
    other, priced, untold = [], [], dict.fromkeys(cannot_tell, 0)
    sums = [0, 0, 0, 0]
    for bill, booking in pairs:
        missing = sorted(bill.features & cannot_tell.keys())
        for feature in missing:
            untold[feature] += 1
        place = 2 if missing else 0
        sums[place] += bill.nanos
        sums[place + 1] += booking.nanos
        if not missing and not _agree(bill, booking):
            other.append((bill, booking))
        elif not missing and abs(bill.nanos - booking.nanos) > bill.nanos * TOLERANCE:
            priced.append((bill, booking))
    return Verdict(
        sent=len(bills),
        booked=len(booked),
        lost=tuple(lost),
        doubled=tuple(rest),
        other=tuple(other),
        priced_otherwise=tuple(priced),
        billed_nanos=sums[0],
        booked_nanos=sums[1],
        untold_billed_nanos=sums[2],
        untold_booked_nanos=sums[3],
        untold={feature: count for feature, count in untold.items() if count},
    )


def judge_sums(bills: Sequence[Bill], booked: Sequence[Booked], cannot_tell: Mapping[str, str]) -> Verdict:
    """Judges a program that tells sums alone: the bookings' counters must add up to the bills', by model.

    Calls that the sums lack are named from the end; a surplus is named by the bookings from the end. Of what a program
    can't tell, only the lifetime of cache writes is known here.
    """
    lost: list[Bill] = []
    doubled: list[Booked] = []
    for model in sorted({bill.model for bill in bills} | {booking.model for booking in booked}):
        own = [bill for bill in bills if bill.model == model]
        as_booked = [booking for booking in booked if booking.model == model]
        missing = sum(bill.counters.output for bill in own) - sum(one.counters.output for one in as_booked)
        for bill in reversed(own):
            if missing <= 0:
                break
            lost.append(bill)
            missing -= bill.counters.output
        for booking in reversed(as_booked):
            if missing >= 0:
                break
            doubled.append(booking)
            missing += booking.counters.output
    hourly = [bill for bill in bills if bill.counters.cache_write_1h] if HOURLY in cannot_tell else []
    told = sum(bill_nanos(bill.model, _as_told(bill.counters)) for bill in hourly)
    return Verdict(
        sent=len(bills),
        booked=len(bills) - len(lost),
        lost=tuple(lost),
        doubled=tuple(doubled),
        billed_nanos=sum(bill.nanos for bill in bills) - sum(bill.nanos for bill in hourly),
        booked_nanos=sum(booking.nanos for booking in booked) - told,
        untold_billed_nanos=sum(bill.nanos for bill in hourly),
        untold_booked_nanos=told,
        untold={HOURLY: len(hourly)} if hourly else {},
    )


def _as_told(counters: Counters) -> Counters:
    """Returns the counters as a program reports them that doesn't tell one-hour writes from five-minute ones."""
    written = counters.cache_write_5m + counters.cache_write_1h
    return replace(counters, cache_write_5m=written, cache_write_1h=0)


def _agree(bill: Bill, booking: Booked) -> bool:
    return bill.counters.paid() == booking.counters.paid() and bill.model == booking.model


def _paired(
    bills: Sequence[Bill], booked: Sequence[Booked]
) -> tuple[list[tuple[Bill, Booked]], list[Bill], list[Booked]]:
    """Pairs by ever weaker likeness. Returns the pairs, the bills without a booking and the bookings without a bill."""
    pairs: list[tuple[Bill, Booked]] = []
    bills, booked = list(bills), list(booked)
    for like in (
        lambda call: (call.model, call.counters.paid()),
        lambda call: call.counters.paid(),
        lambda call: (call.counters.output, call.counters.whole_input),
        lambda call: call.counters.output,
        lambda call: call.counters.whole_input,
        lambda call: call.counters.whole,
    ):
        waiting = {like(booking): booking for booking in reversed(booked)}
        left = []
        for bill in bills:
            found = waiting.pop(like(bill), None)
            if found is None:
                left.append(bill)
            else:
                pairs.append((bill, found))
                booked.remove(found)
        bills = left
    return pairs, bills, booked
