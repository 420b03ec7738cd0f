"""A store that fails in every way a network has: a clear error in 5 seconds, and recovery without hands."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from random import Random
from time import monotonic
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from recstore.errors import RecstoreError, StoreUnavailable
from recstore.storage.s3 import PART_SIZE, S3Blobs
from recstore.storage.seaweed import EmbeddedStore
from tests.faults.proxy import Fault, FaultyProxy

MIB = 1 << 20
PATIENCE = 5.0
CONTENT = Random(11).randbytes(PART_SIZE * 3)


def read(blobs: S3Blobs, name: str, start: int, stop: int) -> bytes:
    content = bytearray()
    buffer = memoryview(bytearray(MIB))
    with blobs.range(name, start, stop) as source:
        while count := source.readinto(buffer):
            content += buffer[:count]
    return bytes(content)


METHODS: dict[str, Callable[[S3Blobs], object]] = {
    "put a small blob": lambda blobs: blobs.put("a/new", BytesIO(b"x")),
    "put a large blob": lambda blobs: blobs.put("a/large", BytesIO(CONTENT)),
    "range": lambda blobs: read(blobs, "a/old", 0, MIB),
    "stat": lambda blobs: blobs.stat("a/old"),
    "delete": lambda blobs: blobs.delete("a/other"),
    "list": lambda blobs: list(blobs.list("a/")),
    "check": lambda blobs: blobs.check(),
}


@pytest.fixture
def proxy(seaweed: EmbeddedStore) -> Iterator[FaultyProxy]:
    address = urlsplit(seaweed.endpoint)
    with FaultyProxy((address.hostname or "", address.port or 0)) as proxy:
        yield proxy


@pytest.fixture
def blobs(seaweed: EmbeddedStore, proxy: FaultyProxy) -> S3Blobs:
    """A place behind the proxy that holds `a/old`, with connections kept from earlier use."""
    blobs = at(f"http://127.0.0.1:{proxy.port}", seaweed)
    blobs.put("a/old", BytesIO(CONTENT))
    return blobs


def at(endpoint: str, seaweed: EmbeddedStore, *, secret_key: str = "", bucket: str = "") -> S3Blobs:
    return S3Blobs(
        endpoint=endpoint,
        access_key=seaweed.access_key,
        secret_key=secret_key or seaweed.secret_key,
        bucket=bucket or seaweed.bucket,
        prefix=f"fault-{uuid4()}/",
    )


def outcome(method: Callable[[S3Blobs], object], blobs: S3Blobs) -> tuple[type[RecstoreError] | None, bool]:
    """Say what a method raised, and whether it did within the time that is promised."""
    started = monotonic()
    try:
        method(blobs)
    except RecstoreError as error:
        return type(error), monotonic() - started < PATIENCE
    return None, monotonic() - started < PATIENCE


def outcomes(blobs: S3Blobs) -> dict[str, tuple[type[RecstoreError] | None, bool]]:
    """Try every method, all at once so that waiting for silence costs its time only once."""
    with ThreadPoolExecutor(len(METHODS)) as threads:
        tries = {title: threads.submit(outcome, method, blobs) for title, method in METHODS.items()}
    return {title: done.result() for title, done in tries.items()}


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.SILENT, Fault.RESET, Fault.TRUNCATE])
def test_every_method_says_in_time_that_the_store_is_dead_and_works_again_after(
    proxy: FaultyProxy, blobs: S3Blobs, fault: Fault
) -> None:
    proxy.fail(fault)
    assert outcomes(blobs) == dict.fromkeys(METHODS, (StoreUnavailable, True))
    proxy.heal()
    assert outcomes(blobs) == dict.fromkeys(METHODS, (None, True))


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.SILENT, Fault.RESET, Fault.TRUNCATE])
def test_a_fault_in_the_middle_of_a_range_is_an_error_and_not_its_end(
    proxy: FaultyProxy, blobs: S3Blobs, fault: Fault
) -> None:
    came = bytearray()
    started = monotonic()
    with pytest.raises(StoreUnavailable):
        read_through(fault, proxy=proxy, blobs=blobs, into=came)
    assert monotonic() - started < PATIENCE
    assert MIB <= len(came) < len(CONTENT)
    assert CONTENT.startswith(came)
    proxy.heal()
    assert read(blobs, "a/old", 0, len(CONTENT)) == CONTENT


def read_through(fault: Fault, *, proxy: FaultyProxy, blobs: S3Blobs, into: bytearray) -> None:
    """Read a whole blob, with a fault from its second MiB on."""
    buffer = memoryview(bytearray(MIB))
    with blobs.range("a/old", 0, len(CONTENT)) as source:
        while count := source.readinto(buffer):
            into += buffer[:count]
            if len(into) == MIB:
                proxy.fail(fault, after=MIB // 2)


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.SILENT, Fault.RESET, Fault.TRUNCATE])
def test_a_fault_in_the_middle_of_a_put_leaves_nothing_under_the_name(
    proxy: FaultyProxy, blobs: S3Blobs, fault: Fault
) -> None:
    class DyingStore(BytesIO):
        struck = 0.0

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > PART_SIZE and not self.struck:
                self.struck = monotonic()
                proxy.fail(fault)
            return super().read(size)

    source = DyingStore(CONTENT)
    with pytest.raises(StoreUnavailable):
        blobs.put("a/new", source)
    assert monotonic() - source.struck < PATIENCE
    proxy.heal()
    assert blobs.stat("a/new") is None
    assert [stat.name for stat in blobs.list("")] == ["a/old"]
    assert blobs.put("a/new", BytesIO(CONTENT)) == len(CONTENT)


def test_a_source_that_breaks_while_the_store_is_dead_keeps_its_own_error(
    proxy: FaultyProxy, blobs: S3Blobs
) -> None:
    class Breaking(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= PART_SIZE:
                proxy.fail(Fault.REFUSE)
                raise ConnectionResetError("the recorder is gone")
            return super().read(size)

    with pytest.raises(ConnectionResetError, match="the recorder is gone") as caught:
        blobs.put("a/new", Breaking(CONTENT))
    assert "still in the store" in caught.value.__notes__[0]


def test_connections_that_went_stale_are_not_an_error(proxy: FaultyProxy, blobs: S3Blobs) -> None:
    for _ in range(20):
        blobs.check()
        proxy.heal()  # closes every connection that was kept
        assert read(blobs, "a/old", 5, 10) == CONTENT[5:10]


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.TRUNCATE])
@pytest.mark.parametrize("title", ["put a small blob", "range", "stat", "delete", "list", "check"])
def test_a_connection_that_goes_stale_under_a_request_is_tried_once_more(
    proxy: FaultyProxy, blobs: S3Blobs, fault: Fault, title: str
) -> None:
    proxy.fail(fault, once=True)
    METHODS[title](blobs)


def test_a_slow_store_that_goes_on_is_not_a_dead_one(proxy: FaultyProxy, blobs: S3Blobs) -> None:
    proxy.fail(Fault.DELAY, delay=0.02)
    assert read(blobs, "a/old", 0, MIB) == CONTENT[:MIB]


ANSWERS = {
    "too busy": b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 37\r\n\r\n"
    b"<Error><Code>SlowDown</Code></Error>\n",
    "an error page of something in between": b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n"
    b"Content-Length: 12\r\n\r\n<h1>no</h1>\n",
    "an error of letters unknown": b"HTTP/1.1 500 No\r\nContent-Type: text/html\r\n"
    b"Content-Length: 2\r\n\r\n\xff\xfe",
    "an error that is no XML": b"HTTP/1.1 500 No\r\nContent-Type: application/xml\r\n"
    b"Content-Length: 3\r\n\r\n<<<",
    "not HTTP at all": b"220 mail.example ESMTP\r\n",
}


@pytest.mark.parametrize("answer", [pytest.param(answer, id=title) for title, answer in ANSWERS.items()])
def test_a_store_that_answers_nonsense_is_unavailable(seaweed: EmbeddedStore, answer: bytes) -> None:
    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(1 << 16)
                client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        blobs = at(f"http://127.0.0.1:{listener.getsockname()[1]}", seaweed)
        small = {title: outcome(METHODS[title], blobs) for title in METHODS if title != "put a large blob"}
        listener.shutdown(socket.SHUT_RDWR)
    assert small == dict.fromkeys(small, (StoreUnavailable, True))


def test_attacker_without_the_secret_gets_nothing(seaweed: EmbeddedStore) -> None:
    blobs = at(seaweed.endpoint, seaweed, secret_key="a guess")
    assert outcomes(blobs) == dict.fromkeys(METHODS, (StoreUnavailable, True))
    with pytest.raises(StoreUnavailable, match="SignatureDoesNotMatch") as caught:
        blobs.put("a/new", BytesIO(b"x"))
    assert "a guess" not in str(caught.value)


def test_a_missing_bucket_is_named(seaweed: EmbeddedStore) -> None:
    with pytest.raises(StoreUnavailable, match="no bucket elsewhere"):
        at(seaweed.endpoint, seaweed, bucket="elsewhere").check()
