"""Announcements that are unclear open the form, for those who may announce."""

from tests.support.company import Company


async def test_an_unclear_announcement_opens_the_form_filled_in_with_what_was_understood(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens expect launch until someday up to $500", channel="CSEARCH")).modal
    assert form is not None
    assert "Until when?" in form.text_everywhere()
    assert form.find("what")[1]["initial_value"] == "launch"
    assert form.find("limit")[1]["initial_value"] == "$500"

    refused = await acme.anna.submits(form, last_day="2020-01-01")
    assert "before the first" in str(refused.raw)
    await acme.anna.submits(form, last_day=form.find("first_day")[1]["initial_date"])
    await acme.settles()
    said = await acme.ben.sees("announced more spend of Search than usual: “launch”", channel="CSEARCH")
    assert "up to $500" in said.text


async def test_who_may_not_announce_gets_no_form(acme: Company) -> None:
    reply = await acme.mia.runs("/tokens expect launch until someday", channel="CSEARCH")

    assert reply.modal is None
    assert "You are not in Search" in reply.text
