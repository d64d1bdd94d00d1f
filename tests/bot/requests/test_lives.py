"""The life of a request: its picture and its table in the documents are those of the code."""

import re

from bot.requests.lives import LIFE
from tests.docs_lives import PAGE, drawn, picture


def test_the_page_draws_every_step() -> None:
    """`python -m tests.docs_lives` draws it anew."""
    assert drawn(PAGE.read_text()) == picture()


def test_the_table_explains_every_step_once() -> None:
    table = PAGE.read_text().partition("## The life of a request")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| ([a-z-]+) \|", table, flags=re.MULTILINE)[1:]

    assert sorted(explained) == sorted(step.name for step in LIFE)


def test_a_request_ends_once_and_for_good() -> None:
    ended = {step.after for step in LIFE} - {"pending"}

    assert ended == {"approved", "denied", "withdrawn", "expired"}
    assert not [step for step in LIFE if step.before in ended]
    assert len({(step.name, step.before) for step in LIFE}) == len(LIFE)
