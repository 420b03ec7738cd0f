"""The parts that one machine runs for itself: a key agent and an object store, as child processes.

A part that the settings name elsewhere is left alone. One that runs already, under another command on the
same data folder, is used and not started twice.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

from keys.client import Agent
from keys.errors import KeysError
from recstore.children import end, open_log
from recstore.errors import KeysUnavailable, Misconfigured, StoreUnavailable
from recstore.installation import prepare
from recstore.settings import Settings
from recstore.storage.seaweed import EmbeddedStore
from recstore.wiring import embedded_store

START_SECONDS = 20
STOP_SECONDS = 5
# The kernel's limit for the path of a Unix socket, its closing zero included (unix(7)).
LONGEST_SOCKET_PATH = 107


class EmbeddedAgent:
    """A key agent as a child process. It ends when its standard input closes: however its parent ends."""

    def __init__(self, home: Path, socket: Path, log: Path) -> None:
        if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
            raise Misconfigured(
                f"{socket} is too long for a socket; choose a data folder with a shorter path."
            )
        self._home = home
        self._socket = socket
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    def answers(self) -> bool:
        """Say whether an agent answers at the socket, ours or another's."""
        try:
            Agent(self._socket).check()
        except KeysError:
            return False
        return True

    def start(self) -> None:
        """Start the agent and return when it answers. Raises KeysUnavailable when it does not."""
        with open_log(self._log) as log:
            self._child = subprocess.Popen(  # noqa: S603 - nothing in the command comes from outside
                [
                    *(sys.executable, "-m", "keys", "serve", "--until-stdin-ends"),
                    *("--home", str(self._home), "--socket", str(self._socket)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        deadline = monotonic() + START_SECONDS
        while not self.answers():
            if self._child.poll() is not None or monotonic() > deadline:
                self.stop()
                raise KeysUnavailable(f"The key agent does not start; {self._log} may say why.")
            sleep(0.05)

    def ensure(self) -> bool:
        """Start the agent again if it has died; say whether that was needed."""
        if self._child is not None and self._child.poll() is None:
            return False
        self.stop()  # lets go of what the dead child held
        self.start()
        return True

    def stop(self) -> None:
        """Ask the agent to end, then insist."""
        if self._child is None:
            return
        end(self._child, patience=STOP_SECONDS)
        self._child = None


Part = EmbeddedAgent | EmbeddedStore


@contextmanager
def running_parts(settings: Settings) -> Iterator[list[Part]]:
    """Have the embedded parts running for the length of the block; give those that were started for it."""
    prepare(settings)
    with ExitStack() as stack:
        missing: list[Part] = [*_missing_agent(settings), *_missing_store(settings)]
        for part in missing:
            part.start()
            stack.callback(part.stop)
        yield missing


@contextmanager
def running_store(settings: Settings) -> Iterator[None]:
    """Have the embedded store running for the length of the block, and no key agent for it."""
    prepare(settings)
    with ExitStack() as stack:
        for store in _missing_store(settings):
            store.start()
            stack.callback(store.stop)
        yield


def _missing_agent(settings: Settings) -> Iterator[EmbeddedAgent]:
    if settings.keys_agent is None:
        agent = EmbeddedAgent(
            settings.data / "keys", settings.agent_socket, settings.data / "logs" / "keys.log"
        )
        if not agent.answers():
            yield agent


def _missing_store(settings: Settings) -> Iterator[EmbeddedStore]:
    if settings.s3_endpoint is None:
        store = embedded_store(settings)
        if not _store_answers(store):
            yield store


def _store_answers(store: EmbeddedStore) -> bool:
    try:
        store.blobs().check()
    except StoreUnavailable:
        return False
    return True
