"""Streams of a running service: broken when they must break, whole when they end."""

import http.client
import io
import json
from collections.abc import Callable, Iterator
from random import Random
from time import monotonic, sleep
from uuid import UUID, uuid4

import pytest

from recstore.access.viewer import Viewer
from recstore.catalog import items
from recstore.choices import Edit
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.model import Access, Kind
from recstore.storage.s3 import S3Blobs
from tests.faults.proxy import Fault
from tests.films import film_of
from tests.web.acme import CALL, World
from tests.web.running import Running

MIB = 1 << 20
FILM = film_of(Random(7).randbytes(48 * MIB))


@pytest.fixture
def film(service: Running) -> UUID:
    """A recording of 48 MiB in a call of its own, more than all buffers on the way hold."""
    recstore, account, ref = service.world.recstore, service.world.account, uuid4().hex
    recstore.calls.put(account, ref, json.dumps(CALL).encode(), actor=SYSTEM)
    body = Body(io.BytesIO(FILM), 64 * MIB)
    return recstore.recordings.put(
        account, ref, "film", body, Described(filetype="video/mp4"), actor=SYSTEM
    ).id


@pytest.fixture
def store(service: Running) -> Iterator[Callable[[Fault], None]]:
    """Have the store fail; it is whole again afterwards."""
    yield service.proxy.fail
    service.proxy.heal()


def media(item_id: UUID) -> str:
    return f"/api/v1/recordings/{item_id}/media"


def viewer(world: World, service: Running, name: str) -> Viewer:
    cookie = service.as_(name)["Cookie"].partition("=")[2]
    found = world.recstore.signin.session(cookie)
    assert found is not None
    return found.viewer


def take_out(service: Running, film: UUID) -> None:
    ann, bo = viewer(service.world, service, "ann"), service.world.users["bo"]
    service.world.recstore.sharing.put(
        ann, Kind.RECORDING, film, bo, access=Access.EXCLUDED, until=None, download=False
    )


def bin_it(service: Running, film: UUID) -> None:
    service.world.recstore.sharing.bin(viewer(service.world, service, "ann"), Kind.RECORDING, film)


def end_session(service: Running, film: UUID) -> None:
    service.world.recstore.signin.sign_out(viewer(service.world, service, "bo"))
    service.world.browsers.pop("bo")
    service.cookies.pop("bo")


def deactivate(service: Running, film: UUID) -> None:
    ada, bo = viewer(service.world, service, "ada"), service.world.users["bo"]
    service.world.recstore.membership.set_active(ada, bo, active=False)
    service.world.browsers.pop("bo")
    service.cookies.pop("bo")


def read_slowly(answer: http.client.HTTPResponse, seconds: float) -> int:
    """Read about 5 MB a second for a while, as a player does; gives the number of bytes."""
    end, count = monotonic() + seconds, 0
    while monotonic() < end:
        count += len(read_piece(answer, MIB // 4))
        sleep(0.05)
    return count


def read_rest(answer: http.client.HTTPResponse) -> int:
    count = 0
    while piece := read_piece(answer, MIB):
        count += len(piece)
    return count


def read_piece(answer: http.client.HTTPResponse, size: int) -> bytes:
    """Read; gives nothing after the break, as after an end."""
    try:
        return answer.read(size)
    except ConnectionResetError:
        return b""


def restrict(service: Running, film: UUID) -> None:
    with service.world.recstore.catalog.change(service.world.account) as tx:
        item = items.by_id(tx, film)
        assert item is not None
        item.restricted = True


def turn_downloads_off(service: Running, film: UUID) -> None:
    ann = viewer(service.world, service, "ann")
    service.world.recstore.sharing.edit(ann, Kind.RECORDING, film, Edit(download=False))


LOSSES = {
    "taken out by the responsible person": take_out,
    "moved to the bin": bin_it,
    "signed out": end_session,
    "deactivated by an admin": deactivate,
    "restricted at a person's request": restrict,
}
LOSSES_OF_A_DOWNLOAD = {
    "downloads turned off": turn_downloads_off,
    "taken out by the responsible person": take_out,
    "restricted at a person's request": restrict,
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_stream_breaks_within_two_seconds_of_the_right(
    service: Running, film: UUID, lose: Callable[[Running, UUID], None]
) -> None:
    check_break(service, media(film), lambda: lose(service, film))
    if lose is deactivate:
        ada, bo = viewer(service.world, service, "ada"), service.world.users["bo"]
        service.world.recstore.membership.set_active(ada, bo, active=True)


@pytest.mark.parametrize("lose", LOSSES_OF_A_DOWNLOAD.values(), ids=LOSSES_OF_A_DOWNLOAD)
def test_a_download_breaks_within_two_seconds_of_the_right(
    service: Running, film: UUID, lose: Callable[[Running, UUID], None]
) -> None:
    ann = viewer(service.world, service, "ann")
    service.world.recstore.sharing.edit(ann, Kind.RECORDING, film, Edit(download=True))
    check_break(service, f"{media(film)}?download=1", lambda: lose(service, film))


def check_break(service: Running, path: str, lose: Callable[[], None]) -> None:
    connection = service.open()
    connection.request("GET", path, headers=service.as_("bo"))
    answer = connection.getresponse()
    assert answer.status == 200
    count = read_slowly(answer, 0.5)
    lose()  # by another process than the one that streams
    lost_at = monotonic()
    count += read_slowly(answer, 1.3)
    count += read_rest(answer)
    connection.close()
    assert monotonic() - lost_at < 2
    assert count < len(FILM)


def test_a_whole_stream_is_whole(service: Running, film: UUID) -> None:
    status, headers, body = service.ask("bo", "GET", media(film))
    assert (status, headers["Content-Length"]) == (200, str(len(FILM)))
    assert body == FILM


def test_a_far_part_is_that_part(service: Running, film: UUID) -> None:
    start = len(FILM) - 3 * MIB - 17
    status, _, body = service.ask("bo", "GET", media(film), Range=f"bytes={start}-{start + MIB}")
    assert (status, body) == (206, FILM[start : start + MIB + 1])


def damage(service: Running, film: UUID, *, at: float) -> None:
    """Alter one sealed byte in the store, `at` of the way through."""
    world = service.world
    with world.recstore.catalog.read(world.account) as tx:
        (segment,), _ = items.manifest(tx, items.by_id(tx, film))
    blobs = world.recstore.blobs
    assert isinstance(blobs, S3Blobs)
    sealed = bytearray(segment.sealed_length)
    view, count = memoryview(sealed), 0
    with blobs.range(segment.blob, 0, segment.sealed_length) as source:
        while count < len(sealed):
            count += source.readinto(view[count:])
    sealed[int(len(sealed) * at)] ^= 1
    blobs.put(segment.blob, io.BytesIO(bytes(sealed)))


def test_damage_further_on_breaks_the_stream_and_lets_nothing_of_it_out(service: Running, film: UUID) -> None:
    damage(service, film, at=0.8)
    connection = service.open()
    connection.request("GET", media(film), headers=service.as_("bo"))
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as broken:
        answer.read()
    connection.close()
    if isinstance(broken.value, http.client.IncompleteRead):
        got = broken.value.partial
        assert got == FILM[: len(got)]
        assert len(got) <= len(FILM) * 0.8


def test_damage_at_the_beginning_is_a_problem_and_no_broken_stream(service: Running, film: UUID) -> None:
    damage(service, film, at=0.00001)
    status, headers, body = service.ask("bo", "GET", media(film))
    assert (status, headers["Content-Type"]) == (500, "application/problem+json")
    assert json.loads(body)["code"] == "damaged"


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.SILENT, Fault.RESET])
def test_a_dead_store_is_told_in_time_and_mends(
    service: Running, film: UUID, store: Callable[[Fault], None], fault: Fault
) -> None:
    store(fault)
    lost = f"/api/v1/calls/call-1/recordings/{uuid4().hex}"
    for name, method, path, body in (
        ("bo", "GET", media(film), None),
        ("bo", "GET", "/readyz", None),
        ("recorder", "PUT", lost, film_of(b"x" * MIB)),
    ):
        began = monotonic()
        status, headers, told = service.ask(name, method, path, body)
        assert (status, json.loads(told)["code"]) == (503, "store_unavailable")
        assert headers["Retry-After"] == "5"
        assert monotonic() - began < 6
    service.proxy.heal()
    assert service.ask("bo", "GET", media(film), Range="bytes=0-9")[2] == FILM[:10]
    assert service.ask("recorder", "PUT", lost, film_of(b"x" * MIB))[0] == 201


def test_a_store_that_dies_in_mid_stream_breaks_it(
    service: Running, film: UUID, store: Callable[[Fault], None]
) -> None:
    connection = service.open()
    connection.request("GET", media(film), headers=service.as_("bo"))
    answer = connection.getresponse()
    count = read_slowly(answer, 0.3)
    store(Fault.REFUSE)
    began = monotonic()
    count += read_rest(answer)
    connection.close()
    assert count < len(FILM)
    assert monotonic() - began < 6


def test_a_dead_agent_closes_reading_and_not_handing_over(service: Running, film: UUID) -> None:
    service.agent.kill()
    service.agent.wait()
    try:
        status, headers, told = service.ask("bo", "GET", media(film))
        assert (status, json.loads(told)["code"]) == (503, "keys_unavailable")
        assert headers["Retry-After"] == "5"
        assert service.ask("bo", "GET", "/healthz")[0] == 200
        path = f"/api/v1/calls/call-1/recordings/{uuid4().hex}"
        assert service.ask("recorder", "PUT", path, film_of(b"taken all the same"))[0] == 201
    finally:
        service.restart_agent()
    assert service.ask("bo", "GET", media(film), Range="bytes=0-9")[0] == 206
