"""Remembered heads: read once, and never for a blob that is not the same any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest

from recstore.errors import Damaged
from recstore.storage.blobs import Range
from recstore.storage.heads import HEAD, HEADS, RememberedHeads
from recstore.storage.memory import MemoryBlobs
from recstore.storage.s3 import S3Blobs


class Counted(MemoryBlobs):
    """Counts the ranges that it is asked for."""

    asked = 0

    @contextmanager
    def range(self, name: str, start: int, stop: int) -> Iterator[Range]:
        self.asked += 1
        with super().range(name, start, stop) as source:
            yield source


def read(heads: RememberedHeads, start: int, stop: int, *, name: str = "blob") -> bytes:
    buffer = bytearray(stop - start)
    with heads.range(name, start, stop) as source:
        count = source.readinto(memoryview(buffer))
    return bytes(buffer[:count])


@pytest.fixture
def blobs() -> Counted:
    counted = Counted()
    counted.put("blob", BytesIO(bytes(range(100))))
    return counted


def test_a_head_is_asked_of_the_store_once(blobs: Counted) -> None:
    heads = RememberedHeads(blobs)
    assert [read(heads, 0, HEAD) for _ in range(3)] == [bytes(range(HEAD))] * 3
    assert blobs.asked == 1


def test_other_ranges_are_asked_of_the_store_each_time(blobs: Counted) -> None:
    heads = RememberedHeads(blobs)
    read(heads, 0, HEAD)
    for start, stop in ((0, 10), (1, HEAD), (90, 100), (0, 100)):
        assert read(heads, start, stop) == bytes(range(start, stop))
    assert blobs.asked == 5


REPLACED: dict[str, Callable[[MemoryBlobs], object]] = {
    "by another blob": lambda blobs: blobs.put("blob", BytesIO(bytes(100))),
    "by the same with another head": lambda blobs: blobs.put("blob", BytesIO(b"!" + bytes(range(1, 100)))),
}


@pytest.mark.parametrize("replace", REPLACED.values(), ids=REPLACED.keys())
def test_attacker_replacing_a_blob_is_seen_by_whoever_reads_its_end_first(
    blobs: Counted, replace: Callable[[MemoryBlobs], object]
) -> None:
    heads = RememberedHeads(blobs)
    before = read(heads, 0, HEAD)
    replace(blobs)
    read(heads, 99, 100)
    assert read(heads, 0, HEAD) != before


def test_a_blob_that_is_gone_is_damage_at_its_end(blobs: Counted) -> None:
    heads = RememberedHeads(blobs)
    read(heads, 0, HEAD)
    blobs.delete("blob")
    with pytest.raises(Damaged):
        read(heads, 99, 100)


def test_memory_of_heads_is_bounded(blobs: Counted) -> None:
    heads = RememberedHeads(blobs)
    for number in range(HEADS + 1):
        blobs.put(f"b{number}", BytesIO(bytes(HEAD)))
        read(heads, 0, HEAD, name=f"b{number}")
    assert len(heads._heads) <= HEADS


def test_a_real_store_names_another_version_for_another_content(s3_blobs: S3Blobs) -> None:
    versions = set()
    for content in (b"a" * 100, b"b" * 100, b"a" * 100):
        s3_blobs.put("blob", BytesIO(content))
        with s3_blobs.range("blob", 0, 10) as source:
            versions.add(source.version)
            source.readinto(memoryview(bytearray(10)))
    assert len(versions) == 2
    assert "" not in versions
