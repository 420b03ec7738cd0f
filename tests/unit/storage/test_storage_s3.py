"""Memory of the S3 driver does not grow with the blob."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from recstore.storage.s3 import PARALLEL, PART_SIZE, S3Blobs

MIB = 1 << 20
BLOCK = bytes(MIB)


class Long:
    """A long blob that takes no memory itself."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks

    def read(self, size: int, /) -> bytes:
        if not self._blocks:
            return b""
        self._blocks -= 1
        return BLOCK[:size]


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] <= limit
    finally:
        tracemalloc.stop()


def test_a_put_holds_the_parts_in_flight_and_a_range_holds_nothing(s3_blobs: S3Blobs) -> None:
    # A part takes up to a quarter more while it grows.
    with at_most((PARALLEL + 1) * PART_SIZE * 5 // 4 + 4 * MIB):
        assert s3_blobs.put("long", Long(96)) == 96 * MIB
    buffer = memoryview(bytearray(MIB))
    with at_most(MIB // 2), s3_blobs.range("long", 0, 96 * MIB) as source:
        assert sum(iter(lambda: source.readinto(buffer), 0)) == 96 * MIB
