"""Ask the key agent. Everything that goes wrong becomes one of keys.errors, within twice the time-out."""

import os
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from keys import connection
from keys.errors import AgentRefused, AgentUnavailable, HomeUnfit, Malformed, WrongAnswer
from keys.lines import Lines, Reach
from keys.protocol import (
    ANSWERS,
    REQUESTS,
    WATCH,
    AccountKey,
    Locked,
    LockState,
    OpenRequest,
    OpenTextKeys,
    read_message,
    write_message,
)
from keys.reply import ReplyKey
from keys.secret import Secret
from keys.tls import Identity, client_context

__all__ = [
    "OPENING_SECONDS",
    "AccountKey",
    "Agent",
    "Identity",
    "LockState",
    "Locked",
    "OpenRequest",
    "OpenTextKeys",
]
T = TypeVar("T")

OPENING_SECONDS: Final = 0.25
# What is not asked while somebody waits for a picture: a root far away may take its time to make a key.
OTHER_SECONDS: Final = 2.0
# The agent says something every 5 s (keys.herald); one that is silent for longer is cut off.
WATCH_SECONDS: Final = 12.0


class Agent:
    """The agent behind a Unix socket, or at "tls://HOST:PORT". Safe for threads; not for a forked process.

    `timeout` bounds one attempt to have a data key opened, in seconds; only looking a host's name up is not
    bounded by it. An attempt that fails is repeated once, over a new connection. Over TLS, `identity` shows
    who we are, and the agent's certificate must name HOST.
    """

    def __init__(
        self, address: Path | str, *, timeout: float = OPENING_SECONDS, identity: Identity | None = None
    ) -> None:
        self._reach = _reach(address, identity)
        self._lines = Lines(self._reach)
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

    def read_lock(self, account_id: UUID) -> LockState:
        """Say whether an account is locked, and by whom."""
        return _lock_state(self.ask("read-lock", {"account_id": account_id}, expects="lock"))

    def set_lock(self, account_id: UUID, *, locked: bool, actor: str) -> LockState:
        """Lock an account on its admin's word, or lift that lock. One that the keys' holder set stays."""
        fields = {"account_id": account_id, "locked": locked, "actor": actor}
        return _lock_state(self.ask("set-lock", fields, expects="lock"))

    def watch(self) -> Generator[Locked, None, None]:
        """Give what is locked: now, at every change at once, and again every few seconds.

        Raises AgentUnavailable when the connection breaks or falls silent. Closing the iterator ends it.
        """
        locked: Locked = frozenset()
        with _faults(), self._reach(time.monotonic() + OTHER_SECONDS) as line:
            connection.send(line, WATCH, deadline=time.monotonic() + OTHER_SECONDS)
            while True:
                said, news = _read(connection.receive(line, deadline=time.monotonic() + WATCH_SECONDS))
                match said:
                    case "standing":
                        locked = (
                            locked | {news["account_id"]} if news["locked"] else locked - {news["account_id"]}
                        )
                    case "all-told":
                        yield locked
                    case _:
                        raise WrongAnswer("The key agent does not let us watch.")

    def _open(self, says: str, request: OpenRequest | OpenTextKeys, *, attempt: int) -> list[Secret]:
        reply_key = ReplyKey()
        fields = {name: getattr(request, name) for name in request.__slots__}
        fields |= {"attempt": attempt, "reply_to": reply_key.public()}
        answer = self._ask(says, fields, expects="opened", seconds=self._timeout)
        return reply_key.open(answer["sealed"], request, attempt=attempt)

    def _twice(self, attempt: Callable[[int], T]) -> T:
        try:
            return attempt(1)
        except WrongAnswer:
            raise
        except AgentUnavailable:
            return attempt(2)

    def _ask(
        self, says: str, fields: Mapping[str, Any], *, expects: str, seconds: float = OTHER_SECONDS
    ) -> dict[str, Any]:
        body = write_message(says, fields, kinds=REQUESTS)
        with _faults(), self._lines.lend(seconds=seconds) as (line, deadline):
            connection.send(line, body, deadline=deadline)
            said, answer = _read(connection.receive(line, deadline=deadline))
        if said == "refused" and answer["id"] in {fields["id"], None}:
            raise AgentRefused(answer["code"])
        if said != expects or answer["id"] != fields["id"]:
            raise WrongAnswer("The key agent answered another request.")
        return answer


def _lock_state(answer: Mapping[str, Any]) -> LockState:
    return LockState(by_holder=answer["by_holder"], by_request=answer["by_request"])


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        return read_message(body, kinds=ANSWERS)
    except Malformed as error:
        raise WrongAnswer("The key agent's answer cannot be read.") from error


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
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
