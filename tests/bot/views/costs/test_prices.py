"""Unpriced models: the notice to admins, their Home, the form, and the result."""

from syrupy.assertion import SnapshotAssertion

from bot.costs.prices import SetPrice
from bot.views.costs.prices import price_form, repriced_message, unpriced_message
from bot.views.reporting.home.company import company_blocks
from tests.bot.views.company_examples import company, disagreement, prices, repricing, unpriced
from tests.bot.views.examples import HOSTILE
from tests.bot.views.surfaces import all_text, buttons, elements, obeys, posted

SET = SetPrice(
    provider="acme",
    model="metacode-9",
    from_day=unpriced().first_day,
    input_pico=400_000,
    output_pico=1_600_000,
    cache_read_pico=None,
    cache_write_pico=None,
    set_by=3,
    set_at=0,
)


def test_admins_are_notified_of_unpriced_models(snapshot: SnapshotAssertion) -> None:
    message = unpriced_message(prices().unpriced, priced={})
    shown = posted(message)
    obeys(shown)

    assert buttons(shown) == ["Set price", "Set price"]
    assert message.text == (
        "2 models without a price: metacode-9 of acme, &lt;!channel&gt;. Their use counts as $0 until you set one."
    )
    assert shown == snapshot


def test_a_priced_model_loses_its_button_and_names_who_set_the_price(snapshot: SnapshotAssertion) -> None:
    message = unpriced_message(prices().unpriced, priced={("acme", "metacode-9"): (SET, "<@UDAN>")})
    shown = posted(message)
    obeys(shown)

    assert buttons(shown) == ["Set price"]
    assert "<@UDAN> set $0.40 for input and $1.60 for output" in all_text(shown)
    assert shown == snapshot


def test_forty_hostile_models_fit(snapshot: SnapshotAssertion) -> None:
    many = tuple(unpriced(n, provider=HOSTILE, model=HOSTILE) for n in range(40))
    message = unpriced_message(many, priced={})
    shown = posted(message)
    obeys(shown)

    assert len(buttons(shown)) == 5
    assert "And 35 more models" in all_text(shown)
    assert shown == snapshot


def test_home_lists_models_to_price_and_what_is_priced_again(snapshot: SnapshotAssertion) -> None:
    running = repricing()
    done = repricing(id=4, done_at=1, calls=1_204, difference_nanos=12_340_000_000)
    nothing = repricing(id=3, done_at=1)
    shown = company(prices=prices(repricings=(running, done, nothing), disagreements=(disagreement(),)))
    blocks = company_blocks(shown)

    assert [e["value"] for e in elements({"blocks": blocks}) if e["action_id"] == "set_price"] == ["1", "2"]
    words = all_text({"blocks": blocks})
    assert "metacode-9 of acme is being priced again" in words
    assert "1,204 calls" in words
    assert "+$12.34" in words
    assert "differ by +$20.00 in the last 7 days, most for gpt-4o of openai: $120.00 here, $100.00 there" in words
    assert blocks == snapshot


def test_a_company_whose_models_all_have_prices_sees_none_of_that() -> None:
    blocks = company_blocks(company(prices=prices(unpriced=())))

    assert buttons({"blocks": blocks}) == []
    assert "price" not in all_text({"blocks": blocks}).replace("unpriced tokens excluded", "")


def test_the_form_to_set_a_price(snapshot: SnapshotAssertion) -> None:
    form = price_form(unpriced(model=HOSTILE), metadata="1", from_day=unpriced().first_day)
    obeys(form)

    assert form == snapshot


def test_the_result_of_repricing_is_one_line(snapshot: SnapshotAssertion) -> None:
    done = repricing(done_at=1, calls=1_204, difference_nanos=12_340_000_000)

    assert repriced_message(done).text == snapshot
