"""Opening ranges of one segment: commitment, last chunk, then the range. Nothing unverified leaves."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hmac import compare_digest
from typing import Protocol

from cryptography.exceptions import InvalidTag

from recstore.errors import Damaged
from recstore.sealing.layout import (
    CHUNK,
    HEADER,
    SALT,
    SEALED_CHUNK,
    TAG,
    SegmentKey,
    chunk_start,
    last_chunk,
)
from recstore.sealing.manifest import Segment

RUN = 64  # chunks opened at a time: about 1 MiB
FIRST_SPAN = 16  # chunks asked of the store at first: about 256 KiB
LONGEST_SPAN = 4096  # chunks asked of the store at most: about 64 MiB
MOST_REMEMBERED = 4096  # blobs: about 1 MiB of memory


class SealedRange(Protocol):
    """An open ranged read of sealed bytes."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill as much of `buffer` as the range still has; return the bytes written, 0 at the end."""
        ...


Fetch = Callable[[str, int, int], AbstractContextManager[SealedRange]]


class Reading:
    """What one reading carries from run to run: room for a run, and how far to reach into the store next."""

    __slots__ = ("_span", "plain", "sealed")

    def __init__(self) -> None:
        self.sealed = memoryview(bytearray(RUN * SEALED_CHUNK))
        self.plain = memoryview(bytearray(RUN * CHUNK))
        self._span = FIRST_SPAN

    def next_span(self) -> int:
        """Return how many chunks to ask for: few after a seek, more and more for whoever goes on reading."""
        # A request broken off costs its connection and, in the store, far more than one read to its end.
        span = self._span
        self._span = min(4 * span, LONGEST_SPAN)
        return span


class CheckedEnds:
    """The salts of blobs whose header and last chunk were checked, so that a seek need not check them again.

    No right and no secret: a salt is public, a blob is never written twice, and each chunk that is released
    is verified all the same. Safe for threads; at most 4096 are remembered.
    """

    def __init__(self) -> None:
        self._salts: dict[str, bytes] = {}

    def salt(self, blob: str) -> bytes | None:
        """Give the salt of a blob whose ends were checked."""
        return self._salts.get(blob)

    def add(self, blob: str, salt: bytes) -> None:
        """Remember a blob whose ends were checked."""
        if len(self._salts) >= MOST_REMEMBERED:
            self._salts.clear()
        self._salts[blob] = salt


class SegmentReader:
    """Open ranges of one segment. `key_for` derives its key from the salt, and is asked before each run."""

    def __init__(
        self,
        segment: Segment,
        *,
        key_for: Callable[[bytes], SegmentKey],
        fetch: Fetch,
        checked: CheckedEnds,
    ) -> None:
        self.length = segment.plain_length
        self._segment = segment
        self._key_for = key_for
        self._fetch = fetch
        self._checked = checked

    def read(self, start: int, stop: int, reading: Reading) -> Iterator[bytes]:
        """Yield plaintext bytes `start` to `stop - 1`, run by run; with both 0, only check the ends."""
        salt = self._checked.salt(self._segment.blob) or self._check_ends(reading)
        first, after = start // CHUNK, (stop - 1) // CHUNK + 1
        while first < after:
            span = range(first, min(first + reading.next_span(), after))
            first = span.stop
            with self._open_chunks(span) as sealed:
                for chunk in span[::RUN]:
                    run = range(chunk, min(chunk + RUN, span.stop))
                    plain = self._open_run(run, sealed, self._key(salt), reading)
                    offset = chunk * CHUNK
                    yield bytes(plain[max(start - offset, 0) : stop - offset])

    def _check_ends(self, reading: Reading) -> bytes:
        """Return the salt, once the header and the last chunk are those that the manifest speaks of."""
        header = reading.sealed[:HEADER]
        with self._fetch(self._segment.blob, 0, HEADER) as sealed:
            self._fill(header, sealed)
        salt, stored = bytes(header[:SALT]), bytes(header[SALT:])
        key = self._key(salt)
        if not compare_digest(key.commitment, stored):
            raise self._damage("does not begin with its commitment")
        # Only the true last chunk opens in this place at this length, so the length is authentic now.
        last = last_chunk(self.length)
        end = range(last, last + 1)
        with self._open_chunks(end) as sealed:
            self._open_run(end, sealed, key, reading)
        self._checked.add(self._segment.blob, salt)
        return salt

    def _key(self, salt: bytes) -> SegmentKey:
        key = self._key_for(salt)
        if not compare_digest(key.commitment, self._segment.commitment):
            raise self._damage("is not the one in the manifest, or its key or place is another")
        return key

    def _open_chunks(self, chunks: range) -> AbstractContextManager[SealedRange]:
        stop = min(chunk_start(chunks.stop), self._segment.sealed_length)
        return self._fetch(self._segment.blob, chunk_start(chunks.start), stop)

    def _open_run(self, run: range, source: SealedRange, key: SegmentKey, reading: Reading) -> memoryview:
        """Read the sealed chunks of a run and return their plaintext, all of it verified."""
        length = min(len(run) * CHUNK, self.length - run.start * CHUNK)
        sealed, plain = reading.sealed[: length + len(run) * TAG], reading.plain[:length]
        self._fill(sealed, source)
        try:
            for place, chunk in enumerate(run):
                at, to = place * SEALED_CHUNK, place * CHUNK
                room = plain[to : to + CHUNK]
                key.aead.decrypt_into(key.nonce(chunk), sealed[at : at + SEALED_CHUNK], None, room)
        except InvalidTag:
            raise self._damage(f"does not open at chunk {chunk}") from None
        return plain

    def _fill(self, buffer: memoryview, source: SealedRange) -> None:
        filled = 0
        while filled < len(buffer):
            count = source.readinto(buffer[filled:])
            if not count:
                raise self._damage("ends too early")
            filled += count

    def _damage(self, how: str) -> Damaged:
        return Damaged(f"Segment {self._segment.index} {how}.")
