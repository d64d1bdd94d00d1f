"""Rows with usage that are not booked, as parsers report them."""

from bot.unread import MAX_UNREAD, MAX_UNREAD_KEPT, OTHERS, Unread, producer
from bot.usage import Parsed, UnusableRow

STRANDS = producer("strands.telemetry.tracer", "1.62.0", "checkout")


def quarantined(index: int, reason: str) -> UnusableRow:
    return UnusableRow(index=index, reason=reason, kept=b"{}", key=index.to_bytes(16))


def test_rows_of_a_producer_and_reason_are_counted_together_and_kept_for_a_retry() -> None:
    parsed = Parsed(rows=0, events=[], unusable=[])

    for index in range(3):
        parsed.leave_unread(index, STRANDS, "unknown", "no rule", quarantined)
    parsed.leave_unread(3, STRANDS, "repeat", "it sums its calls", quarantined)

    assert parsed.ignored == 4
    found = parsed.unread[Unread(STRANDS, "unknown", "no rule")]
    assert (found.rows, [row.index for row in found.kept]) == (3, [0, 1, 2])
    assert parsed.unread[Unread(STRANDS, "repeat", "it sums its calls")].kept == []


def test_a_flood_of_producers_counts_as_one_and_keeps_a_bounded_number_of_rows() -> None:
    parsed = Parsed(rows=0, events=[], unusable=[])

    for index in range(2_000):
        parsed.leave_unread(index, producer(f"made-up-{index}"), "unknown", "no rule", quarantined)

    assert len(parsed.unread) == MAX_UNREAD + 1
    (rest,) = [rows for unread, rows in parsed.unread.items() if unread.producer is OTHERS]
    assert (rest.rows, len(rest.kept)) == (2_000 - MAX_UNREAD, MAX_UNREAD_KEPT)
    assert sum(rows.rows for rows in parsed.unread.values()) == 2_000


def test_a_producers_texts_are_short_and_printable() -> None:
    found = producer("a\x00b\n" + "c" * 500, "9" * 90, "\ud800shop")

    assert (found.name[:3], len(found.name), len(found.version), found.service) == ("abc", 98, 40, "shop")
    assert producer("").name == "unnamed"
