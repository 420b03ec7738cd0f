"""The agent's Unix socket: one message a connection, from processes of the agent's own user alone."""

import os
import socket
import socketserver
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from keys import connection
from keys.agent import KeyAgent
from keys.errors import HomeUnfit, Malformed

PATIENCE: Final = 2.0  # seconds that one connection may take
THREADS: Final = 16


class Server(socketserver.UnixStreamServer):
    """Listen at `path` for processes of the user `owner`, and answer them from a few threads."""

    request_queue_size = 128

    def __init__(self, path: Path, agent: KeyAgent, *, owner: int) -> None:
        self._path = path
        self._agent = agent
        self._owner = owner
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        _clear_stale(path)
        try:
            super().__init__(os.fspath(path), socketserver.BaseRequestHandler)
        except OSError as error:
            raise HomeUnfit(f"The key agent cannot listen at {path}: {error}.") from error
        path.chmod(0o600)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's
        """Turn away other users' processes: the socket's permissions are the first wall, this is one more."""
        pid, uid = connection.peer(request)
        if uid != self._owner:
            self._agent.refuse_stranger(pid=pid, uid=uid)
        return uid == self._owner

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's
        """Hand a connection to a thread."""
        self._threads.submit(self._answer_and_close, request)

    def server_close(self) -> None:
        """Stop listening, let answers in the making leave, and remove the socket."""
        super().server_close()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._path.unlink(missing_ok=True)

    def _answer_and_close(self, request: Any) -> None:
        try:
            self._answer(request)
        except Exception as error:  # noqa: BLE001 - one bad connection must not end the agent
            # Its kind alone: a message might quote what was sent.
            sys.stderr.write(f"key agent: a connection ended without an answer: {type(error).__name__}\n")
        finally:
            self.shutdown_request(request)

    def _answer(self, request: socket.socket) -> None:
        pid, _ = connection.peer(request)
        deadline = time.monotonic() + PATIENCE
        try:
            body = connection.receive(request, deadline=deadline)
        except Malformed:
            body = b""  # too long to read at all; as an empty message it is refused and logged like any other
        connection.send(request, self._agent.answer(body, pid=pid), deadline=deadline)


def _clear_stale(path: Path) -> None:
    """Remove the socket that a killed agent left. Raises HomeUnfit for one in use or any other file."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise HomeUnfit(f"{path} is in the way of the key agent's socket: it is another kind of file.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        if caller.connect_ex(os.fspath(path)) == 0:
            raise HomeUnfit(f"Another process listens at {path}: end it, or choose another socket.")
    path.unlink()
