"""Worlds to test the application in."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recstore.installation import prepare
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.storage.seaweed import EmbeddedStore
from recstore.wiring import build
from tests.web.acme import MovableClock, World, furnish
from tests.web.running import Running, running


@pytest.fixture(scope="session")
def agent_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key agent in a process of its own; gives its socket."""
    folder = tmp_path_factory.mktemp("agent")
    socket = folder / "keys.sock"
    command = [sys.executable, "-m", "keys", "serve", "--home", str(folder / "keys"), "--socket", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as agent:
        assert agent.stdout is not None
        agent.stdout.readline()
        yield socket
        agent.terminate()


@pytest.fixture
def world(tmp_path: Path, agent_socket: Path) -> Iterator[World]:
    """A world to change."""
    yield from begin_world(tmp_path, agent_socket)


@pytest.fixture(scope="session")
def calm_world(tmp_path_factory: pytest.TempPathFactory, agent_socket: Path) -> Iterator[World]:
    """A world that all tests share, who change nothing in it."""
    yield from begin_world(tmp_path_factory.mktemp("calm"), agent_socket)


def begin_world(folder: Path, agent_socket: Path) -> Iterator[World]:
    settings = Settings(
        data=folder / "data",
        keys_socket=agent_socket,
        max_recording_bytes=1 << 20,
        max_document_bytes=1 << 16,
    )
    prepare(settings)
    blobs, clock = MemoryBlobs(), MovableClock()
    recstore = build(settings, blobs=blobs, clock=clock)
    yield furnish(recstore, blobs, clock)
    recstore.catalog.engine.dispose()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, seaweed: EmbeddedStore) -> Iterator[Running]:
    """The whole service, shared; whoever breaks a part of it mends it again."""
    with running(tmp_path_factory.mktemp("service"), seaweed) as found:
        yield found
