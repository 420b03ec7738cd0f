"""Wait no longer than a deadline, whatever a library or a network does."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from typing import Final, TypeVar

from keys.errors import RootUnavailable

# With what reading the request and sending the answer take, less than the two seconds of a connection.
SECONDS: Final = 1.5
T = TypeVar("T")


class Deadline:
    """Run calls in threads of their own, at most `width` at a time, and give up on each after some seconds.

    A call that hangs cannot be ended from outside: it is left behind, and counts until it returns. So a
    keeper that hangs holds `width` threads, not one a question. They never keep the process alive.
    """

    def __init__(self, *, width: int) -> None:
        self._free = BoundedSemaphore(width)

    def call(self, work: Callable[[], T], *, seconds: float = SECONDS) -> T:
        """Give what `work` gives, or raise what it raises. Raises RootUnavailable after the deadline."""
        deadline = time.monotonic() + seconds
        if not self._free.acquire(timeout=seconds):
            raise RootUnavailable("The keeper of the root still owes its answers to earlier calls.")
        answer: Future[T] = Future()
        Thread(target=self._run, args=(work, answer), daemon=True).start()
        try:
            return answer.result(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise RootUnavailable(f"The keeper of the root did not answer in {seconds} s.") from None

    def _run(self, work: Callable[[], T], answer: Future[T]) -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(error)
        finally:
            self._free.release()
