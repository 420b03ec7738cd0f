"""What the agent's two listeners share: questions one after the other on a connection, threads, deadlines."""

import socket
import socketserver
import ssl
import sys
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from keys import connection
from keys.agent import KeyAgent
from keys.errors import Malformed
from keys.herald import Herald
from keys.idle import Call, Idle
from keys.protocol import WATCH

PATIENCE: Final = 2.0  # seconds that saying who calls may take, and then each question
THREADS: Final = 16


class Answering(socketserver.TCPServer, ABC):
    """Take connections, and answer each question from a thread. Kinds differ in how they learn who calls."""

    request_queue_size = 128

    def __init__(self, address: Any, agent: KeyAgent) -> None:
        self._agent = agent
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._herald = Herald(agent.locks)
        self._idle = Idle(lambda call: self._threads.submit(self._serve, call))
        super().__init__(address, socketserver.BaseRequestHandler)  # it closes everything if it cannot listen

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread."""
        self._threads.submit(self._welcome, request, client_address)

    def server_close(self) -> None:
        """Stop listening, and let answers in the making leave."""
        super().server_close()
        self._herald.close()
        self._idle.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    @abstractmethod
    def _greet(self, request: socket.socket, client_address: Any, *, deadline: float) -> Call | None:
        """Learn who calls; None for a stranger, who was sent away."""

    def _welcome(self, request: Any, client_address: Any) -> None:
        try:
            call = self._greet(request, client_address, deadline=time.monotonic() + PATIENCE)
            if call:
                self._idle.add(call)
        except Exception as error:  # noqa: BLE001 - one bad connection must not end the agent
            _complain(error)
            self.shutdown_request(request)

    def _serve(self, call: Call) -> None:
        try:
            while self._answer(call):
                # What TLS has taken in already, nobody can wait for at the socket.
                if not (isinstance(call.line, ssl.SSLSocket) and call.line.pending()):
                    self._idle.add(call)
                    return
        except Exception as error:  # noqa: BLE001 - as above
            _complain(error)
            self.shutdown_request(call.line)

    def _answer(self, call: Call) -> bool:
        """Answer one question; say whether the connection waits for another."""
        deadline = time.monotonic() + PATIENCE
        try:
            body = connection.receive(call.line, deadline=deadline)
        except connection.Over:
            self.shutdown_request(call.line)
            return False
        except Malformed:
            # Too long to read at all: as an empty message it is refused and logged like any other.
            connection.send(call.line, self._agent.answer(b"", **call.caller), deadline=deadline)
            self.shutdown_request(call.line)  # nobody knows where the next message would begin
            return False
        if body == WATCH:
            self._agent.note_watcher(**call.caller)
            self._herald.add(call.line)
            return False
        connection.send(call.line, self._agent.answer(body, **call.caller), deadline=deadline)
        return True


def _complain(error: Exception) -> None:
    # Its kind alone: a message might quote what was sent.
    sys.stderr.write(f"key agent: a connection ended without an answer: {type(error).__name__}\n")
