"""A statement in Slack, on the screen, and the message that brings a file."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.books.statements.coverage import Coverage
from bot.books.statements.figures import Beside, Seal
from bot.books.statements.reading import read_statement
from bot.messages import Message, text_of_file
from bot.money import NANOS
from bot.periods import Period
from bot.views.books.statement_messages import file_message, sent_message, statement_message
from bot.views.books.statements import beside_words, statement_lines
from tests.bot.books.statements.examples import made, sealed
from tests.bot.views.examples import COMMAND, HOSTILE
from tests.bot.views.surfaces import posted

COVERAGE = Coverage(
    usage_nanos=380 * NANOS + 1,
    billed_nanos=200 * NANOS,
    bill_nanos=1_008 * NANOS,
    bill_booked_nanos=1_000 * NANOS,
    observed_nanos=100 * NANOS,
    observed_tokens=999,
    observed_booked_tokens=1_000,
    reported_nanos=50 * NANOS,
    unpriced_calls=12,
    unpriced_tokens=34_567,
    unattributed_nanos=40 * NANOS,
    company_nanos=1_000 * NANOS,
)
BEFORE = Beside(before="2026-09", books_begin="2026-01")
EARLY = replace(BEFORE, ended_early=Period(name="2026-09", first_day=20_697, end_day=20_715), is_sealed=True)


def test_a_sealed_statement(snapshot: SnapshotAssertion) -> None:
    statement = read_statement(sealed(made(coverage=COVERAGE)))
    message = posted(statement_message(statement, account_id=7, command=COMMAND, beside=BEFORE))

    assert "Opening $50.00, in $1,227.00, out $1,190.00, closing $87.00" in message["text"]
    assert message == snapshot


def test_a_preliminary_statement_of_a_hostile_name_without_an_account(snapshot: SnapshotAssertion) -> None:
    statement = made((), name=HOSTILE, tools={HOSTILE: 5}, state="preliminary", coverage=Coverage())

    assert posted(statement_message(statement, account_id=None, command=COMMAND, beside=BEFORE)) == snapshot


def test_a_statement_after_an_early_close_names_the_sealed_one(snapshot: SnapshotAssertion) -> None:
    message = posted(statement_message(made((), state="preliminary"), account_id=7, command=COMMAND, beside=EARLY))

    assert "2026-09 was closed early: it ended with 18 September 2026, and its statement is sealed." in message["text"]
    assert "not sealed" not in beside_words(replace(EARLY, is_sealed=False), command=COMMAND)
    assert message == snapshot


@pytest.mark.parametrize(("state", "words"), [("earlier", "before the books began"), ("later", "has not begun")])
def test_a_statement_outside_of_the_books_says_so(state: Seal, words: str, snapshot: SnapshotAssertion) -> None:
    outside = replace(BEFORE, begins_before_books=state == "earlier")
    message = posted(statement_message(made((), state=state), account_id=None, command=COMMAND, beside=outside))

    assert words in message["text"]
    assert ("The books begin with 2026-01." in message["text"]) == (state == "earlier")
    assert message == snapshot


def test_files_are_stored_with_their_message(snapshot: SnapshotAssertion) -> None:
    sheet = sealed(made())
    message = file_message(read_statement(sheet), sheet=sheet, organisation="Acme", kind="csv")
    stored = Message.from_json(message.to_json())

    assert stored == message
    assert text_of_file(stored.files[0]).decode() == sheet
    assert [posted(message), posted(sent_message("pdf"))] == snapshot


def test_the_statement_on_the_screen_has_its_figures_and_its_seal(snapshot: SnapshotAssertion) -> None:
    assert statement_lines(read_statement(sealed(made(coverage=COVERAGE)))) == snapshot
