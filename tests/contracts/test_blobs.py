"""What every store of blobs promises, checked against each of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random

import pytest

from recstore.errors import Damaged
from recstore.storage.blobs import Blobs, BlobStat
from recstore.storage.memory import MemoryBlobs
from recstore.storage.s3 import PARALLEL, PART_SIZE

MIB = 1 << 20
SIZES = {
    "nothing": 0,
    "one byte": 1,
    "a byte less than a part": PART_SIZE - 1,
    "exactly a part": PART_SIZE,
    "a byte more than a part": PART_SIZE + 1,
    "more parts than fly at once": PART_SIZE * (PARALLEL + 2) + 7,
}


@pytest.fixture(params=["memory", "SeaweedFS"])
def blobs(request: pytest.FixtureRequest) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs()
    return request.getfixturevalue("s3_blobs")


class Stingy:
    """Gives as little at a time as a slow sender does."""

    def __init__(self, content: bytes, most: int) -> None:
        self._rest, self._most = BytesIO(content), most

    def read(self, size: int, /) -> bytes:
        return self._rest.read(min(size, self._most))


class CutOff(Exception):
    pass


class Breaking(Stingy):
    """Gives its content and then breaks, as a recorder that loses its network."""

    def read(self, size: int, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise CutOff
        return piece


NOISE = Random(7).randbytes(max(SIZES.values()))


def content_of(size: int) -> bytes:
    """Bytes in which any shift shows."""
    return NOISE[:size]


def names(blobs: Blobs, prefix: str) -> set[str]:
    return {found.name for found in blobs.list(prefix)}


def read(blobs: Blobs, name: str, start: int, stop: int, *, step: int = MIB) -> bytes:
    buffer, pieces = memoryview(bytearray(step)), []
    with blobs.range(name, start, stop) as source:
        while count := source.readinto(buffer):
            pieces.append(bytes(buffer[:count]))
    return b"".join(pieces)


@pytest.mark.parametrize("size", [pytest.param(size, id=title) for title, size in SIZES.items()])
def test_what_was_put_can_be_read_back(blobs: Blobs, size: int) -> None:
    content = content_of(size)
    assert blobs.put("account/item/1", BytesIO(content)) == size
    stat = blobs.stat("account/item/1")
    assert stat is not None
    assert (stat.name, stat.size) == ("account/item/1", size)
    assert abs(datetime.now(UTC) - stat.modified) < timedelta(seconds=10)
    if size:
        assert read(blobs, "account/item/1", 0, size) == content


def test_a_source_may_give_little_at_a_time(blobs: Blobs) -> None:
    content = content_of(PART_SIZE + 5)
    assert blobs.put("a/1", Stingy(content, 65_521)) == len(content)
    assert read(blobs, "a/1", 0, len(content)) == content


def test_putting_again_replaces_the_blob(blobs: Blobs) -> None:
    blobs.put("a/1", BytesIO(b"first and longer"))
    blobs.put("a/1", BytesIO(b"second"))
    assert read(blobs, "a/1", 0, 6) == b"second"
    assert names(blobs, "a/") == {"a/1"}


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [
        pytest.param(0, 1, MIB, id="the first byte"),
        pytest.param(9 * MIB - 1, 9 * MIB, MIB, id="the last byte"),
        pytest.param(7 * MIB + 3, 9 * MIB, MIB, id="across two parts to the end"),
        pytest.param(5, 300_000, 70_001, id="a buffer that does not divide the range"),
    ],
)
def test_a_range_is_exactly_what_was_asked_for(blobs: Blobs, start: int, stop: int, step: int) -> None:
    content = content_of(9 * MIB)
    blobs.put("a/1", BytesIO(content))
    assert read(blobs, "a/1", start, stop, step=step) == content[start:stop]


def test_a_range_fills_as_much_of_the_buffer_as_it_can(blobs: Blobs) -> None:
    blobs.put("a/1", BytesIO(content_of(3 * MIB)))
    buffer = memoryview(bytearray(2 * MIB))
    with blobs.range("a/1", 0, 3 * MIB) as source:
        assert [source.readinto(buffer) for _ in range(4)] == [2 * MIB, MIB, 0, 0]


def test_a_range_left_early_does_not_spoil_the_next(blobs: Blobs) -> None:
    content = content_of(4 * MIB)
    blobs.put("a/1", BytesIO(content))
    for start in range(0, 3 * MIB, MIB):
        with blobs.range("a/1", start, 4 * MIB) as source:
            few = bytearray(10)
            source.readinto(memoryview(few))
        assert few == content[start : start + 10]
        assert read(blobs, "a/1", 0, 100) == content[:100]


@pytest.mark.parametrize(
    ("name", "start", "stop"),
    [
        pytest.param("a/2", 0, 1, id="no such blob"),
        pytest.param("a/1", 0, 11, id="the blob ends before the range does"),
        pytest.param("a/1", 10, 11, id="the blob ends where the range begins"),
        pytest.param("a/1", 99, 100, id="the range begins beyond the end"),
    ],
)
def test_a_range_that_the_catalog_promised_but_is_not_there(
    blobs: Blobs, name: str, start: int, stop: int
) -> None:
    blobs.put("a/1", BytesIO(b"ten bytes."))
    with pytest.raises(Damaged), blobs.range(name, start, stop):
        pass


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (2, 1), (-1, 1)])
def test_a_range_of_no_bytes_is_a_mistake_of_the_caller(blobs: Blobs, start: int, stop: int) -> None:
    blobs.put("a/1", BytesIO(b"ten bytes."))
    with pytest.raises(ValueError, match="range"), blobs.range("a/1", start, stop):
        pass


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(0, id="at once"),
        pytest.param(1000, id="within the first part"),
        pytest.param(PART_SIZE, id="after a whole part"),
        pytest.param(PART_SIZE * (PARALLEL + 2) + 1, id="while parts are on their way"),
    ],
)
def test_a_source_that_breaks_leaves_nothing(
    blobs: Blobs, size: int, left_over: Callable[[Blobs], int]
) -> None:
    with pytest.raises(CutOff) as caught:
        blobs.put("a/1", Breaking(content_of(size), PART_SIZE))
    assert not getattr(caught.value, "__notes__", [])
    assert blobs.stat("a/1") is None
    assert names(blobs, "") == set()
    assert left_over(blobs) == 0


def test_a_source_that_breaks_leaves_the_earlier_blob(blobs: Blobs) -> None:
    blobs.put("a/1", BytesIO(b"earlier"))
    with pytest.raises(CutOff):
        blobs.put("a/1", Breaking(content_of(PART_SIZE + 1), PART_SIZE))
    assert read(blobs, "a/1", 0, 7) == b"earlier"


def test_nothing_is_under_the_name_before_the_end_of_the_source(blobs: Blobs) -> None:
    seen: list[BlobStat | None] = []

    class Watching(Stingy):
        def read(self, size: int, /) -> bytes:
            seen.append(blobs.stat("a/1"))
            return super().read(size)

    blobs.put("a/1", Watching(content_of(2 * PART_SIZE), PART_SIZE))
    assert seen
    assert not any(seen)


def test_deleting_is_the_same_the_second_time(blobs: Blobs) -> None:
    blobs.put("a/1", BytesIO(b"x"))
    blobs.put("a/2", BytesIO(b"y"))
    blobs.delete("a/1")
    blobs.delete("a/1")
    assert blobs.stat("a/1") is None
    assert names(blobs, "") == {"a/2"}


def test_listing_finds_a_prefix_and_nothing_else(blobs: Blobs) -> None:
    for name in ("one/a/1", "one/a/2", "one/b/1", "one-more/a/1", "two/1"):
        blobs.put(name, BytesIO(name.encode()))
    assert names(blobs, "one/") == {"one/a/1", "one/a/2", "one/b/1"}
    assert names(blobs, "one") == {"one/a/1", "one/a/2", "one/b/1", "one-more/a/1"}
    assert names(blobs, "three/") == set()
    assert {stat.size for stat in blobs.list("one/")} == {7}


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", "../b", "a/../b", "a/.", ".hidden", "a b", "a?b", "a%2e"]
)
def test_attacker_cannot_reach_another_blob_by_a_crooked_name(blobs: Blobs, name: str) -> None:
    blobs.put("b", BytesIO(b"another"))
    with pytest.raises(ValueError, match="name"):
        blobs.put(name, BytesIO(b"mine"))
    with pytest.raises(ValueError, match="name"):
        blobs.delete(name)
    with pytest.raises(ValueError, match="name"):
        blobs.stat(name)
    with pytest.raises(ValueError, match="name"), blobs.range(name, 0, 1):
        pass
    assert read(blobs, "b", 0, 7) == b"another"


def test_a_store_that_answers_passes_the_check(blobs: Blobs) -> None:
    blobs.check()
