"""Opening any range of an item: plaintext offset → segment → chunk. It releases verified plaintext only.

An item is opened segment by segment, and each segment in this order: its commitment, its last chunk (which
authenticates its length), then the chunks of the range. Whatever does not fit is Damaged, and nothing
of it leaves.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from keys.secret import Secret
from recstore.sealing.layout import SegmentKey, derive_segment_key
from recstore.sealing.manifest import Segment, check_manifest
from recstore.sealing.segment import CheckedEnds, Fetch, Reading, SegmentReader


class Opener:
    """Open ranges of the item whose manifest is `segments`, in order.

    `data_key_for` is asked before every run of about 1 MiB, so whoever hands out the key can end a reading;
    `context_for` says where a segment belongs; `fetch` opens a range of a blob. Their errors pass
    through unchanged. `checked` spares blobs that were opened before the check of their ends; without it,
    each Opener checks for itself. Raises Damaged when the manifest contradicts itself.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        *,
        data_key_for: Callable[[Segment], Secret],
        context_for: Callable[[Segment], bytes],
        fetch: Fetch,
        checked: CheckedEnds | None = None,
    ) -> None:
        check_manifest(segments)
        checked = checked or CheckedEnds()
        self._readers = [
            SegmentReader(
                segment,
                key_for=_HeldKey(segment, data_key_for, context_for),
                fetch=fetch,
                checked=checked,
            )
            for segment in segments
        ]
        *self._starts, self.length = accumulate((segment.plain_length for segment in segments), initial=0)

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Return plaintext bytes `start` to `stop - 1` in pieces of at most 1 MiB.

        Closing the iterator ends the reading from the store.
        Raises ValueError for a range outside the item, and, while iterating, Damaged.
        """
        if not 0 <= start <= stop <= self.length:
            raise ValueError(f"bytes {start} to {stop} do not lie within {self.length} bytes")
        return self._read(start, stop)

    def _read(self, start: int, stop: int) -> Iterator[bytes]:
        reading = Reading()
        for reader, offset in zip(self._readers, self._starts, strict=True):
            first, end = max(start - offset, 0), min(stop - offset, reader.length)
            # An empty segment gives no bytes, but it too must be the one that the manifest speaks of.
            if first < end or first == end == reader.length == 0:
                yield from reader.read(first, end, reading)


class _HeldKey:
    """Derive a segment's key again only when another Secret is handed over."""

    def __init__(
        self,
        segment: Segment,
        data_key_for: Callable[[Segment], Secret],
        context_for: Callable[[Segment], bytes],
    ) -> None:
        self._segment = segment
        self._data_key_for = data_key_for
        self._context_for = context_for
        self._secret: Secret | None = None
        self._salt = b""
        self._key: SegmentKey

    def __call__(self, salt: bytes) -> SegmentKey:
        secret = self._data_key_for(self._segment)
        # Held for one segment only, so a key never serves another salt or context (CVE-2026-6550).
        if secret is not self._secret or salt != self._salt:
            context = self._context_for(self._segment)
            self._key = derive_segment_key(secret.reveal(), salt=salt, context=context)
            self._secret, self._salt = secret, salt
        return self._key
