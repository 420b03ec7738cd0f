"""Slow down whoever guesses passwords: count failed sign-ins by address, by origin, and by both."""

from datetime import datetime, timedelta
from ipaddress import IPv6Network, ip_address

from recstore.catalog import credentials, people
from recstore.catalog.database import Catalog
from recstore.errors import Throttled

WINDOW = timedelta(minutes=15)
# An address at one origin is stopped soon; at all origins together late, or anybody could lock anybody out.
MOST_FAILURES_PER_PLACE = 8
MOST_FAILURES_PER_ADDRESS = 48
MOST_FAILURES_PER_ORIGIN = 40


def note_attempt(catalog: Catalog, email: str, *, who: str, origin: str, now: datetime) -> list[int] | None:
    """Count and note a sign-in as failed until it succeeds; None if there were too many already.

    `who`: of what kind the address is. A user's and an operator's are counted apart.
    """
    address, network = f"{who} {people.spell(email)}", _network_of(origin)
    limits = {
        f"{address} origin {network}": MOST_FAILURES_PER_PLACE,
        address: MOST_FAILURES_PER_ADDRESS,
        f"origin {network}": MOST_FAILURES_PER_ORIGIN,
    }
    since = now - WINDOW
    with catalog.front_desk(write=True) as desk:
        credentials.take_turn(desk)
        keys = {desk.lookup(text): most for text, most in limits.items()}
        if any(credentials.count_failures(desk, key, since=since) >= most for key, most in keys.items()):
            return None
        return credentials.add_failures(desk, keys, at=now, forget_before=since)


def too_many() -> Throttled:
    """Give the error for one attempt too many."""
    return Throttled(
        "Too many failed sign-ins; wait a quarter of an hour.", retry_after=int(WINDOW.total_seconds())
    )


def _network_of(origin: str) -> str:
    """Give what counts as one origin: with IPv6 a /64, since whoever has one address has all of those."""
    try:
        found = ip_address(origin)
    except ValueError:
        return origin  # the server gave no address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))
