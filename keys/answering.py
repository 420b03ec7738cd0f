"""What the agent's two listeners share: one message a connection, a few threads, a deadline for each."""

import socket
import socketserver
import sys
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from keys import connection
from keys.agent import KeyAgent
from keys.errors import Malformed

PATIENCE: Final = 2.0  # seconds that one connection may take
THREADS: Final = 16


class Answering(socketserver.TCPServer, ABC):
    """Take connections, and answer each from a thread. The kinds differ in how they learn who calls."""

    request_queue_size = 128

    def __init__(self, address: Any, agent: KeyAgent) -> None:
        self._agent = agent
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        super().__init__(address, socketserver.BaseRequestHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread."""
        self._threads.submit(self._answer_and_close, request, client_address)

    def server_close(self) -> None:
        """Stop listening, and let answers in the making leave."""
        super().server_close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    @abstractmethod
    def _answer(self, request: socket.socket, client_address: Any, *, deadline: float) -> None:
        """Learn who calls, and `_exchange` with them."""

    def _exchange(self, line: socket.socket, *, deadline: float, **caller: int | str) -> None:
        try:
            body = connection.receive(line, deadline=deadline)
        except Malformed:
            body = b""  # too long to read at all; as an empty message it is refused and logged like any other
        connection.send(line, self._agent.answer(body, **caller), deadline=deadline)

    def _answer_and_close(self, request: Any, client_address: Any) -> None:
        try:
            self._answer(request, client_address, deadline=time.monotonic() + PATIENCE)
        except Exception as error:  # noqa: BLE001 - one bad connection must not end the agent
            # Its kind alone: a message might quote what was sent.
            sys.stderr.write(f"key agent: a connection ended without an answer: {type(error).__name__}\n")
        finally:
            self.shutdown_request(request)
