"""Worlds to test the application in."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recstore.installation import prepare
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.storage.seaweed import EmbeddedStore
from recstore.wiring import build
from tests.published import Published
from tests.web.acme import MovableClock, World, furnish
from tests.web.documented import documented
from tests.web.running import Running, running
from web.app import create_app


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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, agent_socket: Path) -> World:
    """A world that is only copied: making one costs a hash for every password."""
    settings = Settings(
        data=tmp_path_factory.mktemp("template") / "data",
        keys_agent=str(agent_socket),
        max_recording_bytes=1 << 20,
        max_document_bytes=1 << 16,
    )
    prepare(settings)
    blobs, clock = MemoryBlobs(), MovableClock()
    recstore = build(settings, blobs=blobs, clock=clock, resolver=Published())
    world = furnish(recstore, blobs, clock)
    recstore.catalog.engine.dispose()
    return world


@pytest.fixture
def world(tmp_path: Path, template: World) -> Iterator[World]:
    """A world to change."""
    with copy_of(template, tmp_path / "data") as world:
        yield world


@pytest.fixture(scope="session")
def calm_world(tmp_path_factory: pytest.TempPathFactory, template: World) -> Iterator[World]:
    """A world that all tests share, who change nothing in it."""
    with copy_of(template, tmp_path_factory.mktemp("calm") / "data") as world:
        yield world


@pytest.fixture
def agentless(tmp_path: Path, template: World) -> Iterator[World]:
    """A world to change, whose key agent is away."""
    with copy_of(template, tmp_path / "data", keys_agent=str(tmp_path / "nobody.sock")) as world:
        yield world


@contextmanager
def copy_of(template: World, folder: Path, **changed: Any) -> Iterator[World]:
    """Give the same world once more, in a folder of its own, and with settings changed."""
    settings = template.recstore.settings.model_copy(update={"data": folder, **changed})
    shutil.copytree(template.recstore.settings.data, folder)
    blobs, clock = MemoryBlobs(), MovableClock()
    blobs._blobs.update(template.blobs._blobs)
    recstore = build(settings, blobs=blobs, clock=clock, resolver=Published())
    app = documented(create_app(recstore))
    browsers = {name: browser.moved(app) for name, browser in template.browsers.items()}
    yield replace(template, recstore=recstore, blobs=blobs, clock=clock, app=app, browsers=browsers)
    recstore.catalog.engine.dispose()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, seaweed: EmbeddedStore) -> Iterator[Running]:
    """The whole service, shared; whoever breaks a part of it mends it again."""
    with running(tmp_path_factory.mktemp("service"), seaweed) as found:
        yield found
