"""The gate that every alert goes through on its way to people."""

from bot.manners import Severity, audience_of
from bot.messages import Message
from bot.rulebook import Rulebook
from bot.teams import Team
from handlers.answered import quieted
from handlers.outbox import say_to_people, say_to_team
from storage.alerts import AlertRecord
from storage.store import Transaction


def alert_key(alert_id: int) -> str:
    """The dedupe key of an alert's message. It is edited by `tx.outbox.change(alert_key(…), …)`, wherever it stands and
    whether it was said yet or not."""
    return f"alert:{alert_id}"


async def say_alert(
    tx: Transaction,
    rulebook: Rulebook,
    team: Team,
    message: Message,
    *,
    record: AlertRecord,
    severity: Severity,
    at: int,
) -> None:
    """Puts an alert's message where its team's manners want it: once per alert, in the transaction of its state."""
    if await quieted(tx, record, at=at):
        return
    directory = rulebook.directory
    if audience_of(team) == "finance":
        await say_to_people(tx, directory.finance, message, dedupe_key=alert_key(record.id), at=at)
    else:
        await say_to_team(tx, directory, team, message, dedupe_key=alert_key(record.id), at=at)
