"""A recstore of its own to measure: `recstore serve` with one worker, embedded store and key agent.

Recordings are any bytes behind a file type box: to a store they are all the same.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from minio import Minio

from recstore.catalog import items
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.model import Scope
from recstore.settings import Settings
from recstore.storage.seaweed import EmbeddedStore
from recstore.wiring import Recstore, build, embedded_store

MIB = 1 << 20
GIB = 1 << 30
EMAIL = "ann@bench.example"
CALL_REF = "call-1"
CALL = {
    "started_at": "2026-11-20T09:00:00Z",
    "ended_at": "2026-11-20T10:00:00Z",
    "vmr": {"ref": "room-1", "title": "Benchmark", "organizer": EMAIL},
    "participants": [
        {
            "ref": "p1",
            "name": "Ann",
            "authenticated": EMAIL,
            "intervals": [["2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"]],
        }
    ],
    "recorded_by": "p1",
}


class RandomBytes:
    """A source of `length` bytes that do not compress, never held as a whole."""

    def __init__(self, length: int) -> None:
        self._left = length
        # Every block begins as MP4 does (ISO/IEC 14496-12, section 4.3): what is no recording is refused.
        self._block = b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + os.urandom(MIB - 24)

    def read(self, size: int, /) -> bytes:
        piece = self._block[: min(size, self._left)]
        self._left -= len(piece)
        return piece


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service, the same installation opened from this process, and a session in it."""

    url: str
    process: subprocess.Popen[str]
    recstore: Recstore
    store: EmbeddedStore
    account_id: UUID
    cookie: str  # a request header, name and value
    ingest_token: str

    def hand_over(self, length: int) -> UUID:
        """Hand over a recording of `length` random bytes through the real intake; return its id."""
        body = Body(RandomBytes(length), limit=length)
        intake = self.recstore.recordings
        return intake.put(self.account_id, CALL_REF, f"r-{uuid4()}", body, Described(), actor=SYSTEM).id

    def media_url(self, item_id: UUID) -> str:
        return f"{self.url}/api/v1/recordings/{item_id}/media"

    def put_url(self) -> str:
        """Return an address that takes one new recording."""
        return f"{self.url}/api/v1/calls/{CALL_REF}/recordings/r-{uuid4()}"

    def sealed_url(self, item_id: UUID) -> str:
        """Return an address at which the store itself gives an item's sealed bytes, for a while."""
        with self.recstore.catalog.read(self.account_id) as tx:
            item = items.by_id(tx, item_id)
            if item is None:
                raise LookupError(item_id)
            [segment], _ = items.manifest(tx, item)
        return str(self.minio().presigned_get_object(self.store.bucket, segment.blob))

    def minio(self) -> Minio:
        """Return minio's client as it comes."""
        return Minio(
            self.store.address.endpoint.removeprefix("http://"),
            access_key=self.store.access_key,
            secret_key=self.store.secret_key,
            secure=False,
            region="us-east-1",
        )

    def worker_pid(self) -> int:
        """Return the process that serves requests: the one child of the web server's master."""
        [master] = [pid for pid in children(self.process.pid) if "gunicorn" in command_line(pid)]
        [worker] = children(master)
        return worker


@contextmanager
def serving() -> Iterator[Service]:
    """Have a fresh installation serve for the length of the block; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="recstore-bench-") as folder:
        settings = Settings(data=Path(folder))
        command = [sys.executable, "-m", "recstore", "serve", "--port", "0", "--data", folder]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RECSTORE_")}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean)
        try:
            yield furnish(settings, process, url=await_ready(process))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def await_ready(process: subprocess.Popen[str]) -> str:
    """Return the address that the service says it is ready on."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready on "):
            return line.removeprefix("ready on ").strip()
    raise RuntimeError("the service did not start")


def furnish(settings: Settings, process: subprocess.Popen[str], *, url: str) -> Service:
    """Make an account with a user, a token and a call, and sign the user in."""
    recstore = build(settings)
    password = secrets.token_urlsafe()
    account_id = recstore.accounts.create("Benchmark", domains=["bench.example"]).id
    recstore.accounts.create_user(account_id, email=EMAIL, name="Ann", admin=False, password=password)
    recstore.calls.put(account_id, CALL_REF, json.dumps(CALL).encode(), actor=SYSTEM)
    return Service(
        url=url,
        process=process,
        recstore=recstore,
        store=embedded_store(settings),
        account_id=account_id,
        cookie=sign_in(url, password),
        ingest_token=recstore.accounts.create_token(account_id, scope=Scope.INGEST, user_email=None).token,
    )


def sign_in(url: str, password: str) -> str:
    """Sign in as a browser does; return the Cookie header."""
    document = json.dumps({"email": EMAIL, "password": password}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/v1/session", document, headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        cookies: list[str] = answer.headers.get_all("Set-Cookie")
    return "Cookie: " + "; ".join(cookie.partition(";")[0] for cookie in cookies)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
