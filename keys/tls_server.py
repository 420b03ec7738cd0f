"""The agent's TCP listener: mutual TLS, for clients that a CA vouches for and whose names are listed."""

import socket
from collections.abc import Collection
from threading import BoundedSemaphore
from typing import Any, Final

from keys import connection
from keys.agent import KeyAgent
from keys.answering import THREADS, Answering
from keys.errors import HomeUnfit
from keys.idle import Call
from keys.tls import Identity, peer_name, server_context

WAITING: Final = 128


class TlsServer(Answering):
    """Listen at a host and port for the clients named in `allowed`.

    Its threads are its own: who floods this side does not stand in the way of the Unix socket's.
    """

    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], agent: KeyAgent, *, identity: Identity, allowed: Collection[str]
    ) -> None:
        if not allowed:
            raise HomeUnfit("No client's name is allowed: nobody could ask over TLS.")
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._context = server_context(identity)
        self._allowed = frozenset(allowed)
        self._places = BoundedSemaphore(THREADS + WAITING)
        try:
            super().__init__(address, agent)
        except OSError as error:
            raise HomeUnfit(f"The key agent cannot listen at {address[0]}:{address[1]}: {error}.") from error

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread, or hang up when too many wait: anybody may come here."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def _welcome(self, request: Any, client_address: Any) -> None:
        try:
            super()._welcome(request, client_address)
        finally:
            self._places.release()

    def _greet(self, request: socket.socket, client_address: Any, *, deadline: float) -> Call | None:
        # Here and not where connections are accepted: a caller that shakes hands slowly holds up nobody else.
        connection.send_at_once(request)
        request.settimeout(connection.left(deadline))
        request.getpeername()  # of one who is gone, wrap_socket leaves a socket open (CPython 3.11)
        line = self._context.wrap_socket(request, server_side=True)
        name = peer_name(line)
        if name in self._allowed:
            return Call(line, {"client": str(name)})
        with line:
            self._agent.refuse_stranger(client=str(name), address=str(client_address[0]))
        return None
