"""Figures as people meet them: a spike that runs, a team that has just begun, and usage without a price."""

from datetime import timedelta

from tests.scenarios.detection.spike_stories import usual
from tests.support.company import Company


async def test_a_running_spike_is_in_the_run_out_beside_the_usual_pace(acme_on_both: Company) -> None:
    acme = acme_on_both
    await usual(acme)
    quiet = (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()
    assert "at the current pace" not in quiet

    await acme.uses(*[acme.event(f"loop-{n}", dollars=20, ago=timedelta(minutes=9 * n)) for n in range(10)])
    racing = (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()

    assert "At the current $" in racing
    assert "an hour it runs out <!date^" in racing
    assert "at the usual pace" in racing


async def test_a_team_that_has_just_begun_has_no_comparison_and_no_verdict(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=30, ago=timedelta(days=2)), acme.event(2, dollars=5))
    words = (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()

    assert "No forecast yet: first usage " in words
    assert "$30.00, no full comparison yet: first usage " in words
    assert "runs out on" not in words
    top = (await acme.anna.runs("/tokens top", channel="CSEARCH")).text_everywhere()
    assert "Search spent $30.00 in the last 7 full days, no full comparison yet: first usage " in top
    assert "new" not in top


async def test_usage_without_a_price_is_never_free(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(*[acme.event(n, cost_usd=None, ago=timedelta(days=n)) for n in range(3)])
    for typed in ("", "top", "budget", "me"):
        words = (await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")).text_everywhere()
        assert "no price yet" in words, typed
        assert "$0.00" not in words.replace("*Held*\n$0.00", ""), typed
    home = (await acme.anna.opens_home()).text_everywhere()
    assert "no price yet" in home
