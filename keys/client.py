"""Ask the key agent. Everything that goes wrong becomes one of keys.errors, within twice the time-out."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from keys import connection
from keys.errors import AgentRefused, AgentUnavailable, Malformed, WrongAnswer
from keys.protocol import ANSWERS, REQUESTS, AccountKey, OpenRequest, read_message, write_message
from keys.reply import ReplyKey
from keys.secret import Secret

__all__ = ["AccountKey", "Agent", "OpenRequest"]
T = TypeVar("T")


class Agent:
    """The agent behind a Unix socket. Safe for threads: every attempt has a connection of its own.

    `timeout` bounds one attempt, in seconds. An attempt that fails is repeated once.
    """

    def __init__(self, path: Path, *, timeout: float = 2.0) -> None:
        self._path = path
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
        return self._twice(lambda attempt: self._open(request, attempt=attempt))

    def _open(self, request: OpenRequest, *, attempt: int) -> Secret:
        reply_key = ReplyKey()
        fields = {name: getattr(request, name) for name in OpenRequest.__slots__}
        fields |= {"attempt": attempt, "reply_to": reply_key.public()}
        answer = self._ask("open-data-key", fields, expects="opened")
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
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(self._timeout)
                line.connect(os.fspath(self._path))
                _, uid = connection.peer(line)
                if uid != os.geteuid():
                    raise WrongAnswer("The process behind the key agent's socket runs as another user.")
                connection.send(line, body, deadline=deadline)
                return connection.receive(line, deadline=deadline)
        except OSError as error:
            raise AgentUnavailable(f"The key agent does not answer: {type(error).__name__}.") from error
        except Malformed as error:
            raise WrongAnswer("The key agent's answer is too long.") from error
