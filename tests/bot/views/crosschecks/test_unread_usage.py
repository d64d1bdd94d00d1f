"""The notice about usage that no rule books, and its line on Home."""

from syrupy.assertion import SnapshotAssertion

from bot.crosschecks.producers import ProducerKey, UnreadView
from bot.views.crosschecks.unread_usage import unread_lines, unread_message
from bot.views.reporting.home.company import company_blocks
from tests.bot.views.company_examples import company
from tests.bot.views.examples import HOSTILE
from tests.bot.views.surfaces import posted

KEY = ProducerKey("strands.telemetry.tracer", "1.62.0", "checkout", "unknown", "no rule books this metric")
VIEW = UnreadView(source="services", key=KEY, rows=1_204, last_at=0)


def test_usage_that_no_rule_reads(snapshot: SnapshotAssertion) -> None:
    shown = posted(unread_message([VIEW]))

    assert "strands.telemetry.tracer 1.62.0 in checkout: 1,204 rows" in shown["text"]
    assert "`tokens quarantine retry --source services`" in shown["text"]
    assert shown == snapshot


def test_many_hostile_producers_fit() -> None:
    key = ProducerKey(HOSTILE, HOSTILE, HOSTILE, "unknown", HOSTILE)
    views = tuple(UnreadView(source=HOSTILE, key=key._replace(version=str(n)), rows=n, last_at=0) for n in range(60))
    text = posted(unread_message(views))["text"]
    blocks = company_blocks(company(unread=views))

    assert "and 55 more producers or reasons" in text
    (attention,) = [block for block in blocks if block["block_id"] == "company-attention"]
    assert "gets usage that is not booked" in attention["text"]["text"]


def test_homes_line_names_the_largest_and_counts_the_others() -> None:
    other = UnreadView(source="services", key=KEY._replace(name="acme"), rows=3, last_at=0)

    (line,) = unread_lines([VIEW, other])

    assert line == (
        "services gets usage that is not booked: 1,204 rows of strands.telemetry.tracer 1.62.0 in checkout, and 1 more "
        "producer. `tokens sources` says why."
    )
    assert unread_lines([]) == []
