"""The digests of the company and of managers: on Monday at nine, one message each, and the details behind it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.reporting.company_digests import post_due_company_digests
from tests.support.company import Company


def next_monday(acme: Company, hour: int) -> datetime:
    """Returns the next Monday in London, at a local hour in winter or summer."""
    local = acme.clock.now().astimezone(ZoneInfo("Europe/London"))
    days = (7 - local.weekday()) or 7
    return (local + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


async def spends(acme: Company) -> None:
    """Search costs more this week than in the last, Mobile less; some usage is nobody's."""
    await acme.uses(
        acme.event("s1", dollars=100, ago=timedelta(days=7), workflow="code-review"),
        acme.event("s2", dollars=400, workflow="code-review"),
        acme.event("m1", dollars=60, team="mobile", ago=timedelta(days=7)),
        acme.event("m2", dollars=20, team="mobile", tool="MetaCode"),
        acme.event("n1", dollars=5, team=None, user=None, credential="ci-9"),
    )


async def test_finance_and_the_manager_of_a_department_get_one_each(acme_on_both: Company) -> None:
    acme = acme_on_both
    await spends(acme)
    monday = next_monday(acme, 9)
    acme.clock.jump_to(monday - timedelta(minutes=1))
    assert await post_due_company_digests(acme.context) == 0
    acme.clock.jump_to(monday)
    assert await post_due_company_digests(acme.context) == 2
    assert await post_due_company_digests(acme.context) == 0
    await acme.settles()

    company_digest = await acme.chloe.sees("Acme spent $425 last week")
    assert "mostly Search, on code-review" in company_digest.text
    assert "$5.00 unattributed (1% of spend)" in company_digest.text
    own = await acme.ben.sees("Product spent $400 last week")
    assert "unattributed" not in own.text
    assert "Mobile" not in own.text
    for person in (acme.anna, acme.mia, acme.dan):
        await person.does_not_see("last week")
