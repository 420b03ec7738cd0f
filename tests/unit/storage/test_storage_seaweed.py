"""The embedded store starts, keeps, restarts and ends, and keeps its secret to itself."""

import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep

import pytest

from recstore.errors import Misconfigured
from recstore.storage import seaweed as module
from recstore.storage.seaweed import EmbeddedStore


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own-seaweed")


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(folder / "data", folder / "log") as store:
        yield store


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits for its parent to notice does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_store_that_died_is_noticed_and_comes_back_with_its_blobs(store: EmbeddedStore) -> None:
    blobs = store.blobs("a/")
    blobs.put("kept", BytesIO(b"bytes"))
    before, pid = store.endpoint, store.pid
    assert not store.ensure()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while store.pid is not None:
        sleep(0.01)
    assert store.ensure()
    assert (store.endpoint, store.pid) != (before, pid)
    assert store.endpoint == before
    found = blobs.stat("kept")
    assert found is not None
    assert found.size == 5


def test_everything_listens_on_loopback_only(store: EmbeddedStore) -> None:
    descriptors = Path(f"/proc/{store.pid}/fd").iterdir()
    sockets = {str(descriptor.readlink()) for descriptor in descriptors}
    # proc_net_tcp(5): address:port in hexadecimal, state 0A is listening, the tenth column is the inode.
    lines = [line.split() for name in ("tcp", "tcp6") for line in rows(Path("/proc/net") / name)]
    ours = [line[1].split(":") for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets]
    assert store.address.ports["s3"] in {int(port, 16) for _, port in ours}
    assert {address for address, _ in ours} == {"0100007F"}


ATTACKS = [
    pytest.param("GET", "/col/delete?collection={bucket}", id="delete the whole collection"),
    pytest.param("GET", "/vol/vacuum?garbageThreshold=0", id="rewrite all volumes"),
    pytest.param("GET", "/dir/assign", id="get a place to write to"),
    pytest.param("GET", "/dir/status", id="list the volumes"),
    pytest.param("GET", "/buckets/{bucket}/attacks/", id="list the blobs"),
    pytest.param("GET", "/buckets/{bucket}/attacks/attacked", id="read a blob"),
    pytest.param("POST", "/buckets/{bucket}/attacks/planted", id="plant a blob"),
    pytest.param("DELETE", "/buckets/{bucket}/attacks/attacked", id="delete a blob"),
    pytest.param("DELETE", "/buckets/{bucket}?recursive=true", id="delete the bucket"),
    pytest.param("GET", "/{bucket}/attacks/attacked", id="read a blob by S3"),
    pytest.param("DELETE", "/{bucket}/attacks/attacked", id="delete a blob by S3"),
    pytest.param("GET", "/1,01abcdef01", id="read from a volume"),
    pytest.param("GET", "/admin/volume/delete?volume=1", id="delete a volume"),
]


@pytest.mark.parametrize(("method", "path"), ATTACKS)
def test_attacker_without_credentials_does_nothing_over_http_on_any_port(
    store: EmbeddedStore, method: str, path: str
) -> None:
    blobs = store.blobs("attacks/")
    blobs.put("attacked", BytesIO(b"bytes"))
    for service, port in store.address.ports.items():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            body = b"x" if method == "POST" else None
            connection.request(method, path.format(bucket=store.bucket), body=body)
            status = connection.getresponse().status
        except ConnectionError:
            continue  # nothing listens there
        finally:
            connection.close()
        assert status in {400, 401, 403, 404, 405}, service
    assert [found.name for found in blobs.list("")] == ["attacked"]
    buffer = memoryview(bytearray(5))
    with blobs.range("attacked", 0, 5) as source:
        assert source.readinto(buffer) == 5
    blobs.delete("attacked")
    assert blobs.stat("attacked") is None


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_attacker_who_guessed_where_bytes_lie_in_a_volume_is_asked_for_a_signature(
    store: EmbeddedStore, method: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", store.address.ports["volume"], timeout=5)
    connection.request(method, "/1,01abcdef01", body=b"x" if method == "POST" else None)
    assert connection.getresponse().status == 401
    connection.close()


def rows(table: Path) -> list[str]:
    return table.read_text().splitlines()[1:] if table.exists() else []


def test_attacker_on_the_same_machine_finds_no_secret(store: EmbeddedStore, folder: Path) -> None:
    secret = store.secret_key.encode()
    command = Path(f"/proc/{store.pid}/cmdline").read_bytes()
    assert b"weed" in command
    assert secret not in command
    assert secret not in (folder / "log").read_bytes()
    assert store.secret_key not in repr(store.address)
    holders = [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert holders == [folder / "data" / "address.json"]
    assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "log").stat().st_mode) == 0o600


def test_a_folder_takes_one_store_only(
    store: EmbeddedStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.1)
    with pytest.raises(Misconfigured, match="running"):
        EmbeddedStore(folder / "data", folder / "log").start()
    store.blobs().check()


def test_a_stopped_store_starts_elsewhere_when_its_port_is_taken(tmp_path: Path) -> None:
    first = EmbeddedStore(tmp_path / "data", tmp_path / "log")
    with first:
        first.blobs().put("kept", BytesIO(b"bytes"))
    port = first.address.ports["s3"]
    with socket.create_server(("127.0.0.1", port)):
        again = EmbeddedStore(tmp_path / "data", tmp_path / "log")
        with again:
            assert again.address.ports["s3"] != port
            assert again.secret_key == first.secret_key
            assert again.blobs().stat("kept") is not None
        with pytest.raises(Misconfigured, match=str(port)):
            EmbeddedStore(tmp_path / "data", tmp_path / "log", ports=first.address.ports).start()


def test_a_store_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from recstore.storage.seaweed import EmbeddedStore\n"
        f"store = EmbeddedStore(Path({str(tmp_path / 'data')!r}), Path({str(tmp_path / 'log')!r}))\n"
        "store.start(); print(store.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    deadline = monotonic() + 10
    while alive(child) and monotonic() < deadline:
        sleep(0.05)
    assert not alive(child)
