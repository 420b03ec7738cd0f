"""A proxy between a client and the key agent's socket that knows where an answer begins and ends.

It passes everything on, news for watchers too, but spoils the next answers about keys, each with the next of
its faults.
"""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from keys import connection
from keys.protocol import WATCH

Fault = Callable[[socket.socket, bytes], None]  # the client's connection; the answer, its length before it
SECONDS = 20.0


class AgentProxy:
    """Listen at `path`, pass on to `target`. A connection is closed after an answer that was spoilt."""

    def __init__(self, path: Path, target: Path, *faults: Fault) -> None:
        self.path = path
        self.answers: list[bytes] = []  # about keys, as the agent gave them
        self._target = target
        self._faults = list(faults)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def spoil(self, *faults: Fault) -> None:
        """Spoil the next answers about keys so; the others pass."""
        self._faults = list(faults)

    def hang_up(self) -> None:
        """Break all connections, and take no more."""
        with suppress(OSError):  # hung up before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with suppress(OSError):  # the other side was first
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.hang_up()

    def _accept(self) -> None:
        with suppress(OSError):  # hung up
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(line,), daemon=True).start()

    def _pass_on(self, line: socket.socket) -> None:
        with line, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as onward, suppress(OSError):
            onward.connect(str(self._target))
            with self._lock:
                self._open |= {line, onward}
            while self._pass_question(line, onward):
                pass

    def _pass_question(self, line: socket.socket, onward: socket.socket) -> bool:
        """Pass one question on, and its answer back; say whether the connection goes on."""
        question = connection.receive(line, deadline=time.monotonic() + SECONDS)
        connection.send(onward, question, deadline=time.monotonic() + SECONDS)
        if question == WATCH:
            onward.settimeout(None)
            while news := onward.recv(1 << 16):
                line.sendall(news)
            return False
        body = connection.receive(onward, deadline=time.monotonic() + SECONDS)
        answer = len(body).to_bytes(4, "big") + body
        fault = self._next_fault(question, answer)
        (fault or honest)(line, answer)
        return fault is None

    def _next_fault(self, question: bytes, answer: bytes) -> Fault | None:
        if not json.loads(question)["says"].startswith("open-"):
            return None
        with self._lock:
            self.answers.append(answer)
            return self._faults.pop(0) if self._faults else None


def honest(line: socket.socket, answer: bytes) -> None:
    line.sendall(answer)


def cut(after: int) -> Fault:
    """Give so many bytes of the answer, then close in good order."""
    return lambda line, answer: line.sendall(answer[:after])


def reset(line: socket.socket, answer: bytes) -> None:
    """Tear the connection down in mid-answer. A Unix socket has no RST: what was not read yet is dropped."""
    line.sendall(answer[: len(answer) // 2])
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def trickle(line: socket.socket, answer: bytes) -> None:
    """Give the answer byte by byte, for as long as anybody takes them."""
    with suppress(BrokenPipeError):  # the client loses its patience, which is what is tested
        for place in range(len(answer)):
            line.sendall(answer[place : place + 1])
            time.sleep(0.05)


def late(seconds: float) -> Fault:
    """Give the whole answer, so much later."""

    def answer_late(line: socket.socket, answer: bytes) -> None:
        time.sleep(seconds)
        with suppress(BrokenPipeError):  # as above
            line.sendall(answer)

    return answer_late


def replay(recorded: bytes) -> Fault:
    """Give a recorded answer in place of the right one."""
    return lambda line, _: line.sendall(recorded)


def relabel(recorded: bytes) -> Fault:
    """Give a recorded answer under the id of this request."""

    def answer(line: socket.socket, right: bytes) -> None:
        body = json.dumps(json.loads(recorded[4:]) | {"id": json.loads(right[4:])["id"]}).encode()
        line.sendall(len(body).to_bytes(4, "big") + body)

    return answer
