"""docs/roles.md says who may do what, and the rules agree with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.alerting.delivery_rules import may_change_settings
from bot.books.allocations import may_allocate
from bot.org.setting_up.setups import may_change_members, may_link
from bot.org.teams import Directory, Organisation, Team
from handlers.org.setting_history import may_see_settings

PAGE = (Path(__file__).parents[3] / "docs" / "roles.md").read_text()
PEOPLE = {"member": 1, "manager": 2, "manager above": 3, "member elsewhere": 4, "finance": 5, "admin": 6}
Rule = Callable[[Directory, int, Team], bool]


def team(number: int, slug: str, parent: int | None, mode: str, kind: str = "team") -> Team:
    return Team(
        id=number,
        slug=slug,
        name=slug.title(),
        kind=kind,  # type: ignore[arg-type]
        parent_id=parent,
        channel_ref="",
        channel_id="",
        channel_state="none",
        timezone="UTC",
        next_timezone="",
        next_timezone_day=None,
        cost_center="",
        budget_nanos=None,
        thresholds=(80, 100),
        starts_day=None,
        mode=mode,  # type: ignore[arg-type]
    )


def directory(mode: str) -> Directory:
    organisation = Organisation(
        name="Acme", currency="USD", period="month", funding_nanos=None, mode="govern", people="self"
    )
    teams = (
        team(1, "organisation", None, "govern", "organisation"),
        team(2, "product", 1, mode),
        team(3, "search", 2, mode),
        team(4, "mobile", 1, mode),
    )
    roles = [
        (3, 1, "member"),
        (3, 2, "manager"),
        (2, 3, "manager"),
        (4, 4, "member"),
        (1, 5, "finance"),
        (1, 6, "admin"),
    ]
    return Directory(organisation=organisation, teams=teams, roles=frozenset(roles))  # type: ignore[arg-type]


def of_parent(found: Directory, person_id: int, search: Team) -> bool:
    return may_allocate(found, person_id, found.by_id(search.parent_id or 0))


RULES: dict[str, Rule] = {
    "see the team's figures in any channel": lambda found, who, search: found.may_see(who, search),
    "change its members and time zone": may_change_members,
    "change its alert settings": may_change_settings,
    "read who changed its settings": may_see_settings,
    "hand out its budget to teams below": may_allocate,
    "set its own budget": of_parent,
    "link its channel, rename it, name its managers": lambda found, who, _: may_link(found, who),
    "create a team": lambda found, who, _: may_link(found, who),
    "hand out the company's budget": lambda found, who, _: may_allocate(found, who, found.root),
    "change the company's mode, finance and admins": lambda found, who, _: may_link(found, who),
    "claim unassigned keys": lambda found, who, _: who in found.admins,
    "see the company on Home, and set prices": lambda found, who, _: who in found.finance | found.admins,
}


def table(heading: str) -> dict[str, dict[str, bool]]:
    """The rows of the table below a heading: what one may do, and who may."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")
    ]
    head, body = rows[0][1:], rows[2:]
    assert head == list(PEOPLE)
    assert {cell for row in body for cell in row[1:]} <= {"yes", "–"}
    return {row[0]: dict(zip(head, (cell == "yes" for cell in row[1:]), strict=True)) for row in body}


@pytest.mark.parametrize(("heading", "mode"), [("Who may do what", "govern"), ("In preview", "preview")])
def test_the_table_is_what_the_rules_allow(heading: str, mode: str) -> None:
    found = directory(mode)
    search = found.by_id(3)

    allowed = {
        deed: {role: rule(found, person_id, search) for role, person_id in PEOPLE.items()}
        for deed, rule in RULES.items()
    }

    said = table(heading)
    if mode == "govern":
        assert said == allowed
    else:
        assert said == {deed: row for deed, row in allowed.items() if row != table("Who may do what")[deed]}


def test_without_admins_finance_has_their_rights() -> None:
    found = directory("govern")
    alone = Directory(
        organisation=found.organisation, teams=found.teams, roles=frozenset(one for one in found.roles if one[1] != 6)
    )

    assert may_link(alone, PEOPLE["finance"])
    assert not may_link(alone, PEOPLE["admin"])
    assert not may_link(found, PEOPLE["finance"])
