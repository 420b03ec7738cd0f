"""A small world on real parts: SQLite, blobs in memory, a key agent of its own process, the whole app."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from recstore.catalog.base import Base
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.model import Scope
from recstore.storage.memory import MemoryBlobs
from recstore.wiring import Recstore
from tests.films import film_of
from tests.web.documented import documented
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
MEDIA = film_of(bytes(range(256)) * 1000)
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
    browsers: dict[str, "Browser"] = field(default_factory=dict)

    def guest(self) -> FlaskClient:
        """A browser that is not signed in."""
        return self.app.test_client()

    def signed_in(self, name: str) -> "Browser":
        """A browser in which `name` is signed in; the same one each time."""
        if name not in self.browsers:
            self.browsers[name] = Browser.sign_in(self.app.test_client(), name)
        return self.browsers[name]

    def send(self, who: str, method: str, path: str, **options: Any) -> Any:
        """Send a request as a guest, a token's bearer ("token:…") or a person."""
        if who == "guest":
            return self.guest().open(path, method=method, **options)
        if who.startswith("token:"):
            return self.with_token(who.removeprefix("token:")).open(path, method=method, **options)
        return self.signed_in(who).send(method, path, **options)

    def count_rows(self) -> dict[str, int]:
        """How many rows each table has, but for the journal: to see that nothing was changed."""
        with self.recstore.catalog.engine.connect() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if not table.name.startswith("journal") and table.name != "text_keys"  # of its private parts
            }

    def events(self) -> list[str]:
        """What the journal of Acme tells, in order; not who opened texts first."""
        with self.recstore.catalog.read(self.account) as tx:
            events = [json.loads(line.text)["event"] for line in log.read_lines(tx)]
        return [event for event in events if event != "catalog-opened"]

    def with_token(self, name: str) -> FlaskClient:
        """A program with a bearer token."""
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[name]}"
        return client

    @property
    def media_url(self) -> str:
        return f"/api/v1/recordings/{self.recording}/media"


@dataclass
class Browser:
    """A signed-in browser: cookies, and the token that changes carry."""

    client: FlaskClient
    token: str

    @classmethod
    def sign_in(cls, client: FlaskClient, name: str) -> "Browser":
        address = f"{name}@{'other' if name in {'otto', 'olaf'} else 'acme'}.example"
        answer = client.post("/api/v1/session", json={"email": address, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return cls(client, answer.json["csrf_token"])

    @classmethod
    def sign_in_operator(cls, client: FlaskClient, email: str) -> "Browser":
        answer = client.post("/api/v1/support/session", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return cls(client, answer.json["csrf_token"])

    def moved(self, app: APIFlask) -> "Browser":
        """The same browser before a copy of the application."""
        client = app.test_client()
        for name in ("recstore_session", "recstore_operator", "recstore_form"):
            if cookie := self.client.get_cookie(name):
                client.set_cookie(name, cookie.value)
        return Browser(client, self.token)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def head(self, path: str, **options: Any) -> Any:
        return self.client.head(path, **options)

    def send(self, method: str, path: str, **options: Any) -> Any:
        """Send a change as a page of this site does."""
        headers = {"X-CSRF-Token": self.token, "Origin": "http://localhost", **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)


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
        "recorder": recstore.accounts.create_token(acme, scope=Scope.INGEST, user_email=None).token,
        "bo": recstore.accounts.create_token(acme, scope=Scope.READ, user_email="bo@acme.example").token,
        "ann": recstore.accounts.create_token(acme, scope=Scope.READ, user_email="ann@acme.example").token,
    }
    found = World(
        recstore=recstore,
        blobs=blobs,
        app=documented(create_app(recstore)),
        clock=clock,
        account=acme,
        users=users,
        recording=recording.id,
        transcript=transcript.id,
        tokens=tokens,
    )
    take_eve_out(found)
    return found


def take_eve_out(world: World) -> None:
    """Ann takes eve out of both items, and the admin deactivates ira, who keeps the browser open."""
    ann = world.signed_in("ann")
    for path in (f"/api/v1/recordings/{world.recording}", f"/api/v1/transcripts/{world.transcript}"):
        answer = ann.send("PUT", f"{path}/shares/{world.users['eve']}", json={"access": "excluded"})
        assert answer.status_code == 200, answer.text
    world.signed_in("ira")
    answer = world.signed_in("ada").send(
        "PATCH", f"/api/v1/admin/users/{world.users['ira']}", json={"active": False}
    )
    assert answer.status_code == 200, answer.text


def _add(recstore: Recstore, account: UUID, name: str, domain: str) -> UUID:
    return recstore.accounts.create_user(
        account, email=f"{name}@{domain}.example", name=name.title(), admin=name == "ada", password=PASSWORD
    ).id
