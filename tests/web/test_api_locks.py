"""Locking the keys of a running service: nothing opens any more, and what runs ends, whoever stalls."""

import json
import signal
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from uuid import UUID

import pytest

from keys.holder import set_lock
from tests.web.running import Running
from tests.web.test_api_streaming import film, media
from tests.web.test_api_watch import BUFFER, receive_until, start

__all__ = ["film"]  # a fixture


@pytest.fixture
def lock(service: Running) -> Iterator[Callable[[], None]]:
    """Lock the account as whoever holds the keys does; it is unlocked afterwards."""
    home, account_id = service.settings.data / "keys", service.world.account
    yield lambda: set_lock(home, account_id, locked=True)
    set_lock(home, account_id, locked=False)


def test_a_locked_account_opens_nothing_until_it_is_unlocked(
    service: Running, film: UUID, lock: Callable[[], None]
) -> None:
    assert service.ask("ann", "GET", media(film), Range="bytes=0-9")[0] == 206
    lock()
    sleep(1)  # the push drops the key that was held for the next range
    status, told, body = service.ask("ann", "GET", media(film), Range="bytes=0-9")
    problem = json.loads(body)
    assert (status, problem["code"]) == (503, "keys_unavailable")
    assert "locked" in problem["detail"]
    assert int(told["Retry-After"]) > 0
    set_lock(service.settings.data / "keys", service.world.account, locked=False)
    assert service.ask("ann", "GET", media(film), Range="bytes=0-9")[0] == 206


@pytest.mark.parametrize(("address", "told"), [("/api/v1/recordings", b"keys_unavailable"), ("/", b"locked")])
def test_a_locked_account_shows_no_title_either(
    service: Running, film: UUID, lock: Callable[[], None], address: str, told: bytes
) -> None:
    """Titles are sealed too: the keys of texts that a worker holds are dropped by the push."""

    def look() -> tuple[int, bytes]:
        status, _, body = service.ask("ann", "GET", address)
        return status, body

    title = b"Weekly"
    status, body = look()
    assert (status, title in body) == (200, True)
    lock()
    locked_at = monotonic()
    while look()[0] == 200:
        assert monotonic() - locked_at < 2
        sleep(0.1)
    status, body = look()
    assert (status, title in body) == (503, False)
    assert told in body
    set_lock(service.settings.data / "keys", service.world.account, locked=False)
    status, body = look()
    assert (status, title in body) == (200, True)


def test_a_player_loses_its_stream_within_two_seconds_of_the_lock(
    service: Running, film: UUID, lock: Callable[[], None]
) -> None:
    with start(service, media(film), "bo") as wire:
        assert receive_until(wire, monotonic() + 1, per_second=400_000)[1] is False
        lock()
        locked_at = monotonic()
        assert receive_until(wire, locked_at + 4, per_second=400_000)[1]
        assert monotonic() - locked_at < 2 + 2 * BUFFER / 400_000 + 0.2


def test_a_client_that_reads_nothing_loses_its_stream_too(
    service: Running, film: UUID, lock: Callable[[], None]
) -> None:
    with start(service, media(film), "bo") as wire:
        sleep(1)
        lock()
        sleep(2)
        count, broken = receive_until(wire, monotonic() + 10, per_second=1 << 30)
        assert broken
        assert count <= 2 * BUFFER


def test_without_the_push_a_stream_ends_within_a_minute(
    service: Running, film: UUID, lock: Callable[[], None]
) -> None:
    """The agent is stopped: it tells of no lock, and answers nothing. What is held ends by its age alone."""
    with start(service, media(film), "bo") as wire:
        receive_until(wire, monotonic() + 1, per_second=400_000)
        service.agent.send_signal(signal.SIGSTOP)
        try:
            lock()
            began = monotonic()
            assert receive_until(wire, began + 62, per_second=500_000)[1]
            assert 5 < monotonic() - began < 60 + 2 * BUFFER / 500_000
        finally:
            service.agent.send_signal(signal.SIGCONT)
