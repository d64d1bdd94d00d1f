"""The judge of `make clients`: what it calls lost, doubled, other and untold."""

from dataclasses import replace
from datetime import UTC, datetime

from genai_prices import Usage, calc_price

from tests.clients.apis.calls import Asked, Calls
from tests.clients.bills import IN_HOUSE, RATES, Bill, Counters, bill_nanos
from tests.clients.booked import Booked
from tests.clients.judge import judge, judge_sums

DAY = datetime(2026, 11, 30, tzinfo=UTC)
ASKED = Asked(model="claude-opus-5-5", stream=True)


def answered(count: int, *, geographies: bool = False) -> list[Bill]:
    """The bills of some calls, of which none is refused."""
    calls = Calls(geographies=geographies)
    return [calls.answer(ASKED) for _ in range(count)]


def booking(bill: Bill) -> Booked:
    """A booking as it should be."""
    return Booked(
        event_id=str(bill.number),
        tool="",
        model=bill.model,
        basis="book",
        tier="",
        counters=bill.counters,
        nanos=bill.nanos,
    )


def test_calls_booked_as_billed_pass_in_any_order() -> None:
    bills = answered(40)

    verdict = judge(bills, [booking(bill) for bill in reversed(bills)], {})

    assert not verdict.fails
    assert (verdict.sent, verdict.booked, verdict.difference) == (40, 40, 0.0)


def test_a_call_without_a_booking_is_lost() -> None:
    bills = answered(12)

    verdict = judge(bills, [booking(bill) for bill in bills if bill.number != 7], {})

    assert verdict.fails
    assert [bill.number for bill in verdict.lost] == [7]


def test_a_second_booking_of_one_call_is_doubled() -> None:
    bills = answered(12)
    twice = replace(booking(bills[4]), event_id="again")

    verdict = judge(bills, [*(booking(bill) for bill in bills), twice], {})

    assert verdict.fails
    assert [call.counters.output for call in verdict.doubled] == [bills[4].counters.output]


def test_wrong_counters_are_other_figures_and_neither_lost_nor_doubled() -> None:
    bills = answered(12)
    wrong = [booking(bill) for bill in bills]
    counts = bills[6].counters
    merged = replace(counts, cache_write_5m=counts.cache_write_5m + counts.cache_write_1h, cache_write_1h=0)
    wrong[6] = replace(wrong[6], counters=merged)

    verdict = judge(bills, wrong, {})

    assert verdict.fails
    assert [bill.number for bill, _ in verdict.other] == [7]
    assert not verdict.lost
    assert not verdict.doubled


def test_dollars_beyond_a_thousandth_fail_although_all_counters_agree() -> None:
    bills = answered(12)

    within = judge(bills, [replace(booking(bill), nanos=bill.nanos * 10_009 // 10_000) for bill in bills], {})
    beyond = judge(bills, [replace(booking(bill), nanos=bill.nanos * 10_011 // 10_000) for bill in bills], {})

    assert not within.fails
    assert beyond.fails
    assert len(beyond.priced_otherwise) == len(bills)


def test_what_a_program_cannot_tell_is_counted_apart_but_never_excuses_a_lost_call() -> None:
    bills = answered(12, geographies=True)
    wrong = [booking(bill) for bill in bills]
    wrong[4] = replace(wrong[4], nanos=1)

    verdict = judge(bills, wrong, {"geography": "it is not reported"})
    without = judge(bills, wrong[:4] + wrong[5:], {"geography": "it is not reported"})

    assert not verdict.fails
    assert verdict.untold == {"geography": 1}
    assert verdict.untold_booked_nanos == 1
    assert without.fails


def test_nothing_sent_is_no_success() -> None:
    assert judge([], [], {}).fails


def test_the_stand_ins_bill_as_the_public_prices_say() -> None:
    counters = Counters(uncached_input=1_000, cache_read=20_000, cache_write_5m=300, cache_write_1h=0, output=500)
    usage = Usage(
        input_tokens=counters.whole_input,
        cache_read_tokens=counters.cache_read,
        cache_write_tokens=counters.cache_write_5m,
        output_tokens=counters.output,
    )

    for model in RATES:
        # Gemini's caches are written without a price of their own, and no list has the company's own model.
        if not model.startswith("gemini") and model != IN_HOUSE:
            assert bill_nanos(model, counters) == round(
                calc_price(usage, model, genai_request_timestamp=DAY).total_price * 10**9
            )


def test_an_hour_a_search_and_a_geography_cost_more() -> None:
    plain = bill_nanos("claude-opus-5-5", Counters(uncached_input=100, cache_write_1h=10))

    assert plain == 100 * 4_000 + 10 * 8_000
    assert bill_nanos(IN_HOUSE, Counters(uncached_input=100, output=10)) == 100 * 400 + 10 * 1_600
    assert bill_nanos("claude-opus-5-5", Counters(uncached_input=100), searches=2) == 100 * 4_000 + 20_000_000
    assert bill_nanos("claude-opus-5-5", Counters(uncached_input=100), conditions=("us",)) == 440_000


def test_every_call_has_an_output_of_its_own_and_every_ninth_is_refused_once() -> None:
    calls = Calls()
    refusals = []
    for _ in range(30):
        if (status := calls.refusal()) is not None:
            refusals.append((len(calls.bills) + 1, status))
            assert calls.refusal() is None
        calls.answer(ASKED)

    assert len({bill.counters.output for bill in calls.bills}) == 30
    assert refusals == [(4, 503), (13, 429), (22, 529)]
    assert "retry" in calls.bills[3].features


def test_failed_tries_and_warm_ups_may_be_booked_with_nothing_but_no_more_of_them_than_there_were() -> None:
    bills = answered(3)
    nothing = replace(booking(bills[0]), counters=Counters(uncached_input=0), nanos=0)
    booked = [booking(bill) for bill in bills]
    tries = [replace(nothing, event_id=f"try-{n}") for n in range(2)]

    assert not judge(bills, [*booked, *tries], {}, unbilled=2).fails
    assert len(judge(bills, [*booked, *tries], {}, unbilled=1).doubled) == 1


def test_sums_pass_if_they_add_up_and_name_what_they_lack_or_have_too_much() -> None:
    bills = answered(6)
    counts = [bill.counters for bill in bills]
    whole = replace(
        booking(bills[0]),
        counters=Counters(
            uncached_input=sum(one.uncached_input for one in counts), output=sum(one.output for one in counts)
        ),
        nanos=sum(bill.nanos for bill in bills),
    )
    short = replace(
        whole,
        counters=replace(whole.counters, output=whole.counters.output - counts[-1].output),
        nanos=whole.nanos - bills[-1].nanos,
    )

    assert not judge_sums(bills, [whole], {}).fails
    assert [bill.number for bill in judge_sums(bills, [short], {}).lost] == [6]
    assert len(judge_sums(bills, [whole, whole], {}).doubled) == 1
    assert len(judge_sums(bills, [], {}).lost) == 6


def test_sums_without_the_lifetime_of_writes_are_priced_as_five_minute_ones_apart() -> None:
    bills = answered(6)
    hourly = bills[1]
    assert hourly.counters.cache_write_1h
    as_told = [booking(bill) for bill in bills]
    as_told[1] = replace(as_told[1], nanos=hourly.nanos - hourly.counters.cache_write_1h * 3_000)

    verdict = judge_sums(bills, as_told, {"1 h writes": "all writes are one number"})

    assert not verdict.fails
    assert verdict.difference == 0
    assert (verdict.untold, verdict.untold_billed_nanos) == ({"1 h writes": 1}, hourly.nanos)
    assert verdict.untold_booked_nanos == as_told[1].nanos
    assert judge_sums(bills, as_told, {}).fails
