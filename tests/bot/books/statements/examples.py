"""Statements of Acme's Search in October 2026, made of entries that are easy to read."""

from dataclasses import replace

from bot.books.exports.columns import LEDGER_COLUMNS, csv_rows, header
from bot.books.ledger import Account, Bucket, EntryKind
from bot.books.statements.coverage import Coverage
from bot.books.statements.figures import Seal, Statement, make_statement
from bot.books.statements.lines import PostedEntry, statement_entries
from bot.books.statements.sheets import FIRST, csv_of, sealed_rows, statement_rows
from bot.money import NANOS
from bot.periods import Calendar

PRODUCT, SEARCH, MOBILE = 20, 30, 40
SLUGS = {10: "organisation", 15: "unattributed", PRODUCT: "product", SEARCH: "search", MOBILE: "mobile"}
OCTOBER = Calendar().named("2026-10")
DAY = OCTOBER.first_day
Place = tuple[int, Bucket]
OURS: Place = (SEARCH, "available")


def entry(
    number: int,
    kind: EntryKind,
    source: Place,
    target: Place,
    nanos: int,
    *,
    document: str,
    day: int | None = None,
    period: str = "2026-10",
    source_period: str = "",
) -> PostedEntry:
    """An entry of one period; only `carry_forward` has another one at its source."""
    return PostedEntry(
        id=number,
        kind=kind,
        period=period,
        posted_at=1_790_000_000_000_000 + number,
        effective_at=1_790_000_000_000_000,
        usage_day=day,
        from_account=Account(team_id=source[0], period=source_period or period, bucket=source[1]),
        to_account=Account(team_id=target[0], period=period, bucket=target[1]),
        amount_nanos=nanos,
        currency="USD",
        actor_id=None if day is not None else 7,
        reason="usage of the day" if day is not None else "declared budget",
        document=document,
        reverses_id=None,
    )


def charge(number: int, day: int, nanos: int, *, team: int = SEARCH, period: str = "2026-10") -> PostedEntry:
    return entry(
        number, "charge", (team, "available"), (team, "spent"), nanos, document=f"usage:{day}", day=day, period=period
    )


ENTRIES = (
    entry(1, "carry_forward", OURS, OURS, 50 * NANOS, document="close:30:2026-09", source_period="2026-09"),
    entry(2, "allocation", (PRODUCT, "available"), (SEARCH, "available"), 1_000 * NANOS, document=f"budget:{SEARCH}:2026-10"),
    entry(3, "allocation", (PRODUCT, "available"), (SEARCH, "available"), 200 * NANOS, document="request:4"),
    entry(4, "hold", (SEARCH, "available"), (SEARCH, "held"), 100 * NANOS, document="hold:1"),
    entry(5, "release", (SEARCH, "held"), (SEARCH, "available"), 60 * NANOS, document="hold:1"),
    charge(6, DAY + 1, 300 * NANOS + 1),
    charge(7, DAY + 2, 90 * NANOS),
    entry(8, "correction", (SEARCH, "spent"), (SEARCH, "available"), 10 * NANOS, document=f"usage:{DAY + 2}", day=DAY + 2),
    charge(9, DAY - 1, 25 * NANOS),
    entry(10, "transfer", (SEARCH, "available"), (MOBILE, "available"), 75 * NANOS, document="transfer:1"),
    entry(11, "transfer", (MOBILE, "available"), (SEARCH, "available"), 5 * NANOS, document="transfer:2"),
    entry(12, "credit", (SEARCH, "spent"), (SEARCH, "available"), 12 * NANOS, document="credit:1"),
    charge(13, DAY + 2, 7 * NANOS, team=MOBILE),
    entry(14, "lapse", (SEARCH, "available"), (PRODUCT, "available"), 500 * NANOS, document=f"close:{SEARCH}:2026-10"),
    entry(15, "carry_forward", OURS, OURS, 200 * NANOS, document="close:30:2026-10", period="2026-11", source_period="2026-10"),
    entry(16, "spread", (15, "spread"), (SEARCH, "shared"), 3 * NANOS, document="spread:2026-10:1"),
)  # fmt: skip
TOOLS = {"Claude Code": 300 * NANOS + 1, "Cursor": 80 * NANOS}


def made(
    entries: tuple[PostedEntry, ...] = ENTRIES,
    *,
    team: int = SEARCH,
    name: str = "Search",
    period: str = "2026-10",
    state: Seal = "sealed",
    unposted: dict[int, int] | None = None,
    tools: dict[str, int] | None = None,
    coverage: Coverage | None = None,
) -> Statement:
    named = Calendar().named(period)
    return make_statement(
        team_id=team,
        slug=SLUGS[team],
        name=name,
        cost_center="CC-100",
        currency="USD",
        period=named,
        state=state,
        entries=statement_entries(entries, team_id=team, period=named),
        unposted=unposted or {},
        tools=TOOLS if tools is None else tools,
        coverage=coverage or Coverage(usage_nanos=380 * NANOS + 1, company_nanos=400 * NANOS),
        made_at=1_793_600_000_000_000,
    )


def sealed(statement: Statement, *, previous: str = FIRST, number: int = 1) -> str:
    """The CSV of a sealed statement."""
    rows = statement_rows(replace(statement, previous=previous, number=number), slugs=SLUGS)
    return csv_of(sealed_rows(rows, previous=previous)[0])


def ledger(entries: tuple[PostedEntry, ...] = ENTRIES) -> str:
    """The export of entries, as `tokens export ledger` writes it."""
    rows = [
        (
            *(e.id, e.period, e.posted_at, e.effective_at, e.kind),
            *(f"{SLUGS[a.team_id]}:{a.bucket}" for a in (e.from_account, e.to_account)),
            *(e.amount_nanos, e.currency, "" if e.actor_id is None else f"person:{e.actor_id}"),
            *(e.reason, e.document, e.reverses_id),
        )
        for e in entries
    ]
    return header(LEDGER_COLUMNS) + csv_rows(LEDGER_COLUMNS, rows)
