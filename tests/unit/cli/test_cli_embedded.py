"""Embedded parts: a key agent that died is started again; a port in use is told before anything starts."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recstore.cli.supervisor import supervise
from recstore.embedded import EmbeddedAgent
from recstore.errors import Misconfigured
from recstore.settings import Settings


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="recstore-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def agent(folder: Path) -> Iterator[EmbeddedAgent]:
    agent = EmbeddedAgent(folder / "keys", folder / "keys.sock", folder / "keys.log")
    yield agent
    agent.stop()


def test_an_agent_that_was_killed_is_started_again(agent: EmbeddedAgent) -> None:
    assert not agent.answers()
    agent.start()
    assert agent.answers()
    assert not agent.ensure()
    assert agent._child is not None
    os.kill(agent._child.pid, signal.SIGKILL)
    agent._child.wait()
    assert not agent.answers()
    assert agent.ensure()
    assert agent.answers()
    agent.stop()
    assert not agent.answers()
    agent.stop()


def test_a_socket_whose_path_is_too_long_is_told(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="too long"):
        EmbeddedAgent(folder, folder / ("x" * 108), folder / "log")


def test_a_port_in_use_is_told_before_anything_starts(folder: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Misconfigured, match="Cannot listen"):
        supervise(Settings(data=folder / "data"), host="127.0.0.1", port=taken.getsockname()[1], workers=1)
    assert not (folder / "data").exists()
    assert signal.getsignal(signal.SIGTERM) is before
