"""A small world on real parts: SQLite, blobs in memory, a key agent of its own process, the whole app."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.installation import prepare
from recstore.journal.log import SYSTEM
from recstore.model import Scope
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.wiring import Recstore, build
from web.app import create_app

PASSWORD = "correct horse battery"
CALL = {
    "started_at": "2026-11-20T09:00:00Z",
    "ended_at": "2026-11-20T10:00:00Z",
    "vmr": {"ref": "room-7", "title": "Weekly", "organizer": "ann@acme.example"},
    "participants": [
        {
            "ref": ref,
            "name": name,
            "authenticated": address,
            "intervals": [["2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"]],
        }
        for ref, name, address in (
            ("p1", "Ann", "ann@acme.example"),
            ("p2", "Bo", "bo@acme.example"),
            ("p3", "Eve", "eve@acme.example"),
            ("p4", "Ira", "ira@acme.example"),
            ("p5", "Bo (guest)", None),
        )
    ],
    "recorded_by": "p1",
}
CHAT = {
    "messages": [
        {"ref": "m1", "at": "2026-11-20T09:10:00Z", "sender": "p1", "to": "everyone", "body": "hello all"},
        {"ref": "m2", "at": "2026-11-20T09:11:00Z", "sender": "p3", "to": ["p1"], "body": "between us"},
    ]
}
MEDIA = bytes(range(256)) * 1000
PEOPLE = ("ann", "bo", "cy", "ada", "eve", "ira")


class MovableClock:
    """The real time, moved on by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class World:
    """Acme: ann is responsible, bo was there, cy was not, ada is an admin, eve was taken out, ira has left.

    Other is another account, with otto in it.
    """

    recstore: Recstore
    blobs: MemoryBlobs
    app: APIFlask
    clock: MovableClock
    account: UUID
    users: dict[str, UUID]
    recording: UUID
    transcript: UUID
    tokens: dict[str, str]

    def guest(self) -> FlaskClient:
        """A browser that is not signed in."""
        return self.app.test_client()

    def signed_in(self, name: str) -> "Browser":
        """A browser in which `name` is signed in."""
        return Browser(self.app.test_client(), name)

    def with_token(self, name: str) -> FlaskClient:
        """A program with a bearer token."""
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[name]}"
        return client

    @property
    def media_url(self) -> str:
        return f"/api/v1/recordings/{self.recording}/media"


class Browser:
    """A signed-in browser: cookies, and the token that changes carry."""

    def __init__(self, client: FlaskClient, name: str) -> None:
        self.client = client
        address = f"{name}@{'other' if name == 'otto' else 'acme'}.example"
        answer = client.post("/api/v1/session", json={"email": address, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.token = answer.json["csrf_token"]

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def head(self, path: str, **options: Any) -> Any:
        return self.client.head(path, **options)

    def send(self, method: str, path: str, **options: Any) -> Any:
        """Send a change as a page of this site does."""
        headers = {"X-CSRF-Token": self.token, "Origin": "http://localhost", **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)


@pytest.fixture(scope="session")
def agent_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
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
def settings(tmp_path: Path, agent_home: Path) -> Settings:
    """Settings of an installation of its own, under the shared agent."""
    return Settings(
        data=tmp_path / "data",
        keys_socket=agent_home,
        max_recording_bytes=1 << 20,
        max_document_bytes=1 << 16,
    )


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    prepare(settings)
    blobs, clock = MemoryBlobs(), MovableClock()
    recstore = build(settings, blobs=blobs, clock=clock)
    yield furnish(recstore, blobs, clock)
    recstore.catalog.engine.dispose()


def furnish(recstore: Recstore, blobs: Any, clock: Any) -> World:
    """Fill an installation through the same intake that recorders use."""
    acme = recstore.accounts.create("Acme", domains=["acme.example"]).id
    other = recstore.accounts.create("Other", domains=["other.example"]).id
    users = {name: _add(recstore, acme, name, "acme") for name in PEOPLE}
    users["otto"] = _add(recstore, other, "otto", "other")
    recstore.calls.put(acme, "call-1", json.dumps(CALL).encode(), actor=SYSTEM)
    body = Body(io.BytesIO(MEDIA), 1 << 20)
    described = Described(filetype="video/mp4", title="Weekly, budget", duration_s=60)
    recording = recstore.recordings.put(acme, "call-1", "rec-1", body, described, actor=SYSTEM)
    transcript = recstore.transcripts.put(acme, "call-1", "chat-1", json.dumps(CHAT).encode(), actor=SYSTEM)
    tokens = {
        "recorder": recstore.accounts.create_token(acme, scope=Scope.INGEST, user_email=None),
        "bo": recstore.accounts.create_token(acme, scope=Scope.READ, user_email="bo@acme.example"),
        "ann": recstore.accounts.create_token(acme, scope=Scope.READ, user_email="ann@acme.example"),
    }
    return World(
        recstore=recstore,
        blobs=blobs,
        app=create_app(recstore),
        clock=clock,
        account=acme,
        users=users,
        recording=recording.id,
        transcript=transcript.id,
        tokens=tokens,
    )


def _add(recstore: Recstore, account: UUID, name: str, domain: str) -> UUID:
    return recstore.accounts.create_user(
        account, email=f"{name}@{domain}.example", name=name.title(), admin=name == "ada", password=PASSWORD
    ).id
