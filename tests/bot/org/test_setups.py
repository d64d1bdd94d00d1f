"""What is set in Slack goes before a file, and the file's reader is told."""

import pytest

from bot.org.setting_up.setups import Setup, kept_lines, proposed_slug, with_setups
from bot.org.teams_yml.teams_file import read_teams_file

FILE = read_teams_file(
    """
organisation: {name: Acme, timezone: Europe/London, mode: preview, finance: [chloe@acme.test], admins: [dan@acme.test]}
teams:
  - {slug: search, name: Search, channel: "#team-search", managers: [ben@acme.test], members: [anna@acme.test]}
  - {slug: old, name: Old, closed: 2026-01-01}
"""
)
SETUPS = {
    "search": Setup(channel="CNEW", managers=("mia@acme.test",), members=("anna@acme.test",)),
    "old": Setup(name="Older"),
    "organisation": Setup(mode="govern", admins=("dan@acme.test", "emi@acme.test")),
    "design": Setup(is_new=True),
}


def test_a_file_takes_what_was_set_and_leaves_the_rest() -> None:
    found = with_setups(FILE, SETUPS, root_slug="organisation")
    search, old = found.teams

    assert (search.channel, search.managers, search.name, search.timezone) == (
        "CNEW",
        ["mia@acme.test"],
        "Search",
        None,
    )
    assert old.name == "Old", "a team that ends is as the file says"
    assert (found.organisation.mode, found.organisation.admins) == ("govern", ["dan@acme.test", "emi@acme.test"])
    assert found.organisation.finance == ["chloe@acme.test"]


def test_each_field_that_differs_has_a_line_with_both() -> None:
    lines = kept_lines(FILE, SETUPS, root_slug="organisation")

    assert [line.removesuffix("; --reset-settings takes the file's") for line in lines] == [
        "set in Slack, kept: organisation: admins dan@acme.test, emi@acme.test (the file says dan@acme.test)",
        "set in Slack, kept: organisation: mode govern (the file says preview)",
        "set in Slack, kept: search: channel CNEW (the file says #team-search)",
        "set in Slack, kept: search: managers mia@acme.test (the file says ben@acme.test)",
        "created in Slack, kept: design; `tokens teams export` writes it for the file",
    ]


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Search", [], "search"),
        ("Design & Büro", [], "design-buro"),
        ("Search", ["search", "search-2"], "search-3"),
        ("組", [], "team"),
        ("Organisation", [], "organisation-2"),
        ("  --  ", ["team"], "team-2"),
        ("x" * 80, ["x" * 60], "x" * 60 + "-2"),
    ],
)
def test_a_short_name_is_made_of_a_name(name: str, taken: list[str], slug: str) -> None:
    assert proposed_slug(name, taken) == slug
    assert len(slug) <= 63
