"""Counts for Prometheus, by method, route pattern and status. No label names a person or an item."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600)

registry = CollectorRegistry()
_requests = Counter(
    "recstore_requests", "Requests answered.", ("method", "route", "status"), registry=registry
)
_duration = Histogram(
    "recstore_request_seconds",
    "Time until the last byte left.",
    ("route",),
    buckets=SECONDS,
    registry=registry,
)


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
    _requests.labels(known, route, str(status)).inc()
    _duration.labels(route).observe(seconds)


def write() -> bytes:
    """Write the counts of this process in Prometheus' text form."""
    return generate_latest(registry)
