"""Ask the key agent. Everything that goes wrong becomes one of keys.errors, within twice the time-out."""

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from keys import connection
from keys.errors import AgentRefused, AgentUnavailable, HomeUnfit, Malformed, WrongAnswer
from keys.protocol import (
    ANSWERS,
    REQUESTS,
    AccountKey,
    OpenRequest,
    OpenTextKeys,
    read_message,
    write_message,
)
from keys.reply import ReplyKey
from keys.secret import Secret
from keys.tls import Identity, client_context

__all__ = ["AccountKey", "Agent", "Identity", "OpenRequest", "OpenTextKeys"]
T = TypeVar("T")
Reach = Callable[[float], socket.socket]  # asked with the deadline


class Agent:
    """The agent behind a Unix socket, or at "tls://HOST:PORT". Safe for threads: each attempt connects anew.

    `timeout` bounds one attempt, in seconds; only looking a host's name up is not bounded by it. An attempt
    that fails is repeated once. Over TLS, `identity` shows who we are, and the agent's certificate must name
    HOST.
    """

    def __init__(
        self, address: Path | str, *, timeout: float = 2.0, identity: Identity | None = None
    ) -> None:
        self._reach = _reach(address, identity)
        self._timeout = timeout

    def check(self) -> None:
        """Raise AgentUnavailable unless the agent answers."""
        self._twice(lambda _: self._ask("check", {"id": uuid4()}, expects="ready"))

    def create_account(self, account_id: UUID) -> AccountKey:
        """Give the account's current key, made now if it has none."""
        fields = {"id": uuid4(), "account_id": account_id}
        answer = self._twice(lambda _: self._ask("create-account", fields, expects="account"))
        return AccountKey(key_id=answer["key_id"], public_key=answer["public_key"])

    def open_data_key(self, request: OpenRequest) -> Secret:
        """Open one data key. Raises AgentRefused with its code, AgentUnavailable, or WrongAnswer."""
        return self._twice(lambda attempt: self._open("open-data-key", request, attempt=attempt))[0]

    def open_text_keys(self, request: OpenTextKeys) -> list[Secret]:
        """Open up to MOST_TEXT_KEYS text keys, in order, or none. Raises as `open_data_key` does."""
        return self._twice(lambda attempt: self._open("open-text-keys", request, attempt=attempt))

    def ask(self, says: str, fields: Mapping[str, Any], *, expects: str) -> dict[str, Any]:
        """Ask what may be asked twice, and give the answer's fields. Raises as `open_data_key` does."""
        asked = {"id": uuid4(), **fields}
        return self._twice(lambda _: self._ask(says, asked, expects=expects))

    def _open(self, says: str, request: OpenRequest | OpenTextKeys, *, attempt: int) -> list[Secret]:
        reply_key = ReplyKey()
        fields = {name: getattr(request, name) for name in request.__slots__}
        fields |= {"attempt": attempt, "reply_to": reply_key.public()}
        answer = self._ask(says, fields, expects="opened")
        return reply_key.open(answer["sealed"], request, attempt=attempt)

    def _twice(self, attempt: Callable[[int], T]) -> T:
        try:
            return attempt(1)
        except WrongAnswer:
            raise
        except AgentUnavailable:
            return attempt(2)

    def _ask(self, says: str, fields: Mapping[str, Any], *, expects: str) -> dict[str, Any]:
        body = self._exchange(write_message(says, fields, kinds=REQUESTS))
        try:
            said, answer = read_message(body, kinds=ANSWERS)
        except Malformed as error:
            raise WrongAnswer("The key agent's answer cannot be read.") from error
        if said == "refused" and answer["id"] in {fields["id"], None}:
            raise AgentRefused(answer["code"])
        if said != expects or answer["id"] != fields["id"]:
            raise WrongAnswer("The key agent answered another request.")
        return answer

    def _exchange(self, body: bytes) -> bytes:
        deadline = time.monotonic() + self._timeout
        try:
            with self._reach(deadline) as line:
                connection.send(line, body, deadline=deadline)
                return connection.receive(line, deadline=deadline)
        except ssl.SSLCertVerificationError as error:
            raise WrongAnswer(f"Not the key agent's certificate: {error.verify_message}") from error
        except OSError as error:
            raise AgentUnavailable(f"The key agent does not answer: {type(error).__name__}.") from error
        except Malformed as error:
            raise WrongAnswer("The key agent's answer is too long.") from error


def _reach(address: Path | str, identity: Identity | None) -> Reach:
    if isinstance(address, Path):
        return lambda deadline: _reach_socket(address, deadline=deadline)
    where = urlsplit(address)
    if where.scheme != "tls" or not where.hostname or not where.port or where.path or identity is None:
        raise HomeUnfit("A key agent is at the path of a socket, or at tls://HOST:PORT with an identity.")
    host, port, context = where.hostname, where.port, client_context(identity)
    return lambda deadline: _reach_host(host, port, context, deadline=deadline)


def _reach_socket(path: Path, *, deadline: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _closed_unless_well(line):
        line.settimeout(connection.left(deadline))
        line.connect(os.fspath(path))
        _refuse_another_user(line)
    return line


def _refuse_another_user(line: socket.socket) -> None:
    _, uid = connection.peer(line)
    if uid != os.geteuid():
        raise WrongAnswer("The process behind the key agent's socket runs as another user.")


def _reach_host(host: str, port: int, context: ssl.SSLContext, *, deadline: float) -> socket.socket:
    line = socket.create_connection((host, port), timeout=connection.left(deadline))
    with _closed_unless_well(line):
        connection.send_at_once(line)
        line.settimeout(connection.left(deadline))
        return context.wrap_socket(line, server_hostname=host)


@contextmanager
def _closed_unless_well(line: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        line.close()
        raise
