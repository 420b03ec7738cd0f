"""The agent's Unix socket: questions from processes of the agent's own user alone."""

import os
import socket
import stat
from pathlib import Path
from typing import Any

from keys import connection
from keys.agent import KeyAgent
from keys.answering import Answering
from keys.errors import HomeUnfit
from keys.idle import Call


class Server(Answering):
    """Listen at `path` for processes of the user `owner`."""

    address_family = socket.AF_UNIX

    def __init__(self, path: Path, agent: KeyAgent, *, owner: int) -> None:
        self._path = path
        self._owner = owner
        _clear_stale(path)
        try:
            super().__init__(os.fspath(path), agent)
        except OSError as error:
            raise HomeUnfit(f"The key agent cannot listen at {path}: {error}.") from error
        path.chmod(0o600)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's
        """Turn away other users' processes: the socket's permissions are the first wall, this is one more."""
        pid, uid = connection.peer(request)
        if uid != self._owner:
            self._agent.refuse_stranger(pid=pid, uid=uid)
        return uid == self._owner

    def server_close(self) -> None:
        """Stop listening, let answers in the making leave, and remove the socket."""
        super().server_close()
        self._path.unlink(missing_ok=True)

    def _greet(self, request: socket.socket, client_address: Any, *, deadline: float) -> Call:  # noqa: ARG002
        pid, _ = connection.peer(request)
        return Call(request, {"pid": pid})


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
