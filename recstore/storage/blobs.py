"""What recstore asks of a store of blobs: bytes under a name. It knows nothing of what they mean.

Every driver keeps the same promises; `tests/contracts/test_blobs.py` holds each of them to all of these:

- a blob is there as a whole or not at all, and a reader never sees half of a write;
- a store that does not answer is `StoreUnavailable` within 5 seconds, never a hang;
- a blob that is missing, or shorter than asked for, is `Damaged`: the catalog says otherwise;
- bytes cut off on their way are an error, never a short answer.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_WORD = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_WORD}(/{_WORD})*")


class Readable(Protocol):
    """A source of bytes, read once from front to back."""

    def read(self, size: int, /) -> bytes:
        """Return 1 to `size` bytes, or b"" at the end."""
        ...


class Range(Protocol):
    """An open ranged read."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill as much of `buffer` as the range still has; return the bytes written, 0 at the end."""
        ...


@dataclass(frozen=True, slots=True)
class BlobStat:
    """What the store says of one blob. `size` is in bytes, `modified` is aware of its time zone."""

    name: str
    size: int
    modified: datetime


class Blobs(Protocol):
    """A store of blobs: strings of sealed bytes under names such as `account/item/1`.

    A name is never the folder of another: some stores keep names as paths.
    """

    def put(self, name: str, source: Readable) -> int:
        """Store all that `source` gives under `name` and return the number of bytes.

        When `source` raises, nothing new is under `name` and its error passes through unchanged.
        """
        ...

    def range(self, name: str, start: int, stop: int) -> AbstractContextManager[Range]:
        """Open bytes `start` to `stop - 1` of a blob, with 0 ≤ start < stop.

        Raises Damaged when the blob is missing or ends before `stop`.
        """
        ...

    def stat(self, name: str) -> BlobStat | None:
        """Say what is under `name`, or None when nothing is."""
        ...

    def delete(self, name: str) -> None:
        """Remove the blob; when there is none, that is what was asked for."""
        ...

    def list(self, prefix: str) -> Iterator[BlobStat]:
        """List the blobs whose names begin with `prefix`, in no promised order."""
        ...

    def check(self) -> None:
        """Raise StoreUnavailable unless the store answers."""
        ...


def check_range(start: int, stop: int) -> None:
    """Refuse a range that no store can serve; HTTP has no way to ask for zero bytes (RFC 9110, 14.1.2)."""
    if not 0 <= start < stop:
        raise ValueError(f"a range needs 0 <= start < stop, not {start} to {stop}")


def check_name(name: str) -> None:
    """Refuse a name that a store could read as another: `..`, empty folders, anything that needs quoting."""
    if not _NAME.fullmatch(name):
        raise ValueError("a blob's name is words of letters, digits, . _ - joined by /")
