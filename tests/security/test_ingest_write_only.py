"""Whoever takes over a process that hands over gets nothing that opens: not even what it has just sealed.

The key agent is killed, so nothing can be asked of it; when it is back, everything plays.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import pytest

from keys.connection import peer
from keys.custodians.choice import choose
from keys.holder import set_lock
from keys.vault import account_key_context
from recstore.access.grant import Grant
from recstore.catalog import items
from recstore.model import Action, Kind
from recstore.storage.seaweed import EmbeddedStore
from tests.memory import found_in_memory
from tests.security.write_only import film_bytes
from tests.web.acme import CALL, CHAT
from tests.web.running import Running, as_environment, running, start_agent

# An hour of a call at 350 kbit/s, as recorders make it of a shared screen and a few faces.
HOUR = 3600 * 350_000 // 8


@pytest.fixture
def service(tmp_path: Path, seaweed: EmbeddedStore) -> Iterator[Running]:
    with running(tmp_path, seaweed) as service:
        yield service


def test_an_hour_is_handed_over_without_the_agent_and_plays_when_it_is_back(service: Running) -> None:
    kill_agent(service)
    with listening(service.settings.agent_socket) as asked, write_only(service) as (pid, film, chat):
        was_asked = pid in asked()  # the service's own workers come too, to hear of locks
        service.agent = start_agent(service.settings)
        opens = data_keys(service, film, chat) | private_keys(service)
        opened = service.world.recstore.playback.content(grant(service, Kind.RECORDING, film))
        for start in (0, HOUR // 2, HOUR - 100_000):
            assert b"".join(opened.read(start, start + 100_000)) == film_bytes(start, start + 100_000)
        there = {"what it was started with": str(service.world.account).encode()}
        found = found_in_memory(pid, opens | there)
    assert (was_asked, opened.length, len(opens), found) == (False, HOUR, 6, set(there))


def test_attacker_searches_a_web_worker_that_handed_over_and_one_that_plays(service: Running) -> None:
    kill_agent(service)
    paths = ("hour", "hour/recordings/film", "hour/transcripts/chat")
    bodies = (json.dumps(CALL).encode(), film_bytes(0, 1 << 20), json.dumps(CHAT).encode())
    answers = [
        service.ask("recorder", "PUT", f"/api/v1/calls/{path}", body, **{"Content-Type": "video/mp4"})
        for path, body in zip(paths, bodies, strict=True)
    ]
    assert [status for status, _, _ in answers] == [201, 201, 201]
    _, film, chat = (UUID(json.loads(body)["id"]) for _, _, body in answers)
    service.agent = start_agent(service.settings)
    opens = data_keys(service, film, chat)
    assert [found_in_memory(worker, opens) for worker in workers()] == [set(), set()]

    status, _, body = service.ask("ann", "GET", f"/api/v1/recordings/{film}/media")
    assert (status, body) == (200, film_bytes(0, 1 << 20))
    assert set.union(*(found_in_memory(worker, opens) for worker in workers())) == {"the recording's key"}


def test_a_locked_account_goes_on_taking_what_recorders_hand_over(service: Running) -> None:
    home, media = service.settings.data / "keys", f"/api/v1/recordings/{service.world.recording}/media"
    set_lock(home, service.world.account, locked=True)
    path = "/api/v1/calls/call-1/recordings/locked"
    status, _, _ = service.ask("recorder", "PUT", path, film_bytes(0, 1000), **{"Content-Type": "video/mp4"})
    assert (status, service.ask("ann", "GET", media)[0]) == (201, 503)
    set_lock(home, service.world.account, locked=False)
    assert service.ask("ann", "GET", media)[0] == 200


def kill_agent(service: Running) -> None:
    service.agent.kill()
    service.agent.communicate()


@contextmanager
def listening(path: Path) -> Iterator[Callable[[], set[int]]]:
    """Listen where the agent did, answering nothing; what is given says which processes came, and ends it."""
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(0)

        def asked() -> set[int]:
            path.unlink()
            came = set()
            with suppress(BlockingIOError):
                while True:
                    line, _ = listener.accept()
                    with line:
                        came.add(peer(line)[0])
            return came

        yield asked


@contextmanager
def write_only(service: Running) -> Iterator[tuple[int, UUID, UUID]]:
    """Have another process hand over; give its id while it waits, and the ids of recording and chat."""
    command = [sys.executable, "-m", "tests.security.write_only", str(service.world.account), str(HOUR)]
    environment = os.environ | as_environment(service.settings)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        received = json.loads(process.stdout.readline())
        assert [is_new for _, is_new in received] == [True, True, True]
        yield process.pid, UUID(received[1][0]), UUID(received[2][0])
        process.stdin.close()


def data_keys(service: Running, film: UUID, chat: UUID) -> dict[str, bytes]:
    """Have the agent open both data keys."""
    found = {}
    for title, kind, item_id in (
        ("the recording's key", Kind.RECORDING, film),
        ("the chat's key", Kind.TRANSCRIPT, chat),
    ):
        granted = grant(service, kind, item_id)
        with service.world.recstore.catalog.read(service.world.account) as tx:
            item = items.by_id(tx, item_id)
            assert item is not None
            [sealed] = items.manifest(tx, item)[1].values()
        found[title] = service.world.recstore.custody.data_key(granted, sealed).reveal()
    return found


def private_keys(service: Running) -> dict[str, bytes]:
    """Open the private keys of all accounts as the agent does, in their two parts."""
    home = service.settings.data / "keys"
    custodian = choose(home, fresh=False)
    found = {}
    for path in home.rglob("*.key"):
        if path.parent.name.count("-") == 4:
            place = account_key_context(account_id=UUID(path.parent.name), key_id=UUID(path.stem))
            raw = custodian.unwrap(path.read_bytes(), context=place).reveal()
            found |= {f"ML-KEM seed of {path.stem}": raw[:64], f"X25519 key of {path.stem}": raw[64:]}
    return found


def grant(service: Running, kind: Kind, item_id: UUID) -> Grant:
    world = service.world
    ann = world.recstore.signin.session(service.as_("ann")["Cookie"].partition("=")[2])
    assert ann is not None
    return world.recstore.gate.open(ann.viewer, Action.OPEN, kind=kind, item_id=item_id)


def workers() -> list[int]:
    """Name the web server's processes: the master, and its one worker."""
    own = Path(f"/proc/{os.getpid()}/task")
    children = [int(child) for task in own.iterdir() for child in (task / "children").read_text().split()]
    masters = [pid for pid in children if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    below = [Path(f"/proc/{pid}/task/{pid}/children").read_text().split() for pid in masters]
    return [*masters, *(int(pid) for found in below for pid in found)]
