"""An unattributed key: Dan, an admin, claims it for a team, and its past usage moves there."""

from datetime import timedelta
from pathlib import Path

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.intake.reattributions import move_usage
from handlers.org.teams import import_teams
from tests.support.company import TEAMS_YML, Company, company
from tests.support.seen import View


async def uses_a_key(acme: Company, *, dollars: float = 30, credential: str = "ci-7") -> None:
    """Sends three calls of a key without a team: today, yesterday, and ten days ago."""
    for days in (0, 1, 10):
        event = acme.event(
            f"{credential}-{days}",
            dollars=dollars,
            ago=timedelta(days=days, minutes=1),
            team=None,
            user=None,
            credential=credential,
        )
        assert (await acme.uses(event))["accepted"] == 1


async def claim_form(acme: Company, *, credential: str = "ci-7") -> View:
    home = await acme.dan.opens_home()
    assert credential in home.text_everywhere()
    form = (await acme.dan.clicks("Claim", home)).modal
    assert form is not None
    return form


async def spent_of(acme: Company, slug: str) -> str:
    status, answer = await acme.gets(f"/v1/teams/{slug}/allowance")
    assert status == 200
    return str(answer["spent_usd"])


async def test_dan_claims_a_key_and_what_it_used_goes_to_its_team(acme_on_both: Company) -> None:
    acme = acme_on_both
    await uses_a_key(acme)
    form = await claim_form(acme)
    assert form.title == "Claim a key"
    assert "$90.00, 3 calls" in form.text_everywhere()
    since = acme.clock.now().date() - timedelta(days=5)
    submitted = await acme.dan.submits(form, team="Mobile", since=str(since))
    assert submitted.closed, submitted.errors

    moving = await acme.dan.opens_home()
    assert "It counts for Mobile now; this use is being moved there." in moving.text_everywhere()
    assert "Claim" not in moving.buttons()
    await acme.uses(acme.event("new", dollars=7, team=None, user=None, credential="CI-7"))
    assert await spent_of(acme, "mobile") == "7.000000000"  # the rest is moved by the worker, not while Slack waits
    await move_usage(acme.context)
    await acme.settles()

    assert await spent_of(acme, "mobile") == "67.000000000"
    await acme.mia.sees("Use of the key ci-7 since", channel="CMOBILE")
    said = await acme.mia.sees("counts for Mobile now: 2 calls, $60.00", channel="CMOBILE")
    assert "it is no new spend" in said.text
    after = (await acme.dan.opens_home()).text_everywhere()
    assert "*ci-7*\n$30.00, 1 call" in after
    assert "It counts for Mobile now; this use is from before." in after


async def test_dans_home_is_brought_up_to_date_when_the_usage_has_moved(acme: Company) -> None:
    await uses_a_key(acme)
    form = await claim_form(acme)
    since = acme.clock.now().date() - timedelta(days=30)
    assert (await acme.dan.submits(form, team="Mobile", since=str(since))).closed
    await move_usage(acme.context)
    await acme.settles()

    state = await acme.sandbox.state("UDAN")
    assert "ci-7" not in View(state["home"]).text_everywhere()


async def test_without_a_date_what_was_used_before_stays(acme: Company) -> None:
    await uses_a_key(acme)
    assert (await acme.dan.submits(await claim_form(acme), team="Mobile")).closed
    await acme.uses(acme.event("new", dollars=7, team=None, user=None, credential="ci-7"))
    await move_usage(acme.context)
    await acme.settles()

    assert await spent_of(acme, "mobile") == "7.000000000"
    assert await acme.mia.messages("CMOBILE") == []


async def test_moved_usage_crosses_mobiles_budget_without_an_alert(acme: Company) -> None:
    """Mobile has $500, and $600 of the last days move to it."""
    await uses_a_key(acme, dollars=300)
    since = acme.clock.now().date() - timedelta(days=3)
    assert (await acme.dan.submits(await claim_form(acme), team="Mobile", since=str(since))).closed
    await move_usage(acme.context)
    await acme.settles()

    (only,) = await acme.mia.messages("CMOBILE")
    assert "counts for Mobile now: 2 calls, $600.00" in only.text


async def test_anna_may_not_claim_and_finance_only_looks_where_admins_are_named(acme: Company) -> None:
    await uses_a_key(acme)
    assert "ci-7" not in (await acme.anna.opens_home()).text_everywhere()
    chloes = await acme.chloe.opens_home()
    assert "ci-7" in chloes.text_everywhere()
    assert "Claim" not in chloes.buttons()

    dans = await acme.dan.opens_home()
    block, element = dans.find("Claim")
    for person in (acme.anna, acme.chloe):
        forged = await person.sandbox.does(
            "action",
            person.id,
            view_id=(await person.opens_home()).id,
            block_id=block["block_id"],
            action_id=element["action_id"],
            value=element["value"],
        )
        assert await person.modal() is None, forged


async def test_whoever_was_an_admin_when_the_form_opened_may_not_submit_it_later(acme: Company) -> None:
    await uses_a_key(acme)
    form = await claim_form(acme)
    others = TEAMS_YML.replace("admins: [dan@acme.test]", "admins: [chloe@acme.test]")
    await import_teams(acme.context, read_teams_file(others), dry_run=False)

    submitted = await acme.dan.submits(form, team="Mobile")
    assert not submitted.closed
    assert "Only admins claim keys" in str(submitted.errors)
    assert "Claim" in (await acme.chloe.opens_home()).buttons()


async def test_of_two_admins_the_second_reads_the_keys_team(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("admins: [dan@acme.test]", "admins: [dan@acme.test, chloe@acme.test]")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await uses_a_key(acme)
        dans = await claim_form(acme)
        chloes = (await acme.chloe.clicks("Claim", await acme.chloe.opens_home())).modal
        assert chloes is not None
        assert (await acme.dan.submits(dans, team="Mobile")).closed
        again = await acme.chloe.submits(chloes, team="Search")

        assert again.errors == {"team": "ci-7 is Mobile's already, by a claim."}
        assert (await acme.chloe.submits(chloes, team="Mobile")).closed


async def test_a_date_ahead_is_refused_at_its_field(acme: Company) -> None:
    await uses_a_key(acme)
    tomorrow = acme.clock.now().date() + timedelta(days=2)
    submitted = await acme.dan.submits(await claim_form(acme), team="Mobile", since=str(tomorrow))

    assert submitted.errors == {"since": "Choose today or a day before it."}


async def test_a_key_named_like_a_pattern_is_claimed_as_itself_alone(acme: Company) -> None:
    await uses_a_key(acme, credential="*")
    assert (await acme.dan.submits(await claim_form(acme, credential="*"), team="Mobile")).closed
    await acme.uses(acme.event("a", dollars=7, team=None, user=None, credential="*"))
    await acme.uses(acme.event("b", dollars=50, team=None, user=None, credential="else"))

    assert await spent_of(acme, "mobile") == "7.000000000"


async def test_with_over_a_hundred_teams_one_types_the_slug(tmp_path: Path) -> None:
    many = "".join(f"  - {{slug: team-{n}, name: Team {n}}}\n" for n in range(110))
    yml = TEAMS_YML.replace("attribution:\n", f"{many}attribution:\n")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await uses_a_key(acme)
        form = await claim_form(acme)
        wrong = await acme.dan.submits(form, team="mobil")
        assert wrong.errors == {"team": "There is no team of that name. Did you mean mobile?"}
        assert (await acme.dan.submits(form, team="Team 77")).closed
        await acme.uses(acme.event("new", dollars=7, team=None, user=None, credential="ci-7"))

        assert await spent_of(acme, "team-77") == "7.000000000"


async def test_finance_and_admins_see_unknown_people(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=4, team=None, user="u-17"), acme.event(2, dollars=5, user="gil@acme.test"))

    for person in (acme.chloe, acme.dan):
        words = (await person.opens_home()).text_everywhere()
        assert "• u-17: $4.00, 1 call" in words
        assert "• gil@acme.test" in words
        assert "$5.00, 1 call" not in words
    assert "u-17" not in (await acme.ben.opens_home()).text_everywhere()
