"""deploy/nginx.conf, run for real before a small service: nothing is spooled, no claim is believed."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.house.house import ROOT

TEXT = (ROOT / "deploy" / "nginx.conf").read_text()
PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
MEDIA = "/api/v1/recordings/some-id/media"
HALF = b"x" * 1000


class Service(BaseHTTPRequestHandler):
    """What nginx sees of recstore: half an answer, a wait for the test's word, the other half."""

    protocol_version = "HTTP/1.1"
    arrived = threading.Event()
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path == MEDIA:
            self.send_response(200)
            self.send_header("Content-Length", str(2 * len(HALF)))
            self.end_headers()
            self.wfile.write(HALF)
            self.go_on.wait(5)
            self.wfile.write(HALF)
        else:
            self.answer(self.headers["X-Forwarded-For"].encode())

    def do_PUT(self) -> None:
        self.rfile.read(len(HALF))
        self.arrived.set()
        left = int(self.headers["Content-Length"]) - len(HALF)
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        self.answer(b"taken")

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@dataclass(frozen=True)
class Front:
    folder: Path
    plain: int
    tls: int

    def connect(self) -> HTTPSConnection:
        trust = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        return HTTPSConnection("localhost", self.tls, context=trust, timeout=10)

    def files(self) -> list[Path]:
        """Whatever nginx has written of what passed through."""
        return [
            path for name in ("body", "proxy") for path in (self.folder / name).rglob("*") if path.is_file()
        ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Nginx with our configuration; only names and ports of the container are replaced by ours."""
    folder = tmp_path_factory.mktemp("nginx")
    made = Front(folder, plain=free_port(), tls=free_port())
    make_certificate(folder / "certificate.pem", folder / "key.pem")
    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    text = TEXT.replace("/run/secrets/tls_certificate", f"{folder}/certificate.pem")
    text = text.replace("/run/secrets/tls_key", f"{folder}/key.pem").replace("/run/nginx", str(folder))
    text = text.replace("server web:8080", f"server 127.0.0.1:{service.server_port}")
    text = text.replace("listen 8443", f"listen 127.0.0.1:{made.tls}").replace(
        "listen 8081", f"listen 127.0.0.1:{made.plain}"
    )
    # The tests read its log from a file: these two are the only other changes.
    text = text.replace("/dev/stdout", f"{folder}/access.log").replace("/dev/stderr", f"{folder}/error.log")
    (folder / "nginx.conf").write_text(text)
    program = subprocess.Popen([PROGRAM, "-c", folder / "nginx.conf", "-g", "daemon off;"])
    try:
        wait_for(made.plain)
        yield made
    finally:
        program.terminate()
        program.wait(10)
        service.shutdown()
        service.server_close()


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("nginx does not answer")


def make_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(datetime.now(UTC))
    signed = builder.not_valid_after(datetime.now(UTC) + timedelta(days=1)).sign(private, hashes.SHA256())
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(pem, pkcs8, serialization.NoEncryption()))


def test_nginx_takes_the_configuration_without_a_warning(front: Front) -> None:
    result = subprocess.run(
        [PROGRAM, "-t", "-c", front.folder / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert (front.folder / "error.log").read_text() == ""


def test_without_tls_the_only_answer_is_where_to_go(front: Front) -> None:
    connection = HTTPConnection("localhost", front.plain, timeout=10)
    connection.request("GET", "/recordings?page=2")
    response = connection.getresponse()
    assert (response.status, response.getheader("Location")) == (308, "https://localhost/recordings?page=2")
    connection.close()


def test_attacker_cannot_claim_another_address(front: Front) -> None:
    connection = front.connect()
    connection.request("GET", "/", headers={"X-Forwarded-For": "192.0.2.7"})
    assert connection.getresponse().read() == b"127.0.0.1"
    connection.close()


def test_attacker_outside_cannot_read_the_metrics(front: Front) -> None:
    connection = front.connect()
    connection.request("GET", "/metrics")
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.parametrize(
    "path", [MEDIA, MEDIA.replace("/v1/", "/v1/admin/")], ids=["media", "a review's media"]
)
def test_the_place_of_media_takes_all_media(path: str) -> None:
    (pattern,) = re.findall(r"location ~ (\S+) \{", TEXT)
    assert re.fullmatch(pattern, path)


def test_media_leave_before_their_end_is_there(front: Front) -> None:
    Service.go_on.clear()
    connection = front.connect()
    connection.request("GET", MEDIA)
    response = connection.getresponse()
    assert response.read(len(HALF)) == HALF  # the service has not sent more, and waits
    Service.go_on.set()
    assert response.read() == HALF
    connection.close()
    assert front.files() == []


def test_a_hand_over_arrives_before_its_end_is_sent(front: Front) -> None:
    Service.arrived.clear()
    rest = bytes(8 << 20)
    connection = front.connect()
    connection.putrequest("PUT", "/api/v1/calls/one/recordings/one")
    connection.putheader("Content-Length", str(len(HALF) + len(rest)))
    connection.endheaders(HALF)
    assert Service.arrived.wait(5)
    connection.send(rest)
    assert connection.getresponse().read() == b"taken"
    connection.close()
    assert front.files() == []


def test_the_log_counts_and_names_nothing(front: Front) -> None:
    connection = front.connect()
    connection.request("GET", "/recordings?q=salaries")
    assert connection.getresponse().status == 200
    connection.close()
    time.sleep(0.2)
    log = (front.folder / "access.log").read_text()
    assert " GET 200 " in log
    assert not re.search(r"salaries|recordings|127\.0\.0\.1", log)
