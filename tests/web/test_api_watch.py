"""No client holds on by being slow: not to a right that it lost, and not to a thread of the service."""

import socket
from contextlib import ExitStack
from time import monotonic, sleep
from uuid import UUID

import pytest

from tests.web.running import Running
from tests.web.test_api_streaming import FILM, MIB, film, media, take_out
from web.watch import MOST_STREAMS

__all__ = ["film"]  # a fixture

BUFFER = 64 << 10


def start(service: Running, path: str, name: str) -> socket.socket:
    return start_with(service, path, cookie=service.as_(name)["Cookie"])


def start_with(service: Running, path: str, *, cookie: str) -> socket.socket:
    """Ask for a film over a connection with a small receive buffer; gives it after the answer's head."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    wire.settimeout(20)
    wire.connect(("127.0.0.1", service.port))
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
    wire.sendall(head.encode())
    assert wire.recv(12) == b"HTTP/1.1 200"
    return wire


def receive_until(wire: socket.socket, end: float, *, per_second: int) -> tuple[int, bool]:
    """Read at a rate until a moment; gives the bytes received, and whether the connection broke."""
    count, began = 0, monotonic()
    while monotonic() < end:
        try:
            piece = wire.recv(16 << 10)
        except ConnectionError:
            return count, True
        if not piece:
            return count, True
        count += len(piece)
        sleep(max(0.0, began + count / per_second - monotonic()))
    return count, False


def test_a_slow_client_loses_the_stream_within_two_seconds_of_the_right(service: Running, film: UUID) -> None:
    with start(service, media(film), "bo") as wire:
        assert receive_until(wire, monotonic() + 2, per_second=400_000)[1] is False
        take_out(service, film)
        lost_at = monotonic()
        count, broken = receive_until(wire, lost_at + 4, per_second=400_000)
        assert broken
        # What the client's own system held already comes out yet; what the service's system held does not.
        assert monotonic() - lost_at < 2 + 2 * BUFFER / 400_000 + 0.2
        assert count < 2 * 400_000 + 2 * BUFFER


def test_a_client_that_reads_nothing_gets_nothing_that_was_on_the_way(service: Running, film: UUID) -> None:
    with start(service, media(film), "bo") as wire:
        sleep(1)
        take_out(service, film)
        sleep(2)
        count, broken = receive_until(wire, monotonic() + 10, per_second=1 << 30)
        assert broken
        assert count <= 2 * BUFFER


def test_a_stalled_client_frees_its_thread_without_a_word_in_the_log(service: Running, film: UUID) -> None:
    before = service.log.read_text().count("Traceback")
    with start(service, media(film), "bo"):
        take_out(service, film)
        sleep(2.5)
    assert service.log.read_text().count("Traceback") == before


def test_attacker_cannot_hold_all_threads_with_streams_that_they_do_not_read(
    service: Running, film: UUID
) -> None:
    with ExitStack() as streams:
        unread = [streams.enter_context(start(service, media(film), "bo")) for _ in range(MOST_STREAMS + 1)]
        assert service.ask("ann", "GET", media(film), Range="bytes=0-9")[0] == 206
        _, first_broken = receive_until(unread[0], monotonic() + 10, per_second=1 << 30)
        assert first_broken
        assert unread[-1].recv(1)


def test_a_player_that_leaves_streams_behind_goes_on_seeking(service: Running, film: UUID) -> None:
    with ExitStack() as streams:
        for _ in range(2 * MOST_STREAMS):
            streams.enter_context(start(service, media(film), "bo"))
        assert service.ask("bo", "GET", media(film), Range="bytes=0-9")[0] == 206


def test_a_quick_client_after_another_gets_everything(service: Running, film: UUID) -> None:
    connection = service.open()
    for _ in range(MOST_STREAMS + 2):
        connection.request("GET", media(film), headers=service.as_("bo") | {"Range": f"bytes=0-{MIB - 1}"})
        assert connection.getresponse().read() == FILM[:MIB]
    connection.close()


SIGN_IN = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
HAND_OVER = b"PUT /api/v1/calls/c/recordings/r HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
IDLE = {
    "a form that does not come": (SIGN_IN, b"", 12),
    "a form of which a byte comes now and then": (SIGN_IN, b"x", 12),
    "a hand-over by nobody, byte by byte": (HAND_OVER, b"x", 5),
    "half a head": (b"GET / HTTP/1.1\r\nHost: loc", b"", 12),
    "a head that comes byte by byte": (b"GET / HTTP/1.1\r\nHost: loc", b"a", 12),
}


@pytest.mark.parametrize(("head", "drip", "seconds"), IDLE.values(), ids=IDLE)
def test_attacker_who_sends_slowly_stops_the_service_for_seconds_only(
    service: Running, head: bytes, drip: bytes, seconds: int
) -> None:
    began = monotonic()
    with ExitStack() as attack:
        wires = [
            attack.enter_context(socket.create_connection(("127.0.0.1", service.port))) for _ in range(8)
        ]
        for wire in wires:
            wire.sendall(head)
        with socket.create_connection(("127.0.0.1", service.port), timeout=1) as honest:
            honest.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while not _answered(honest):
                assert monotonic() - began < seconds + 2
                for wire in wires:
                    _send(wire, drip)


def _answered(honest: socket.socket) -> bool:
    try:
        return honest.recv(12) == b"HTTP/1.1 200"
    except TimeoutError:
        return False


def _send(wire: socket.socket, drip: bytes) -> None:
    try:
        wire.sendall(drip)
    except ConnectionError:
        wire.close()
    except OSError:
        assert wire.fileno() < 0  # closed above
