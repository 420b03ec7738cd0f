"""An attacker reads the operator's disks: what was said and shown in a call is nowhere on them in clear.

One installation as an operator runs it: `recstore serve` with all its parts, a hand-over, playback in every
form. Then every byte that it left anywhere on disk is searched: database, store, logs, temporary files, and
files deleted but still open.
"""

import base64
import io
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import urllib3

from recstore.model import Scope
from recstore.settings import Settings
from recstore.wiring import Recstore, build
from tests.films import film_of

PASSWORD = "a long enough password"
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Running:
    """A served installation, everything that it writes below one folder."""

    folder: Path
    url: str
    recstore: Recstore
    pids: list[int]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Running]:
    for name in ("data", "temporary", "home"):
        (tmp_path / name).mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary"), "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "recstore", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    with (
        (tmp_path / "errors.log").open("wb") as errors,
        subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout
            line = process.stdout.readline()
            ready = re.fullmatch(r"ready on (http://\S+)\n", line)
            assert ready, (line, (tmp_path / "errors.log").read_text())
            recstore = build(Settings(data=tmp_path / "data"))
            yield Running(tmp_path, ready[1], recstore, [process.pid, *children_of(process.pid)])
            recstore.catalog.engine.dispose()
        finally:
            process.terminate()


def test_attacker_with_the_disks_finds_nothing_that_was_said_or_shown(served: Running) -> None:
    media_canary, chat_canary = (secrets.token_hex(24).encode() for _ in range(2))
    hand_over_and_watch(served, media=media_canary, chat=chat_canary)

    found = {canary: files_with(served, canary) for canary in (media_canary, chat_canary)}

    assert found == {media_canary: [], chat_canary: []}


def test_the_search_would_have_found_it(served: Running) -> None:
    in_store, in_database, unlinked = (secrets.token_hex(24).encode() for _ in range(3))
    served.recstore.blobs.put("control/plain", io.BytesIO(secrets.token_bytes(100) + in_store))
    served.recstore.accounts.create(in_database.decode(), domains=["control.example"])

    assert any("store" in path for path in files_with(served, in_store))
    assert any("catalog.db" in path for path in files_with(served, in_database))
    with (served.folder / "temporary" / "spool").open("w+b") as spool:
        spool.write(base64.b64encode(b"." + unlinked))
        spool.flush()
        Path(spool.name).unlink()
        served.pids.append(os.getpid())
        assert files_with(served, unlinked)


def hand_over_and_watch(served: Running, *, media: bytes, chat: bytes) -> None:
    account_id, token, call = set_up(served.recstore)
    http = urllib3.PoolManager()
    recorder = {"Authorization": f"Bearer {token}"}
    base = f"{served.url}/api/v1"
    film = film_of(b"".join(media + secrets.token_bytes(MEBIBYTE) for _ in range(20)))
    body = json.dumps({"messages": [message(chat.decode())]})
    put = [
        http.request("PUT", f"{base}/calls/c1", body=json.dumps(call), headers=recorder),
        http.request(
            "PUT",
            f"{base}/calls/c1/recordings/r1?filetype=video/mp4",
            body=io.BytesIO(film),
            headers=recorder,
        ),
        http.request("PUT", f"{base}/calls/c1/transcripts/t1", body=body, headers=recorder),
    ]
    assert [answer.status for answer in put] == [201, 201, 201]
    _, recording, transcript = (UUID(answer.json()["id"]) for answer in put)

    reading = served.recstore.accounts.create_token(
        account_id, scope=Scope.READ, user_email="bo@acme.example"
    ).token
    watcher = {"Authorization": f"Bearer {reading}"}
    seen = http.request("GET", f"{base}/recordings/{recording}/media", headers=watcher)
    assert seen.data == film
    seen = http.request(
        "GET", f"{base}/recordings/{recording}/media", headers=watcher | {"Range": "bytes=1000000-1100000"}
    )
    assert seen.data == film[1_000_000:1_100_001]
    seen = http.request("GET", f"{base}/transcripts/{transcript}/messages", headers=watcher)
    assert chat in seen.data
    for page in (f"/recordings/{recording}", f"/transcripts/{transcript}", "/"):
        assert http.request("GET", served.url + page, headers=watcher).status == 200


def set_up(recstore: Recstore) -> tuple[UUID, str, dict[str, object]]:
    account_id = recstore.accounts.create("Acme", domains=["acme.example"]).id
    for name in ("ann", "bo"):
        recstore.accounts.create_user(
            account_id, email=f"{name}@acme.example", name=name, admin=False, password=PASSWORD
        )
    token = recstore.accounts.create_token(account_id, scope=Scope.INGEST, user_email=None).token
    span = ["2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"]
    call = {
        "started_at": span[0],
        "ended_at": span[1],
        "vmr": {"ref": "room", "title": "Weekly", "organizer": "ann@acme.example"},
        "participants": [
            {"ref": name, "name": name, "authenticated": f"{name}@acme.example", "intervals": [span]}
            for name in ("ann", "bo")
        ],
        "recorded_by": "ann",
    }
    return account_id, token, call


def message(body: str) -> dict[str, object]:
    return {"ref": "m1", "at": "2026-11-20T09:01:00Z", "sender": "ann", "to": "everyone", "body": body}


def files_with(served: Running, canary: bytes) -> list[str]:
    """Search every file for the canary as it is, and as base64 at each of its three alignments."""
    forms = {canary, canary.hex().encode()}
    forms |= {base64.b64encode(b"\0" * shift + canary)[4:-4] for shift in range(3)}
    paths = [path for path in served.folder.rglob("*") if path.is_file()]
    paths += [handle for pid in served.pids for handle in open_but_deleted(pid)]
    return [str(path) for path in paths if contains(path, forms)]


def contains(path: Path, forms: set[bytes]) -> bool:
    content = path.read_bytes()
    return any(form in content for form in forms)


def open_but_deleted(pid: int) -> Iterator[Path]:
    folder = Path(f"/proc/{pid}/fd")
    # The key agent lets nobody but root look at it; content never comes near it.
    for handle in folder.iterdir() if os.access(folder, os.R_OK) else ():
        try:
            target = str(handle.readlink())
        except FileNotFoundError:
            continue  # closed since it was listed
        if target.endswith(" (deleted)") and target.startswith("/"):
            yield handle


def children_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [found for child in map(int, children) for found in (child, *children_of(child))]
