"""Column types of our own: text that people wrote, and instants."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


class WrittenText(TypeDecorator[str]):
    """Text that people wrote, or names of people and rooms.

    One type for all of it, so that custody can seal every such column in one place. Never used in a WHERE
    or ORDER BY: a sealed value cannot be compared. Look-ups go through a keyed hash (`Transaction.lookup`).
    """

    impl = Text
    cache_ok = True


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond, on both databases. Refuses naive datetimes."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC; SQLite keeps no zone, so it is dropped there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
