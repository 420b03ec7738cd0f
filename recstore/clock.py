"""The one clock of the installation. Everything that asks the time is given this function."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)
