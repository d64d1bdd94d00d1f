"""The form of `/tokens allocate`: who gets it, its pages, and forms that are older than the teams they show."""

from typing import Any

from tests.scenarios.books.test_allocations import WITH_ADS, allowance, amounts, block_of, books_agree, declares, opens
from tests.support.company import TEAMS_YML, Company


async def test_who_may_and_who_is_told_why_not(acme: Company) -> None:
    for person, text, said in (
        (acme.anna, "/tokens allocate", "You hand out no budget"),
        (acme.anna, "/tokens allocate product", "There is no team “product”."),
        (acme.anna, "/tokens allocate search 5", "You can't hand out the budget of Product. Its managers can"),
        (acme.ben, "/tokens allocate mobile 100", "There is no team “mobile”."),
        (acme.ben, "/tokens allocate product 20000", "Finance hands out the budget of Acme."),
        (acme.ben, "/tokens allocate nowhere 5", "There is no team “nowhere”."),
        (acme.mia, "/tokens allocate search 5", "There is no team “search”."),
        (acme.mia, "/tokens allocate mobile 5", "Finance hands out the budget of Acme."),
        (acme.ben, "/tokens alocate", "Did you mean `/tokens allocate`?"),
    ):
        reply = await person.runs(text, channel="CGENERAL")
        assert reply.modal is None, text
        assert said in reply.text, (text, reply.text)

    form = await opens(acme.chloe, "/tokens allocate org")
    assert amounts(form) == {"Mobile": "$500.00", "Product": "$10,000.00"}
    less = await acme.chloe.submits(form, {"Product": "900"})
    assert less.errors[block_of(form, "Product")] == (
        "Product gave $1,000.00 to its teams. Its budget can't be less than $1,000.00."
    )
    assert (await acme.chloe.submits(form, {"Product": "12000", "Mobile": "0"})).closed
    assert (await allowance(acme, "product"))[1] == "11000"
    await books_agree(acme)


async def test_a_form_for_a_team_that_moved_away_says_so(acme: Company) -> None:
    await declares(acme, WITH_ADS)
    form = await opens(acme.ben)
    await declares(acme, WITH_ADS.replace("parent: product, managers: [mia", "managers: [mia"))
    shown = await acme.ben.submits(form, {"فريق الإعلانات": "2500"})

    assert not shown.closed
    again = await acme.ben.modal()
    assert again is not None
    assert amounts(again) == {"Search": "$1,000.00"}
    assert "The figures have changed meanwhile" in again.text_everywhere()


def many(count: int) -> str:
    teams = "".join(
        f"  - {{slug: t{n:02d}, name: Team {n:02d}, parent: product, budget: {{amount: 100}}}}\n" for n in range(count)
    )
    return TEAMS_YML.replace("\nattribution:\n", f"\n{teams}attribution:\n")


async def test_sixty_teams_are_edited_on_three_pages_and_saved_at_once(acme: Company) -> None:
    await declares(acme, many(60))
    first = await opens(acme.ben)
    await acme.ben.fills(first, {"Team 03": "130"})
    assert await acme.ben.clicks("Page 2 of 3", first)
    second = await acme.ben.modal()
    assert second is not None
    assert "Team 30" in amounts(second)
    await acme.ben.fills(second, {"Team 30": "x"})
    await acme.ben.clicks("Page 1 of 3", second)
    back = await acme.ben.modal()
    assert back is not None
    assert amounts(back)["Team 03"] == "130"

    refused = await acme.ben.submits(back)
    assert not refused.closed
    there = await acme.ben.modal()
    assert there is not None
    assert "Team 30: That is not an amount." in there.text_everywhere()
    assert amounts(there)["Team 30"] == "x"
    assert (await acme.ben.submits(there, {"Team 30": "140"})).closed
    assert ((await allowance(acme, "t03"))[0], (await allowance(acme, "t30"))[0]) == ("130", "140")
    await books_agree(acme)

    at_once: dict[str, Any] = amounts(await opens(acme.ben, "/tokens allocate t55 110"))
    assert at_once["Team 55"] == "110"
    shown = await acme.ben.runs("/tokens budget product", channel="CGENERAL")
    assert "11 more teams have smaller budgets" in shown.text_everywhere()
