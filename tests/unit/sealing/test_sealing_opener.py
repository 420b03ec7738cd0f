"""Opening ranges: what is asked of the store and of the keys, when, and what happens when they fail."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import pytest

from keys.secret import Secret
from recstore.errors import Damaged, KeysUnavailable, StoreUnavailable
from recstore.sealing.manifest import Segment
from recstore.sealing.opener import Opener
from recstore.sealing.segment import MOST_REMEMBERED, CheckedEnds, Reading, SealedRange
from tests.vectors.sealed_items import CHUNK, HEADER, SEALED_CHUNK, SealedItem, plaintext, seal_item

RUN = 64 * CHUNK
MIB = 1 << 20


@dataclass
class Watched:
    """An item whose store and keys are real, watched, and can be made to fail."""

    item: SealedItem
    at_most: int = 1 << 30  # bytes that one readinto gives
    requests: list[tuple[int, int]] = field(default_factory=list)
    open_ranges: int = 0
    keys_asked: int = 0
    contexts_asked: Counter[int] = field(default_factory=Counter)

    def opener(self) -> Opener:
        return Opener(
            self.item.segments, data_key_for=self.data_key, context_for=self.context, fetch=self.fetch
        )

    def data_key(self, segment: Segment) -> Secret:
        self.keys_asked += 1
        return self.item.data_key

    def context(self, segment: Segment) -> bytes:
        self.contexts_asked[segment.index] += 1
        return self.item.place.context(segment.index)

    def fetch(self, blob: str, start: int, stop: int) -> AbstractContextManager[SealedRange]:
        self.requests.append((start, stop))
        return self._watch(blob, start, stop)

    @contextmanager
    def _watch(self, blob: str, start: int, stop: int) -> Iterator[SealedRange]:
        self.open_ranges += 1
        try:
            with self.item.blobs.range(blob, start, stop) as stored:
                yield Drops(stored, self.at_most)
        finally:
            self.open_ranges -= 1


@dataclass
class Drops:
    """A ranged read that gives a few bytes at a time; none, when `at_most` is 0."""

    stored: SealedRange
    at_most: int

    def readinto(self, buffer: memoryview, /) -> int:
        return self.stored.readinto(buffer[: self.at_most])


@pytest.fixture(scope="module")
def long_item() -> SealedItem:
    """129 chunks in the first segment, six in the second."""
    return seal_item([plaintext(2 * RUN + 100), plaintext(5 * CHUNK)])


@pytest.fixture
def watched(long_item: SealedItem) -> Watched:
    return Watched(long_item)


def read(opener: Opener, start: int, stop: int) -> bytes:
    return b"".join(opener.read(start, stop))


def collect(pieces: Iterator[bytes], released: bytearray) -> None:
    for piece in pieces:
        released += piece


END = 2 * RUN + 100 + 5 * CHUNK


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        pytest.param(0, END, id="everything"),
        pytest.param(0, 0, id="nothing at the start"),
        pytest.param(END, END, id="nothing at the end"),
        pytest.param(0, 1, id="first byte"),
        pytest.param(END - 1, END, id="last byte"),
        pytest.param(CHUNK - 1, CHUNK + 1, id="over the edge of a chunk"),
        pytest.param(CHUNK, 2 * CHUNK, id="exactly one chunk"),
        pytest.param(RUN - 1, RUN + 1, id="over the edge of a run"),
        pytest.param(2 * RUN + 99, 2 * RUN + 101, id="over the edge of a segment"),
        pytest.param(2 * RUN + 100, END, id="exactly the second segment"),
    ],
)
def test_a_range_gives_that_slice(watched: Watched, start: int, stop: int) -> None:
    assert read(watched.opener(), start, stop) == watched.item.plain[start:stop]
    assert watched.open_ranges == 0


@pytest.mark.parametrize(
    ("start", "stop"),
    [(-1, 1), (2, 1), (0, END + 1), (END + 1, END + 1)],
    ids=["before", "backwards", "beyond", "after"],
)
def test_a_range_outside_the_item_is_refused_at_once(watched: Watched, start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="do not lie within"):
        watched.opener().read(start, stop)
    assert watched.requests == []


def test_pieces_are_at_most_a_mebibyte_and_stay_as_they_are(watched: Watched) -> None:
    pieces = list(watched.opener().read(0, END))
    assert max(len(piece) for piece in pieces) == MIB
    assert b"".join(pieces) == watched.item.plain


def test_a_store_that_gives_drops_gives_the_same_bytes(watched: Watched) -> None:
    watched.at_most = 1000
    assert read(watched.opener(), 0, END) == watched.item.plain


class TestRequestsToTheStore:
    def test_a_far_seek_reads_header_last_chunk_and_range(self, watched: Watched) -> None:
        read(watched.opener(), RUN + 5, RUN + 6)
        run = HEADER + 64 * SEALED_CHUNK
        last = HEADER + 128 * SEALED_CHUNK
        assert watched.requests == [(0, HEADER), (last, last + 116), (run, run + SEALED_CHUNK)]

    def test_whoever_reads_on_reaches_further_with_each_request(self, watched: Watched) -> None:
        read(watched.opener(), 0, END)
        spans = [(stop - start) // SEALED_CHUNK for start, stop in watched.requests]
        header = last = 0
        assert spans == [header, last, 16, 64, 128 - 16 - 64, header, last, 5]

    def test_no_request_reaches_further_than_64_mebibytes(self) -> None:
        reading = Reading()
        assert [reading.next_span() for _ in range(6)] == [16, 64, 256, 1024, 4096, 4096]

    def test_header_and_last_chunk_are_read_once_for_many_ranges(self, watched: Watched) -> None:
        opener = watched.opener()
        for start in (0, RUN, 5):
            read(opener, start, start + 1)
        assert len(watched.requests) == 5

    def test_ending_early_ends_the_request(self, watched: Watched) -> None:
        pieces = watched.opener().read(0, END)
        next(pieces)
        assert watched.open_ranges == 1
        pieces.close()  # type: ignore[attr-defined]
        assert watched.open_ranges == 0


class TestKeys:
    def test_the_key_is_asked_for_before_every_run(self, watched: Watched) -> None:
        pieces = watched.opener().read(0, 2 * RUN + 100)
        next(pieces)
        before = watched.keys_asked
        next(pieces)
        assert watched.keys_asked == before + 1

    def test_the_same_secret_is_derived_from_once_a_segment(self, watched: Watched) -> None:
        read(watched.opener(), 0, END)
        assert watched.contexts_asked == {0: 1, 1: 1}

    def test_another_secret_of_the_same_key_goes_on(self, watched: Watched) -> None:
        watched.item = seal_item([plaintext(2 * RUN)])
        pieces = watched.opener().read(0, 2 * RUN)
        first = next(pieces)
        watched.item.data_key = Secret(watched.item.data_key.reveal())
        assert first + b"".join(pieces) == watched.item.plain
        assert watched.contexts_asked == {0: 2}

    def test_another_key_in_the_middle_is_damage(self, watched: Watched) -> None:
        watched.item = seal_item([plaintext(2 * RUN)])
        pieces = watched.opener().read(0, 2 * RUN)
        next(pieces)
        watched.item.data_key = Secret(bytes(32))
        with pytest.raises(Damaged, match="its key or place is another"):
            next(pieces)
        assert watched.open_ranges == 0

    def test_a_key_that_expires_ends_the_reading(self, watched: Watched) -> None:
        error = KeysUnavailable("The key has expired.")
        opener = Opener(
            watched.item.segments,
            data_key_for=ExpiringKey(watched.item.data_key, error, times=3),
            context_for=watched.context,
            fetch=watched.fetch,
        )
        released = bytearray()
        with pytest.raises(KeysUnavailable) as raised:
            collect(opener.read(0, END), released)
        assert raised.value is error
        assert released == watched.item.plain[: (16 + 64) * CHUNK]  # two runs, after the check of the ends
        assert watched.open_ranges == 0


@dataclass
class ExpiringKey:
    secret: Secret
    error: Exception
    times: int

    def __call__(self, segment: Segment) -> Secret:
        self.times -= 1
        if self.times < 0:
            raise self.error
        return self.secret


@dataclass
class FailingStore:
    """A store that does not answer request number `number`, once."""

    item: SealedItem
    number: int
    error: StoreUnavailable = field(default_factory=lambda: StoreUnavailable("The store does not answer."))

    def __call__(self, blob: str, start: int, stop: int) -> AbstractContextManager[SealedRange]:
        self.number -= 1
        if self.number == 0:
            raise self.error
        return self.item.blobs.range(blob, start, stop)


class TestCheckedEnds:
    """What is remembered about a blob spares requests, and gives an attacker nothing."""

    LENGTH = 2 * RUN + 100

    @pytest.fixture
    def checked(self) -> CheckedEnds:
        return CheckedEnds()

    @pytest.fixture
    def once_read(self, watched: Watched, checked: CheckedEnds) -> Watched:
        watched.item = seal_item([plaintext(self.LENGTH)])
        read(self.opener(watched, checked), 0, 10)
        watched.requests.clear()
        return watched

    def opener(self, watched: Watched, checked: CheckedEnds) -> Opener:
        return Opener(
            watched.item.segments,
            data_key_for=watched.data_key,
            context_for=watched.context,
            fetch=watched.fetch,
            checked=checked,
        )

    def test_another_opener_asks_the_store_once_for_a_far_seek(
        self, once_read: Watched, checked: CheckedEnds
    ) -> None:
        found = read(self.opener(once_read, checked), self.LENGTH - 10, self.LENGTH)
        assert found == once_read.item.plain[-10:]
        assert len(once_read.requests) == 1

    def test_attacker_putting_another_blob_in_its_place_gains_nothing(
        self, once_read: Watched, checked: CheckedEnds
    ) -> None:
        once_read.item.store(0, seal_item([plaintext(self.LENGTH)]).sealed(0))
        with pytest.raises(Damaged, match="does not open at chunk 0"):
            read(self.opener(once_read, checked), 0, 10)

    def test_attacker_changing_its_end_gains_nothing(self, once_read: Watched, checked: CheckedEnds) -> None:
        sealed = bytearray(once_read.item.sealed(0))
        sealed[-1] ^= 1
        once_read.item.store(0, bytes(sealed))
        with pytest.raises(Damaged, match="does not open"):
            read(self.opener(once_read, checked), 0, self.LENGTH)

    def test_a_remembered_salt_of_another_blob_is_damage(
        self, once_read: Watched, checked: CheckedEnds
    ) -> None:
        checked.add(once_read.item.segments[0].blob, b"s" * 24)
        with pytest.raises(Damaged, match="its key or place is another"):
            read(self.opener(once_read, checked), 0, 10)

    def test_no_more_than_a_bound_is_remembered(self, checked: CheckedEnds) -> None:
        for number in range(MOST_REMEMBERED + 1):
            checked.add(str(number), b"salt")
        assert checked.salt("0") is None
        assert checked.salt(str(MOST_REMEMBERED)) == b"salt"


class TestFaults:
    @pytest.mark.parametrize("number", [1, 2, 3], ids=["header", "last chunk", "range"])
    def test_a_store_that_does_not_answer_shows_as_that_and_may_be_asked_again(
        self, watched: Watched, number: int
    ) -> None:
        fetch = FailingStore(watched.item, number)
        opener = Opener(
            watched.item.segments,
            data_key_for=watched.data_key,
            context_for=watched.context,
            fetch=fetch,
        )
        with pytest.raises(StoreUnavailable) as raised:
            read(opener, 0, 10)
        assert raised.value is fetch.error
        assert read(opener, 0, 10) == watched.item.plain[:10]

    def test_a_range_that_ends_too_early_is_damage(self, watched: Watched) -> None:
        opener = watched.opener()
        read(opener, 0, 1)
        watched.at_most = 0
        with pytest.raises(Damaged, match="ends too early"):
            read(opener, 0, END)
        assert watched.open_ranges == 0

    def test_an_untouched_run_of_a_damaged_segment_still_opens(self) -> None:
        item = seal_item([plaintext(2 * RUN)])
        sealed = bytearray(item.sealed(0))
        sealed[HEADER + 5] ^= 1
        item.store(0, bytes(sealed))
        opener = item.opener()
        with pytest.raises(Damaged, match="does not open at chunk 0"):
            read(opener, 0, 1)
        assert read(opener, RUN, 2 * RUN) == item.plain[RUN:]

    def test_attacker_changing_the_salt_between_two_attempts_gains_nothing(self, watched: Watched) -> None:
        item = seal_item([plaintext(CHUNK)])
        opener = Opener(
            item.segments,
            data_key_for=lambda segment: item.data_key,
            context_for=lambda segment: item.place.context(segment.index),
            fetch=FailingStore(item, 2),
        )
        with pytest.raises(StoreUnavailable):
            read(opener, 0, 1)
        item.store(0, bytes(24) + item.sealed(0)[24:])
        with pytest.raises(Damaged):
            read(opener, 0, 1)


@dataclass
class Slice:
    """A ranged read of bytes that lie in memory already."""

    rest: memoryview

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


def test_memory_does_not_grow_with_the_length() -> None:
    def peak(length: int) -> int:
        item = seal_item([bytes(length)])
        sealed = memoryview(item.sealed(0))
        opener = Opener(
            item.segments,
            data_key_for=lambda segment: item.data_key,
            context_for=lambda segment: item.place.context(segment.index),
            fetch=lambda blob, start, stop: nullcontext(Slice(sealed[start:stop])),
        )
        tracemalloc.start()
        for _ in opener.read(0, length):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(100 * MIB) < peak(8 * MIB) + MIB // 16
