"""Commands and form fields that were pasted: no space of another kind changes what they do."""

import pytest

from tests.support.company import Company
from tests.support.seen import View

NO_BREAK, THIN, UNSEEN, LINE_END = "\N{NO-BREAK SPACE}", "\N{THIN SPACE}", "\N{ZERO WIDTH SPACE}", "\n"


def prefilled(form: View) -> dict[str, str]:
    return {
        element["action_id"]: element.get("initial_value", "")
        for block, element in form.elements()
        if block["block_id"] in ("amount", "reason")
    }


@pytest.mark.parametrize("space", [NO_BREAK, THIN, UNSEEN, LINE_END])
async def test_every_command_is_known_with_any_space(acme: Company, space: str) -> None:
    for typed in (f"request{space}400 evals", f"request 400{space}evals", f"{space}request{space}400{space}evals"):
        form = (await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")).modal
        assert form is not None, typed
        assert prefilled(form) == {"amount": "400", "reason": "evals"}
        await acme.anna.closes(form)
    assert "30 days" in (await acme.anna.runs(f"/tokens top{space}models{space}30d", channel="CSEARCH")).text
    use = await acme.anna.runs(f"/tokens {space}me", channel="CSEARCH")
    assert use.text == (await acme.anna.runs("/tokens me", channel="CSEARCH")).text
    settings = (await acme.ben.runs(f"/tokens settings{space}search", channel="CGENERAL")).modal
    assert settings is not None
    assert "Search" in settings.text_everywhere()
    await acme.anna.runs(f"/tokens expect{space}launch{space}2{space}days", channel="CSEARCH")
    await acme.settles()
    await acme.anna.sees("launch", channel="CSEARCH")


async def test_form_fields_are_read_with_any_space(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request", channel="CSEARCH")).modal
    assert form is not None
    unsaid = await acme.anna.submits(form, amount=f"{NO_BREAK}400{UNSEEN}", reason=f"{UNSEEN}{NO_BREAK}")
    assert list(unsaid.errors) == ["reason"]
    assert (await acme.anna.submits(form, reason=f"evals{NO_BREAK}again")).closed
    settings = (await acme.ben.runs("/tokens settings search", channel="CSEARCH")).modal
    assert settings is not None
    assert (await acme.ben.submits(settings, thresholds=f"50{UNSEEN}75{NO_BREAK}100")).closed
    await acme.settles()

    card = await acme.ben.sees("asks for $400.00", channel="CSEARCH")
    assert "evals again" in card.text_everywhere()
    search = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert search is not None
    assert search.alerts.thresholds == (50, 75, 100)
