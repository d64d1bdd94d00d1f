"""A statement in Slack, on the screen, and the message that brings a file."""

from syrupy.assertion import SnapshotAssertion

from bot.books.statements.coverage import Coverage
from bot.books.statements.reading import read_statement
from bot.messages import Message, text_of_file
from bot.money import NANOS
from bot.views.books.statement_messages import file_message, sent_message, statement_message
from bot.views.books.statements import statement_lines
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


def test_a_sealed_statement(snapshot: SnapshotAssertion) -> None:
    statement = read_statement(sealed(made(coverage=COVERAGE)))
    message = posted(statement_message(statement, account_id=7, command=COMMAND, before="2026-09"))

    assert "Opening $50.00, in $1,227.00, out $1,190.00, closing $87.00" in message["text"]
    assert message == snapshot


def test_a_preliminary_statement_of_a_hostile_name_without_an_account(snapshot: SnapshotAssertion) -> None:
    statement = made((), name=HOSTILE, tools={HOSTILE: 5}, state="preliminary", coverage=Coverage())

    assert posted(statement_message(statement, account_id=None, command=COMMAND, before="2026-09")) == snapshot


def test_files_are_stored_with_their_message(snapshot: SnapshotAssertion) -> None:
    sheet = sealed(made())
    message = file_message(read_statement(sheet), sheet=sheet, organisation="Acme", kind="csv")
    stored = Message.from_json(message.to_json())

    assert stored == message
    assert text_of_file(stored.files[0]).decode() == sheet
    assert [posted(message), posted(sent_message("pdf"))] == snapshot


def test_the_statement_on_the_screen_has_its_figures_and_its_seal(snapshot: SnapshotAssertion) -> None:
    assert statement_lines(read_statement(sealed(made(coverage=COVERAGE)))) == snapshot
