"""Alembic's entry: runs the migrations on the connection that `recstore.catalog.migrate` hands over."""

from alembic import context

from recstore.catalog.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
)
with context.begin_transaction():
    context.run_migrations()
