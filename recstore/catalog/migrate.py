"""Bring the catalog's schema up to date with alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from recstore.errors import CatalogUnavailable

# Any number, the same in every process: they take turns, so that two starting at once do not collide.
MIGRATING = 0x7265636F


def migrate(engine: Engine) -> None:
    """Apply every migration that is missing; does nothing when there is none. Raises CatalogUnavailable."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        raise CatalogUnavailable("The catalog does not answer; its tables are as they were.") from error
