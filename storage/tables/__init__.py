"""The tables, one file per wing; importing any of them puts all of them into `storage.tables.base.metadata`."""

import storage.tables.alerting
import storage.tables.attendance
import storage.tables.books
import storage.tables.caps
import storage.tables.commitments
import storage.tables.costs
import storage.tables.crosschecks
import storage.tables.intake
import storage.tables.org
import storage.tables.outbox
import storage.tables.reporting
import storage.tables.requests
import storage.tables.reservations
import storage.tables.slack_requests  # noqa: F401  # each import adds its tables to the metadata
