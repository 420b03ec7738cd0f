"""Read a body as it arrives, and hold it to what was said of it: whole, not too long, not empty."""

import hashlib
from dataclasses import dataclass

from recstore.errors import BadInput, TooLarge
from recstore.sealing.sealer import Source


@dataclass(slots=True)
class Body:
    """A source that ends with an error unless it is what was declared.

    `declared` is the size in bytes that the sender announced, if it did; `limit` is the most that is taken.
    """

    source: Source
    limit: int
    declared: int | None = None
    received: int = 0
    _peeked: bytes = b""

    def peek(self, size: int, /) -> bytes:
        """Give the first bytes and leave them to be read: `size` of them, or all if the body has fewer."""
        while len(self._peeked) < size and (piece := self._read_on(size - len(self._peeked))):
            self._peeked += piece
        return self._peeked

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes; raise BadInput where the body breaks off or goes on too long.

        What says of itself that it is too long is refused before its first byte.
        """
        if self._peeked:
            piece, self._peeked = self._peeked[:size], self._peeked[size:]
            return piece
        return self._read_on(size)

    def _read_on(self, size: int) -> bytes:
        if self.declared is not None and self.declared > self.limit:
            raise _too_large(self.limit)
        try:
            piece = self.source.read(size)
        except (OSError, EOFError) as error:
            raise _cut_short() from error
        self.received += len(piece)
        if self.received > self.limit:
            raise _too_large(self.limit)
        if self.declared is not None and self.received > self.declared:
            raise _wrong_size()
        if not piece:
            self._check_end()
        return piece

    def _check_end(self) -> None:
        if self.declared is not None and self.received < self.declared:
            raise _cut_short()
        if self.received == 0:
            raise BadInput("The body is empty: there is nothing to keep.", code="empty_body")


def read_all(body: Body) -> bytes:
    """Read a body that is small enough to hold: a document."""
    pieces = []
    while piece := body.read(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def hash_all(body: Body) -> bytes:
    """Read a body to its end and give its SHA-256, keeping nothing."""
    digest = hashlib.sha256()
    while piece := body.read(1 << 20):
        digest.update(piece)
    return digest.digest()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than the {limit} bytes taken here.")


def _cut_short() -> BadInput:
    return BadInput("The body ended before its declared size; hand it over again.", code="cut_short")


def _wrong_size() -> BadInput:
    return BadInput("The body is not of the declared size; nothing was kept.", code="size_mismatch")
