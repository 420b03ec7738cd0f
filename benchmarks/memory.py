"""Peak memory of the one web worker while it streams a short recording, then one 32 times as long: MiB.

The kernel keeps the peak (VmHWM, proc(5)); it is set back before each.
"""

from pathlib import Path

from benchmarks.curl import download
from benchmarks.service import GIB, MIB, Service, serving

SHORT, LONG = 64 * MIB, 2 * GIB

AT_MOST = {"2 GiB": 150.0, "2 GiB ÷ 64 MiB": 1.1}


def measure() -> dict[str, float]:
    """Return the peaks and their ratio."""
    with serving() as service:
        peak_while_streaming(service, SHORT)  # what every worker loads at its first request
        short, long = (peak_while_streaming(service, length) for length in (SHORT, LONG))
    return {"64 MiB": short, "2 GiB": long, "2 GiB ÷ 64 MiB": long / short}


def peak_while_streaming(service: Service, length: int) -> float:
    """Stream a new recording of `length` bytes once; return the worker's peak."""
    url, worker = service.media_url(service.hand_over(length)), service.worker_pid()
    Path(f"/proc/{worker}/clear_refs").write_text("5")  # the peak begins anew
    download(url, service.cookie)
    if service.worker_pid() != worker:
        raise RuntimeError("the worker was replaced meanwhile")
    [peak] = [
        line for line in Path(f"/proc/{worker}/status").read_text().splitlines() if line.startswith("VmHWM:")
    ]
    return int(peak.split()[1]) / 1024
