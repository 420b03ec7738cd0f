import threading
import time

import pytest

from keys.custodians.deadline import Deadline
from keys.errors import DoesNotOpen, RootUnavailable


def test_what_the_call_gives_and_raises_comes_through() -> None:
    deadline = Deadline(width=1)
    assert deadline.call(lambda: 7) == 7

    def fail() -> None:
        raise DoesNotOpen("no")

    with pytest.raises(DoesNotOpen):
        deadline.call(fail)
    assert deadline.call(lambda: 8) == 8


def test_a_call_that_hangs_is_left_behind_and_counts_until_it_returns() -> None:
    deadline, over, hanging = Deadline(width=2), threading.Event(), []

    def hang() -> None:
        hanging.append(1)
        over.wait(10)

    for _ in range(4):
        began = time.monotonic()
        with pytest.raises(RootUnavailable):
            deadline.call(hang, seconds=0.1)
        assert time.monotonic() - began < 1
    assert len(hanging) == 2, "no more threads hang than are allowed at a time"
    over.set()
    assert deadline.call(lambda: 9, seconds=2) == 9


def test_no_more_calls_run_at_a_time_than_allowed() -> None:
    deadline, running, most = Deadline(width=3), [], []

    def work() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()

    threads = [threading.Thread(target=deadline.call, args=(work,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 12
    assert max(most) <= 3
