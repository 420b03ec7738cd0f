"""HTTP connections to a store, with little patience: silence becomes an error before 5 seconds are over."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import ProtocolError

CONNECT_SECONDS = 1.5  # also the longest wait for room to send the next block
ANSWER_SECONDS = 3.0  # to the first byte of an answer, and between any two of its bytes
STALE_SECONDS = 0.25  # these three stay below 5 seconds together
SEND_SIZE = 1 << 18
CONNECTIONS = 32  # kept open per store; more are made when needed


class ImpatientPool(PoolManager):
    """A connection pool that waits briefly and tries again once, only after a kept connection went stale."""

    def __init__(self) -> None:
        timeout = Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        super().__init__(maxsize=CONNECTIONS, timeout=timeout, retries=False)

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, *, body: bytes | bytearray | None = None, **options: Any
    ) -> BaseHTTPResponse:
        """Send one request; raise urllib3's errors unchanged."""
        started = monotonic()
        try:
            return super().urlopen(method, url, body=_blocks(body), **options)
        except ProtocolError:
            # A store that restarts closes the connections we keep. That shows at once; the rest are faults.
            if method == "POST" or monotonic() - started > STALE_SECONDS:
                raise
        return super().urlopen(method, url, body=_blocks(body), **options)


def _blocks(body: bytes | bytearray | None) -> Iterator[memoryview] | None:
    """Cut a body: the socket's time-out counts for each block sent and must not depend on the body's size."""
    if body is None:
        return None
    view = memoryview(body)
    return (view[at : at + SEND_SIZE] for at in range(0, len(view), SEND_SIZE))
