"""A TCP proxy that misbehaves on purpose, between a client and a real server on loopback.

Faults are set while it runs and apply to connections that are open as well as to new ones.
"""

import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum
from time import sleep
from types import TracebackType
from typing import Self

BLOCK = 1 << 16


class Fault(StrEnum):
    """What goes wrong. `after` bytes of answers have passed before it does, where that makes sense."""

    NONE = "none"
    REFUSE = "refuse"  # nobody listens
    SILENT = "silent"  # connections are taken, bytes vanish, nothing is ever answered
    RESET = "reset"  # the connection is torn down (RST)
    TRUNCATE = "truncate"  # the connection is closed in good order, but too early (FIN)
    DELAY = "delay"  # every block of an answer comes `delay` seconds late


class FaultyProxy:
    """Forward 127.0.0.1:port to `target`, with one fault at a time."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._fault, self._after, self._delay = Fault.NONE, 0, 0.0
        self._passed, self._once = 0, False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self._listen()

    def fail(self, fault: Fault, *, after: int = 0, delay: float = 0.0, once: bool = False) -> None:
        """Misbehave from now on, or once, when `after` more bytes of answers have passed."""
        with self._lock:
            self._fault, self._after, self._delay, self._passed = fault, after, delay, 0
            self._once = once
        if fault is Fault.REFUSE:
            self._hang_up()
        elif self._listener is None:
            self._listen()

    def heal(self) -> None:
        """Behave again. Connections that a fault spoilt are closed, as a restarted server would."""
        self._close_all()
        self.fail(Fault.NONE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._hang_up()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which close() alone does not
            self._listener.close()
            self._listener = None
        self._close_all()

    def _close_all(self) -> None:
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            _shut(end)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # hung up
            server = socket.create_connection(self._target)
            with self._lock:
                self._open |= {client, server}
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, answers), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):  # the other direction has closed both ends
            while block := source.recv(BLOCK):
                if not self._pass(block, sink, answers=answers):
                    break
        _shut(sink)
        _shut(source)

    def _pass(self, block: bytes, sink: socket.socket, *, answers: bool) -> bool:
        """Forward one block, or do to it what the fault says; return whether the connection goes on."""
        with self._lock:
            fault, left, delay = self._fault, self._after - self._passed, self._delay
            if answers:
                self._passed += len(block)
        if fault in (Fault.NONE, Fault.DELAY):
            sleep(delay if answers and fault is Fault.DELAY else 0)
            sink.sendall(block)
            return True
        if left > 0:
            sink.sendall(block[:left] if answers else block)
            if not answers or len(block) <= left:
                return True
        if fault is Fault.SILENT:
            return True
        if self._once:
            self._fault = Fault.NONE
        if fault is Fault.RESET:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


def _shut(end: socket.socket) -> None:
    """Close, waking whoever reads; a full shutdown would say goodbye (FIN) where a reset is wanted."""
    with suppress(OSError):  # closed already
        end.shutdown(socket.SHUT_RD)
    end.close()
