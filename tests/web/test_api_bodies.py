"""Bodies that break off, lie or are refused: told to whoever still listens, and never kept."""

import http.client
import json
import socket
from uuid import uuid4

import pytest

from tests.films import FTYP, film_of
from tests.web.running import Running

MIB = 1 << 20


def send_raw(
    service: Running, head: str, *pieces: bytes, half_close: bool = True
) -> tuple[int, dict[str, str]]:
    """Send bytes as they are, and read the answer: status, and what its problem document says."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=15) as wire:
        token = service.world.tokens["recorder"]
        wire.sendall(f"{head}\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        for piece in pieces:
            wire.sendall(piece)
        if half_close:
            wire.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        return answer.status, json.loads(answer.read())


def new_path() -> str:
    return f"/api/v1/calls/call-1/recordings/{uuid4().hex}"


CUT = {
    "half of a body with a length": ("Content-Length: 1000", [b"x" * 500]),
    "nothing of a body with a length": ("Content-Length: 1000", []),
    "a chunk that breaks off": ("Transfer-Encoding: chunked", [b"400\r\n", b"x" * 500]),
    "no last chunk": ("Transfer-Encoding: chunked", [b"5\r\nhello\r\n"]),
    "a chunk size that is none": ("Transfer-Encoding: chunked", [b"5\r\nhello\r\n", b"xyz\r\n"]),
}


@pytest.mark.parametrize(("header", "pieces"), CUT.values(), ids=CUT)
@pytest.mark.parametrize("kind", ["recordings", "transcripts"])
def test_a_body_cut_short_leaves_nothing_and_can_be_repeated(
    service: Running, kind: str, header: str, pieces: list[bytes]
) -> None:
    path = new_path().replace("recordings", kind)
    rows, blobs = service.world.count_rows(), list(service.world.recstore.blobs.list(""))
    status, problem = send_raw(service, f"PUT {path} HTTP/1.1\r\n{header}", *pieces)
    assert (status, problem["code"]) == (400, "cut_short")
    assert service.world.count_rows() == rows
    assert list(service.world.recstore.blobs.list("")) == blobs
    if kind == "recordings":
        assert service.ask("recorder", "PUT", path, film_of(b"the whole of it"))[0] == 201


def test_a_body_without_a_length_is_taken(service: Running) -> None:
    head = f"PUT {new_path()} HTTP/1.1\r\nTransfer-Encoding: chunked"
    status, received = send_raw(service, head, b"%x\r\n%s\r\n" % (len(FTYP), FTYP), b"0\r\n\r\n")
    assert (status, received["state"]) == (201, "available")


def test_three_gibibytes_are_refused_before_they_are_sent(service: Running) -> None:
    head = f"PUT {new_path()} HTTP/1.1\r\nContent-Length: {3 << 30}"
    status, problem = send_raw(service, head, b"x" * MIB, half_close=False)
    assert (status, problem["code"]) == (413, "too_large")


def test_a_body_without_a_length_is_refused_where_it_grows_too_large(service: Running) -> None:
    blobs = list(service.world.recstore.blobs.list(""))
    chunk = b"100000\r\n" + film_of(b"x" * MIB)[:MIB] + b"\r\n"
    head = f"PUT {new_path()} HTTP/1.1\r\nTransfer-Encoding: chunked"
    status, problem = send_raw(service, head, *([chunk] * 66), half_close=False)
    assert (status, problem["code"]) == (413, "too_large")
    assert list(service.world.recstore.blobs.list("")) == blobs


REFUSED = {
    "by nobody": ({}, "PUT", new_path(), 401, "sign_in_needed"),
    "to no call": (None, "PUT", "/api/v1/calls/none/recordings/r", 400, "call_unknown"),
    "to no route": (None, "PUT", "/api/v1/none", 404, "not_found"),
    "by a method that is not": (None, "POST", "/api/v1/calls/call-1", 405, "method_not_allowed"),
}


@pytest.mark.parametrize("connection_header", ["keep-alive", "close"])
@pytest.mark.parametrize(("headers", "method", "path", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_a_sender_who_sends_everything_first_still_reads_the_refusal(
    service: Running,
    headers: dict[str, str] | None,
    method: str,
    path: str,
    status: int,
    code: str,
    connection_header: str,
) -> None:
    sent = service.as_("recorder") if headers is None else headers
    connection = service.open()
    sent = sent | {"Connection": connection_header}
    connection.request(method, path, body=b"x" * (32 * MIB), headers=sent)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (status, code)
    if connection_header == "keep-alive":
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
    connection.close()
