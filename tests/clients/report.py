"""The verdicts as a table, for a terminal and for docs/connect/README.md."""

from collections.abc import Sequence
from pathlib import Path

from tests.clients.bills import Bill
from tests.clients.booked import Booked, Books
from tests.clients.judge import Verdict, judge, judge_sums
from tests.clients.stage import Performance

BEGIN, END = "<!-- clients: begin -->", "<!-- clients: end -->"
_EXAMPLES = 4

Judged = tuple[Performance, Verdict]


def judged(performances: Sequence[Performance], books: Books) -> list[Judged]:
    """Judges every program by the booked calls of its source."""
    return [(done, _judged(done, books.calls.get(done.program.slug, []))) for done in performances]


def _judged(done: Performance, booked: Sequence[Booked]) -> Verdict:
    if done.program.tells_sums:
        return judge_sums(done.bills, booked, done.program.cannot_tell)
    unbilled = done.calls.refused + done.calls.warm_ups
    return judge(done.bills, booked, done.program.cannot_tell, unbilled=unbilled)


def is_clean(found: Sequence[Judged], books: Books) -> bool:
    """Whether nothing is lost, doubled, other or in quarantine, and `tokens check` finds nothing."""
    return not (
        books.faults or any(verdict.fails or done.fault for done, verdict in found) or any(books.quarantined.values())
    )


def table(found: Sequence[Judged]) -> list[str]:
    """Returns the lines of the table, in Markdown, with a line of sums."""
    lines = [
        "| program | version | calls | refused first | booked | lost | doubled | other figures | billed | booked | untold |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for done, verdict in found:
        name = f"[{done.program.name}]({done.program.page})"
        lines.append(_line(name, done.version, done.calls.refused, verdict, _untold(verdict)))
    total = _sum([verdict for _, verdict in found])
    refused = sum(done.calls.refused for done, _ in found)
    return [*lines, _line("**all**", "", refused, total, "")]


def _line(name: str, version: str, refused: int, verdict: Verdict, untold: str) -> str:
    cells = (
        *(name, version, f"{verdict.sent:,}", f"{refused:,}", f"{verdict.booked:,}"),
        *(_bold(len(verdict.lost)), _bold(len(verdict.doubled)), _bold(len(verdict.other))),
        *(_dollars(verdict.billed_nanos), _dollars(verdict.booked_nanos), untold),
    )
    return f"| {' | '.join(cells)} |"


def _untold(verdict: Verdict) -> str:
    if not verdict.untold:
        return ""
    names = ", ".join(f"{feature} ({count})" for feature, count in verdict.untold.items())
    return f"{names}: {_dollars(verdict.untold_billed_nanos)} billed, {_dollars(verdict.untold_booked_nanos)} booked"


def _sum(verdicts: Sequence[Verdict]) -> Verdict:
    return Verdict(
        sent=sum(one.sent for one in verdicts),
        booked=sum(one.booked for one in verdicts),
        lost=tuple(bill for one in verdicts for bill in one.lost),
        doubled=tuple(booking for one in verdicts for booking in one.doubled),
        other=tuple(pair for one in verdicts for pair in one.other),
        billed_nanos=sum(one.billed_nanos for one in verdicts),
        booked_nanos=sum(one.booked_nanos for one in verdicts),
    )


def details(found: Sequence[Judged], books: Books) -> list[str]:
    """Returns examples of everything that is wrong."""
    lines: list[str] = []
    for done, verdict in found:
        name = done.program.name
        lines += [f"{name}: {done.fault}"] if done.fault else []
        lines += [f"{name}: lost {_billed(bill)}" for bill in verdict.lost[:_EXAMPLES]]
        lines += [f"{name}: doubled or unknown {_booked(booking)}" for booking in verdict.doubled[:_EXAMPLES]]
        for what, pairs in (("other figures", verdict.other), ("other price", verdict.priced_otherwise)):
            lines += [f"{name}: {what}: {_billed(bill)} booked as {_booked(as_)}" for bill, as_ in pairs[:_EXAMPLES]]
        if verdict.difference > 0:
            lines.append(f"{name}: dollars differ by {verdict.difference:.3%}")
        reasons = books.quarantined.get(done.program.slug, [])
        lines += [f"{name}: in quarantine: {reason}" for reason in reasons[:_EXAMPLES]]
        lines += [f"{name}: the stand-in answered 404 or 400 to {path}" for path in sorted(set(done.calls.unknown))]
    return [*lines, *(f"tokens check: {fault}" for fault in books.faults)]


def write_page(page: Path, lines: Sequence[str]) -> None:
    """Writes lines between the marks of a page."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")


def _billed(bill: Bill) -> str:
    named = ", ".join(sorted(bill.features))
    return f"call {bill.number} of {bill.model} {bill.counters.paid()} ${bill.nanos / 1e9:.6f} ({named})"


def _booked(booking: Booked) -> str:
    return f"{booking.model} {booking.counters.paid()} ${booking.nanos / 1e9:.6f} by {booking.basis} {booking.tier}"


def _bold(count: int) -> str:
    return f"**{count}**" if count else "0"


def _dollars(nanos: int) -> str:
    return f"${nanos / 1e9:,.4f}"
