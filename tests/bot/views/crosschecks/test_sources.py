"""Notices about sources: overlaps, and observed usage that is not booked."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.views.crosschecks.sources import cross_check_message, overlap_message
from bot.views.reporting.home.company import company_blocks
from tests.bot.views.company_examples import CROSS_CHECK, OVERLAP, company
from tests.bot.views.examples import HOSTILE
from tests.bot.views.surfaces import posted


def test_two_sources_that_seem_to_report_the_same_calls(snapshot: SnapshotAssertion) -> None:
    shown = posted(overlap_message(OVERLAP))

    assert "812 of 1,020 calls have a twin" in shown["text"]
    assert "`tokens keys set sdk-checkout --role observe`" in shown["text"]
    assert shown == snapshot


def test_usage_that_was_seen_and_not_booked(snapshot: SnapshotAssertion) -> None:
    shown = posted(cross_check_message([CROSS_CHECK, replace(CROSS_CHECK, model=HOSTILE, source=HOSTILE)]))

    assert "908 of 4,810 calls and 12.4M of 61.2M tokens are missing" in shown["text"]
    assert shown == snapshot


def test_many_hostile_models_and_sources_fit() -> None:
    many = [replace(CROSS_CHECK, model=f"{n} {HOSTILE}", source=HOSTILE) for n in range(60)]
    posted(cross_check_message(many))
    hostile = replace(OVERLAP, smaller=HOSTILE, larger=HOSTILE)
    posted(overlap_message(hostile))
    blocks = company_blocks(company(cross_checks=tuple(many), overlaps=(hostile,) * 9))

    (attention,) = [block for block in blocks if block["block_id"] == "company-attention"]
    assert "and of 59 other models or days" in attention["text"]["text"]
    assert "So do 8 more pairs." in attention["text"]["text"]


def test_a_healthy_company_has_no_source_lines() -> None:
    blocks = company_blocks(company(quarantined=(), cross_checks=(), overlaps=(), not_kept=0))
    (attention,) = [block for block in blocks if block["block_id"] == "company-attention"]

    assert "quarantine" not in attention["text"]["text"]
    assert "booked" not in attention["text"]["text"]
