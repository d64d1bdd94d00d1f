"""Runs migrations on the connection that storage/migrate.py hands over; there is no other way to run them."""

from alembic import context

from storage.tables.base import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=False, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
