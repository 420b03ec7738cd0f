"""The cache in front of a far custodian: what it holds, for how long, and for whom."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from keys.custodians.cache import HOLD, Cached
from keys.custodians.file import FileCustodian
from keys.errors import DoesNotOpen, RootRefused
from keys.secret import Secret

HELD = Secret(bytes(range(96)))


class Counted(FileCustodian):
    """Count and delay what is asked, and refuse when told."""

    def __init__(self) -> None:
        super().__init__(Secret(bytes(32)))
        self.asked = 0
        self.disabled = False
        self.before: Callable[[], object] = lambda: None

    def unwrap(self, wrapped: bytes, *, context: bytes) -> Secret:
        self.asked += 1
        self.before()
        if self.disabled:
            raise RootRefused("disabled")
        return super().unwrap(wrapped, context=context)


@pytest.fixture
def far() -> Counted:
    return Counted()


def test_a_key_is_asked_for_once_while_it_is_held(far: Counted) -> None:
    cached, wrapped = Cached(far), far.wrap(HELD, context=b"c")
    assert [cached.unwrap(wrapped, context=b"c") for _ in range(5)] == [HELD] * 5
    assert far.asked == 1


def test_attacker_cannot_have_a_held_key_under_another_context(far: Counted) -> None:
    cached, wrapped = Cached(far), far.wrap(HELD, context=b"c")
    cached.unwrap(wrapped, context=b"c")
    for context in (b"", b"d", b"cc"):
        with pytest.raises(DoesNotOpen):
            cached.unwrap(wrapped, context=context)
    with pytest.raises(DoesNotOpen):
        cached.unwrap(wrapped[:-1], context=b"c")


def test_a_disabled_root_counts_when_the_time_is_over_however_often_it_was_asked(far: Counted) -> None:
    cached, wrapped = Cached(far, hold=0.3), far.wrap(HELD, context=b"c")
    cached.unwrap(wrapped, context=b"c")
    far.disabled, began = True, time.monotonic()
    while time.monotonic() - began < 0.2:
        assert cached.unwrap(wrapped, context=b"c") == HELD
    time.sleep(0.15)
    with pytest.raises(RootRefused):
        cached.unwrap(wrapped, context=b"c")


def test_a_held_key_is_dropped_though_nobody_asks(far: Counted) -> None:
    cached = Cached(far, hold=0.1)
    for number in range(3):
        context = bytes([number])
        cached.unwrap(far.wrap(HELD, context=context), context=context)
        time.sleep(0.03)
    assert cached._held
    time.sleep(0.3)
    assert not cached._held
    assert cached._sweeper is None, "no thread is left either"


def test_no_more_are_held_than_allowed(far: Counted) -> None:
    cached = Cached(far, most=3)
    wrapped = [far.wrap(HELD, context=b"c") for _ in range(5)]
    for each in wrapped:
        cached.unwrap(each, context=b"c")
    assert len(cached._held) == 3
    cached.unwrap(wrapped[-1], context=b"c")
    assert far.asked == 5
    cached.unwrap(wrapped[0], context=b"c")
    assert far.asked == 6, "the oldest went first"


def test_a_thousand_viewers_are_one_question(far: Counted) -> None:
    cached, wrapped = Cached(far), far.wrap(HELD, context=b"c")
    far.before = lambda: time.sleep(0.1)
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: cached.unwrap(wrapped, context=b"c"), range(1000)))
    assert found == [HELD] * 1000
    assert far.asked == 1


def test_an_error_reaches_all_who_wait_and_is_not_held(far: Counted) -> None:
    cached, wrapped = Cached(far), far.wrap(HELD, context=b"c")
    all_wait = threading.Barrier(9)
    far.disabled, far.before = True, lambda: time.sleep(0.2)

    def ask(_: int) -> str:
        all_wait.wait(5)
        with pytest.raises(RootRefused):
            cached.unwrap(wrapped, context=b"c")
        return "refused"

    with ThreadPoolExecutor(9) as threads:
        assert list(threads.map(ask, range(9))) == ["refused"] * 9
    assert far.asked == 1
    far.disabled, far.before = False, lambda: None
    assert cached.unwrap(wrapped, context=b"c") == HELD


def test_with_a_workers_minute_a_disabled_root_stops_streams_in_time() -> None:
    assert HOLD + 40 + 15 <= 60  # what a worker holds (recstore.custody), and a stalled stream on top
