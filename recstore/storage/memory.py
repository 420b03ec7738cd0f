"""Blobs in memory: the whole protocol without a server, for tests. Nothing outlives the process."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from io import BytesIO

from recstore.errors import Damaged
from recstore.storage.blobs import BlobStat, Range, Readable, check_name, check_range

READ_SIZE = 1 << 20


class MemoryBlobs:
    """A dictionary that keeps the promises of `Blobs`."""

    def __init__(self) -> None:
        self._blobs: dict[str, tuple[bytes, datetime]] = {}

    def put(self, name: str, source: Readable) -> int:
        """Store all that `source` gives; the name appears only after its end was read."""
        check_name(name)
        content = b"".join(iter(lambda: source.read(READ_SIZE), b""))
        self._blobs[name] = (content, datetime.now(UTC))
        return len(content)

    def range(self, name: str, start: int, stop: int) -> AbstractContextManager[Range]:
        """Open bytes `start` to `stop - 1`."""
        check_name(name)
        check_range(start, stop)
        content, _ = self._blobs.get(name, (b"", None))
        if stop > len(content):
            raise Damaged("A stored blob is missing or shorter than the catalog says.")
        return nullcontext(BytesIO(content[start:stop]))

    def stat(self, name: str) -> BlobStat | None:
        """Say what is under `name`."""
        check_name(name)
        if name not in self._blobs:
            return None
        content, modified = self._blobs[name]
        return BlobStat(name=name, size=len(content), modified=modified)

    def delete(self, name: str) -> None:
        """Remove the blob, if it is there."""
        check_name(name)
        self._blobs.pop(name, None)

    def list(self, prefix: str) -> Iterator[BlobStat]:
        """List blobs by name."""
        found = [self.stat(name) for name in sorted(self._blobs) if name.startswith(prefix)]
        return (stat for stat in found if stat is not None)

    def check(self) -> None:
        """Answer: memory is always there."""
