"""The store: transactions that write, snapshots that read, and the nouns that hang on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import cached_property

from sqlalchemy import text

from bot.intake.known_keys import KeySizes, KnownKeys
from storage.alerting.alert_bundles import AlertBundles
from storage.alerting.alert_quality import StoredAlertQuality
from storage.alerting.alerts import Alerts
from storage.alerting.delivery_rules import AlertDeliveries
from storage.alerting.expectations import Expectations
from storage.alerting.judgements import Judgements
from storage.books.audit import Audit
from storage.books.charges import Charges
from storage.books.ledger import Ledger
from storage.config import Config
from storage.costs.prices import StoredPrices
from storage.crosschecks.gateways import Gateways
from storage.crosschecks.health import Health
from storage.crosschecks.observations import Observations
from storage.crosschecks.overlaps import Overlaps
from storage.crosschecks.producers import SourceProducers
from storage.crosschecks.reconciliations import Reconciliations
from storage.deliveries import Deliveries
from storage.detection.histories import Histories
from storage.engine import create_engines
from storage.fifo import FifoLock
from storage.intake.adjustments import Adjustments
from storage.intake.backfills import Backfills
from storage.intake.booked_events import BookedEvents
from storage.intake.event_keys.runs import EventKeys, keep_keys
from storage.intake.groups.fast_writer import FastWriter, SqliteFastWriter
from storage.intake.groups.postgresql_writer import PostgresqlFastWriter
from storage.intake.key_checks import PostgresqlKeyChecks, SqliteKeyChecks
from storage.intake.keys import Keys
from storage.intake.left_out import LeftOutFields
from storage.intake.pending import Pending, fold_everything
from storage.intake.quarantine import Quarantine
from storage.intake.reattributions import Reattributions
from storage.intake.replays import Replays
from storage.intake.sums.running_sums import RunningSums
from storage.intake.usage import Usage
from storage.memory import Memory, UsageMemory
from storage.org.alert_settings import StoredAlertSettings
from storage.org.attribution import AttributionRules
from storage.org.people import People
from storage.org.reachability import Reachability
from storage.org.roles import Roles
from storage.org.teams import Teams
from storage.outbox import Outbox
from storage.reporting.reports import Reports
from storage.requests.budget_requests import BudgetRequests
from storage.slack_requests import SlackRequests
from storage.transaction import OpenTransaction


class Transaction(OpenTransaction):
    """One transaction or snapshot with each noun's queries: `tx.ledger.post(…)`."""

    @cached_property
    def config(self) -> Config:
        return Config(self)

    @cached_property
    def teams(self) -> Teams:
        return Teams(self)

    @cached_property
    def attribution(self) -> AttributionRules:
        return AttributionRules(self)

    @cached_property
    def reattributions(self) -> Reattributions:
        return Reattributions(self)

    @cached_property
    def people(self) -> People:
        return People(self)

    @cached_property
    def roles(self) -> Roles:
        return Roles(self)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self)

    @cached_property
    def usage(self) -> Usage:
        return Usage(self)

    @cached_property
    def pending(self) -> Pending:
        return Pending(self)

    @cached_property
    def event_keys(self) -> EventKeys:
        return EventKeys(self)

    @cached_property
    def booked_events(self) -> BookedEvents:
        return BookedEvents(self)

    @cached_property
    def adjustments(self) -> Adjustments:
        return Adjustments(self)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self)

    @cached_property
    def histories(self) -> Histories:
        return Histories(self)

    @cached_property
    def observations(self) -> Observations:
        return Observations(self)

    @cached_property
    def overlaps(self) -> Overlaps:
        return Overlaps(self)

    @cached_property
    def gateways(self) -> Gateways:
        return Gateways(self)

    @cached_property
    def health(self) -> Health:
        return Health(self)

    @cached_property
    def prices(self) -> StoredPrices:
        return StoredPrices(self)

    @cached_property
    def running_sums(self) -> RunningSums:
        return RunningSums(self)

    @cached_property
    def backfills(self) -> Backfills:
        return Backfills(self)

    @cached_property
    def left_out(self) -> LeftOutFields:
        return LeftOutFields(self)

    @cached_property
    def producers(self) -> SourceProducers:
        return SourceProducers(self)

    @cached_property
    def quarantine(self) -> Quarantine:
        return Quarantine(self)

    @cached_property
    def reconciliations(self) -> Reconciliations:
        return Reconciliations(self)

    @cached_property
    def replays(self) -> Replays:
        return Replays(self)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self)

    @cached_property
    def charges(self) -> Charges:
        return Charges(self)

    @cached_property
    def budget_requests(self) -> BudgetRequests:
        return BudgetRequests(self)

    @cached_property
    def judgements(self) -> Judgements:
        return Judgements(self)

    @cached_property
    def alert_settings(self) -> StoredAlertSettings:
        return StoredAlertSettings(self)

    @cached_property
    def alert_quality(self) -> StoredAlertQuality:
        return StoredAlertQuality(self)

    @cached_property
    def alert_deliveries(self) -> AlertDeliveries:
        return AlertDeliveries(self)

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(self)

    @cached_property
    def expectations(self) -> Expectations:
        return Expectations(self)

    @cached_property
    def alert_bundles(self) -> AlertBundles:
        return AlertBundles(self)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self)

    @cached_property
    def slack_requests(self) -> SlackRequests:
        return SlackRequests(self)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self)

    @cached_property
    def reachability(self) -> Reachability:
        return Reachability(self)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self)


class Store:
    """Access to the database. Make one per process; `close()` it at the end."""

    def __init__(self, url: str, *, key_sizes: KeySizes | None = None) -> None:
        self.url = url
        self._writer, self._reader = create_engines(url)
        self.memory = Memory(usage=UsageMemory(keys=KnownKeys(key_sizes)))
        self._lock = FifoLock() if self.is_sqlite else None
        self.key_checks = SqliteKeyChecks(url) if self.is_sqlite else PostgresqlKeyChecks(self._reader)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Opens a transaction that may write: commits at its end, rolls back on an exception.

        To change a row that was read first, read it by a `for_…` query: it locks on PostgreSQL.
        """
        async with self._lock or nullcontext(), self._writer.begin() as connection:
            transaction = Transaction(connection, self.memory)
            yield transaction
        transaction.committed()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Opens a snapshot: all its queries see the same moment. Writes fail."""
        async with self._reader.connect() as plain:
            connection = plain
            if not self.is_sqlite:
                options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                connection = await plain.execution_options(**options)
            async with connection.begin():
                yield Transaction(connection, self.memory, is_snapshot=True)

    async def fold_totals(self) -> int:
        """Adds all usage that waits to the totals, and returns the number of folds."""
        return await fold_everything(self.begin, self.read)

    def fast_writers(self, writers: int) -> list[FastWriter]:
        """Returns a fast writer for each writer, who closes it. On SQLite they share one, which keeps its pages."""
        if self._lock is not None:
            return [SqliteFastWriter(self.url, self._lock)] * writers
        return [PostgresqlFastWriter(self._writer) for _ in range(writers)]

    @property
    def usage_memory(self) -> UsageMemory:
        """Returns what this process has seen committed of usage."""
        return self.memory.usage

    async def keep_keys(self) -> None:
        """Reads the keys of the database if this process knows none yet, and seals the current run if it is full."""
        await keep_keys(self.memory.usage.keys, read=self.read, begin=self.begin)

    def clear_config_caches(self) -> None:
        """Clears cached ids of people after the configuration changed."""
        self.memory.clear_people()

    def clear_caches(self) -> None:
        """Clears all cached ids after the database failed: it may have come back as a copy without them, and a row that
        refers to a missing id would be quarantined as bad."""
        self.memory.clear_rows()

    async def ping(self) -> None:
        """Raises if the database can't answer."""
        async with self._reader.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.key_checks.close()
        await self._writer.dispose()
        await self._reader.dispose()
