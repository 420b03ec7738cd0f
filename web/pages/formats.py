"""How times, lengths, sizes and names are written on pages. Pure. Times are in UTC, and say so."""

from datetime import UTC, date, datetime, timedelta
from zlib import crc32

from recstore.catalog.existing import MOST_COUNTED
from recstore.errors import BadInput

TONES = 8


def write_day(at: datetime | date, *, now: datetime) -> str:
    """Write a day, with its year unless that is the present one: "20 Nov"."""
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def write_moment(at: datetime, *, now: datetime) -> str:
    """Write a day and time: "20 Nov, 09:05 UTC"."""
    at = at.astimezone(UTC)
    return f"{write_day(at, now=now)}, {at:%H:%M} UTC"


def write_end(until: datetime, *, now: datetime) -> str:
    """Write when a share ends: the last day, if it ends with that day, else the moment."""
    until = until.astimezone(UTC)
    if until.time() == datetime.min.time():
        return write_day(until - timedelta(days=1), now=now)
    return write_moment(until, now=now)


def last_day(until: datetime | None) -> str:
    """Give the last whole day of a share as a date field takes it; empty without an end."""
    return (until.astimezone(UTC) - timedelta(microseconds=1)).date().isoformat() if until else ""


def read_day(text: str) -> datetime | None:
    """Read a date field: the start of that day in UTC; None if it is empty. Raises BadInput."""
    if not text.strip():
        return None
    try:
        day = datetime.combine(date.fromisoformat(text.strip()), datetime.min.time(), UTC)
        day + timedelta(days=1)  # who reads a last day counts on there being a next one
    except (ValueError, OverflowError):
        raise BadInput("A date is written like 2026-12-03; nothing was changed.", code="bad_date") from None
    return day


def read_last_day(text: str) -> datetime | None:
    """Read a date field that means "until that day, and all of it"."""
    day = read_day(text)
    return day + timedelta(days=1) if day else None


def write_count(number: int) -> str:
    """Write a count of existing items: "12,345", or "more than 10,000" where no more were counted."""
    return f"{number:,}" if number <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"


def write_length(seconds: float | None) -> str:
    """Write how long something is: "48 s", "26 min", "1 h 05 min"; empty if it is not known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def write_offset(seconds: float) -> str:
    """Write a place in a film: "2:05", "1:02:05"."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def write_size(size: int) -> str:
    """Write a size in decimal units: "5.2 MB"."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def count(number: int, noun: str) -> str:
    """Write a number with its noun: "1 message", "3 messages"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def initials(name: str) -> str:
    """Give the first letters of the first and last word of a name."""
    words = [word for word in name.replace("(", " ").replace(")", " ").split() if word[0].isalpha()]
    ends = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in ends).upper() or "?"


def tone(name: str) -> int:
    """Choose a colour for a person: always the same one for the same name."""
    return crc32(name.encode()) % TONES
