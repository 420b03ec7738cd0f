"""Make a failing world small: leave out events, ever fewer at a time, for as long as it goes on failing."""

from collections.abc import Callable

from tests.oracle.past import Event

Fails = Callable[[list[Event]], bool]


def shrink(events: list[Event], fails: Fails) -> list[Event]:
    """Give a part of the events that still fails, and from which no single event can be left out."""
    size = max(1, len(events) // 2)
    while True:
        smaller = _leave_out(events, size, fails)
        if smaller is not None:
            events = smaller
        elif size == 1:
            return events
        else:
            size //= 2


def _leave_out(events: list[Event], size: int, fails: Fails) -> list[Event] | None:
    for start in reversed(range(0, len(events), size)):
        rest = events[:start] + events[start + size :]
        if rest and fails(rest):
            return rest
    return None
