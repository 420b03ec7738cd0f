"""Opened streaming through the service, against others that pass on the same bytes still sealed: MiB/s.

A signed-in user fetches 1 GiB with curl from one worker of the service, which opens it on the way. nginx
passes on the sealed object, unbuffered (as it has to in front of media) and with large buffers; at last curl
fetches it from the store itself.
"""

from functools import partial

from benchmarks.curl import download
from benchmarks.nginx import passing_on
from benchmarks.rounds import alternate
from benchmarks.service import GIB, serving

AT_LEAST = {"service ÷ nginx, unbuffered": 1.0}


def measure() -> dict[str, float]:
    """Return everybody's MiB/s and the ratios."""
    with serving() as service:
        item_id = service.hand_over(GIB)
        sealed_url = service.sealed_url(item_id)
        with passing_on(sealed_url) as (unbuffered, tuned):
            turns = {
                "service": partial(download, service.media_url(item_id), service.cookie),
                "nginx, unbuffered": partial(download, unbuffered),
                "nginx, tuned buffers": partial(download, tuned),
                "the store alone": partial(download, sealed_url),
            }
            for turn in turns.values():
                turn()  # everybody's caches are warm
            speeds = alternate(turns)
    ours = speeds["service"]
    ratios = {f"service ÷ {name}": ours / speed for name, speed in speeds.items() if name != "service"}
    return {f"{name}, MiB/s": speed for name, speed in speeds.items()} | ratios
