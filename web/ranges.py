"""The `Range` header (RFC 9110, section 14). Pure."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes\s*=\s*(\d{0,20})-(\d{0,20})\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `stop - 1`."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """The range lies wholly outside (status 416)."""


def read_range(header: str | None, *, length: int) -> Part | None:
    """Read which part is wanted; None for the whole, which is also the answer to what is malformed.

    Several ranges at once are answered with the whole, as section 14.2 allows. Raises Unsatisfiable.
    """
    found = _ONE.fullmatch(header.strip()) if header else None
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        return _last(int(found[2]), length=length)
    start = int(found[1])
    stop = int(found[2]) + 1 if found[2] else length
    if stop <= start and found[2]:
        return None  # "5-3" is malformed, not unsatisfiable
    if start >= length:
        raise Unsatisfiable
    return Part(start, min(stop, length))


def _last(count: int, *, length: int) -> Part:
    if count == 0 or length == 0:
        raise Unsatisfiable
    return Part(max(length - count, 0), length)
