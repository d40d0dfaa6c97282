"""Alembic's entry: runs inside the connection and transaction that `schema.migrate` opened."""

from __future__ import annotations

from alembic import context

from azuraforge_ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
