"""Home: each person's content and actions."""

from pathlib import Path

from tests.support.company import TEAMS_YML, Company, company
from tests.support.people import Person


async def asks(acme: Company, person: Person, amount: str, reason: str = "eval run") -> None:
    form = (await person.runs(f"/tokens request {amount} {reason}", channel="CSEARCH")).modal
    assert form is not None
    submitted = await person.submits(form)
    assert submitted.closed, submitted.errors
    await acme.settles()


async def test_anna_finds_her_use_her_team_and_her_requests(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=3.25), acme.event(2, dollars=40, user="emi@acme.test"))
    await asks(acme, acme.anna, "500")
    home = await acme.anna.opens_home()
    words = home.text_everywhere()

    assert "You used $3.25 this month" in words
    assert "Search has $957 left of $1,000" in words
    assert "$500.00 for Search" in words
    assert "waits for a decision" in words
    assert {"Request budget", "Change", "Withdraw"} <= set(home.buttons())
    for not_hers in ("Company", "Mobile", "Waiting for my decision", "$40.00"):
        assert not_hers not in words


async def test_anna_withdraws_from_home_and_it_is_brought_up_to_date(acme: Company) -> None:
    await asks(acme, acme.anna, "500")
    home = await acme.anna.opens_home()
    after = (await acme.anna.clicks("Withdraw", home)).home
    await acme.settles()

    assert after is not None
    assert "Withdraw" not in after.buttons()
    assert "withdrawn" in after.text_everywhere()
    await acme.ben.sees("*Withdrawn*", channel="CSEARCH")


async def test_anna_changes_a_request_from_home(acme: Company) -> None:
    await asks(acme, acme.anna, "500")
    form = (await acme.anna.clicks("Change", await acme.anna.opens_home())).modal
    assert form is not None
    assert (await acme.anna.submits(form, amount="750")).closed
    await acme.settles()

    assert "$750.00 for Search" in (await acme.anna.opens_home()).text_everywhere()
    await acme.ben.sees("asks for $750.00", channel="CSEARCH")


async def test_ben_approves_from_home_and_the_card_in_the_channel_changes(acme_on_both: Company) -> None:
    acme = acme_on_both
    await asks(acme, acme.anna, "500")
    home = await acme.ben.opens_home()
    assert "1 request is waiting for you" in home.text_everywhere()
    assert "<@UANNA> asks for *$500.00 for Search*" in home.text_everywhere()

    after = (await acme.ben.clicks("Approve", home)).home
    await acme.settles()

    assert after is not None
    assert "Approve" not in after.buttons()
    assert "asks for" not in after.text_everywhere()
    card = await acme.anna.sees("Approved by <@UBEN>", channel="CSEARCH")
    assert card.buttons() == []
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["allocated_usd"] == "1500.000000000"


async def test_ben_denies_from_home_and_only_the_askers_home_has_the_reason(acme: Company) -> None:
    await asks(acme, acme.anna, "500")
    form = (await acme.ben.clicks("Deny", await acme.ben.opens_home())).modal
    assert form is not None
    denied = await acme.ben.submits(form, reason="Wait for <the> release")
    assert denied.closed
    assert denied.home is not None
    assert "Deny" not in denied.home.buttons()
    await acme.settles()

    assert "Wait for &lt;the&gt; release" in (await acme.anna.opens_home()).text_everywhere()
    for other in (acme.ben, acme.emi, acme.chloe):
        assert "Wait for" not in (await other.opens_home()).text_everywhere()


async def test_a_pending_request_is_on_its_deciders_home_only(acme: Company) -> None:
    await asks(acme, acme.ben, "500")

    for person in (acme.ben, acme.mia, acme.dan, acme.emi):
        assert "Approve" not in (await person.opens_home()).buttons()
    assert "Approve" in (await acme.chloe.opens_home()).buttons()


async def test_finance_sees_the_company_and_what_needs_attention(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(
        acme.event(1, dollars=300),
        acme.event(2, dollars=50, team="mobile", user="mia@acme.test"),
        acme.event(3, dollars=7, team=None, user=None),
        acme.event(4, model="<!here>", cost_usd=None),
        acme.event(5, output_tokens=-1),
    )
    words = (await acme.chloe.opens_home()).text_everywhere()

    assert "Spent $357.00 in " in words
    assert "*Unallocated*\n$9,493.00" in words
    assert "1 row is in quarantine." in words
    assert "  Search" in words
    bars = [line.split() for line in words.splitlines() if "░" in line]
    assert [line[0] for line in bars] == ["Product", "Search", "Mobile"]
    assert bars[1][2:] == ["30%", "$300", "of", "$1,000"]
    assert bars[2][2:] == ["10%", "$50.00", "of", "$500"]
    assert "$7.00 is unattributed" in words
    assert "1 call of 1 model without a price" in words
    assert "*&lt;!here&gt;*" in words
    assert "1 row in quarantine" in words
    assert "<!here>" not in words
    assert "Company" in (await acme.dan.opens_home()).text_everywhere()


async def test_a_calm_company_needs_no_attention(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=3))

    assert "Nothing needs attention." in (await acme.chloe.opens_home()).text_everywhere()


async def test_in_preview_home_shows_ones_own_use_and_no_teams(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=3.25), acme.event(2, dollars=40, user="emi@acme.test"))
        for person, own in ((acme.anna, "$3.25"), (acme.ben, "Nothing is recorded for you")):
            home = await person.opens_home()
            assert "Tokens is in preview" in home.text_everywhere()
            assert own in home.text_everywhere()
            assert "$43" not in home.text_everywhere()
            assert "Request budget" not in home.buttons()
        assert "$43.25" in (await acme.chloe.opens_home()).text_everywhere()
