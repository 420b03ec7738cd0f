"""From asking for a far place to its first byte: milliseconds, beside the same asked of the store directly.

Each seek is a request of its own for 64 KiB at a random place of 1 GiB, on a connection that stays open, as
players do. The service decides every one anew; the open data key it may hold for less than a minute.
"""

import random
from http.client import HTTPConnection
from statistics import quantiles
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks.service import GIB, serving

SEEKS = 400
LENGTH = 64 << 10

AT_MOST = {"service, p95 ms": 15.0}


def measure() -> dict[str, float]:
    """Return medians and 95th percentiles."""
    with serving() as service:
        item_id = service.hand_over(GIB)
        name, _, value = service.cookie.partition(": ")
        player = Seeker(service.media_url(item_id), {name: value})
        bare = Seeker(service.sealed_url(item_id), {})
        places = [random.randrange(GIB - LENGTH) for _ in range(SEEKS)]
        times = [(player.seek(place), bare.seek(place)) for place in places]
    ours, theirs = ([pair[side] for pair in times] for side in (0, 1))
    return {
        "service, p50 ms": percentile(ours, 50),
        "service, p95 ms": percentile(ours, 95),
        "the store alone, p50 ms": percentile(theirs, 50),
        "the store alone, p95 ms": percentile(theirs, 95),
    }


def percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


class Seeker:
    """One client on one connection."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        address = urlsplit(url)
        self._connection = HTTPConnection(address.netloc)
        self._target = f"{address.path}?{address.query}" if address.query else address.path
        self._headers = headers

    def seek(self, place: int) -> float:
        """Ask for a place and return the milliseconds until its first byte came."""
        headers = self._headers | {"Range": f"bytes={place}-{place + LENGTH - 1}"}
        start = perf_counter()
        self._connection.request("GET", self._target, headers=headers)
        answer = self._connection.getresponse()
        first = answer.read(1)
        taken = perf_counter() - start
        if answer.status != 206 or len(first + answer.read()) != LENGTH:
            raise RuntimeError(f"a seek was answered with {answer.status}")
        return taken * 1000
