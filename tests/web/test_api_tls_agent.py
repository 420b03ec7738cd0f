"""`recstore serve` with its key agent elsewhere, behind mutual TLS: real commands, real processes."""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from keys.holder import set_lock
from keys.tls import Identity
from recstore.storage.seaweed import EmbeddedStore
from tests.films import film_of
from tests.unit.cli.test_cli_commands import CALL, Shell
from tests.unit.keys.certificates import Authority

FILM = film_of(b"over mutual TLS")
CLIENT, STRANGER = "web.example", "mallory.example"


@dataclass
class Far:
    """An agent's machine: its home, where it listens, and what it shows."""

    folder: Path
    port: int
    identity: Identity

    @contextmanager
    def agent(self) -> Iterator[subprocess.Popen[str]]:
        """Run the agent there; it lets CLIENT ask, and nobody else."""
        command = [sys.executable, "-m", "recstore", "keys", "agent", "serve"]
        command += ["--home", str(self.folder / "keys"), "--socket", str(self.folder / "keys.sock")]
        command += ["--tls-listen", f"127.0.0.1:{self.port}", "--allow", CLIENT]
        command += ["--tls-cert", str(self.identity.certificate), "--tls-key", str(self.identity.key)]
        command += ["--tls-clients-ca", str(self.identity.peers_ca)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as agent:
            assert agent.stdout is not None
            assert agent.stdout.readline() == "agent ready\n"
            try:
                yield agent
            finally:
                agent.send_signal(signal.SIGTERM)


@dataclass
class Site:
    """Both machines, Acme on them with a recording of Ann's, and how to be a client with a certificate."""

    far: Far
    shell: Shell
    stranger: dict[str, str]
    media: str


@pytest.fixture(scope="module")
def site(seaweed: EmbeddedStore) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="recstore-tls-"))
    servers, clients = Authority(folder / "servers"), Authority(folder / "clients")
    server = servers.identity("localhost", purpose="server", peers_ca=clients.file)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    credentials = folder / "s3.json"
    credentials.write_text(json.dumps({"access_key": seaweed.access_key, "secret_key": seaweed.secret_key}))
    store = {
        "RECSTORE_S3_ENDPOINT": seaweed.endpoint,
        "RECSTORE_S3_BUCKET": seaweed.bucket,
        "RECSTORE_S3_CREDENTIALS_FILE": str(credentials),
    }
    seaweed.blobs().check()

    def environment(name: str) -> dict[str, str]:
        client = clients.identity(name, purpose="client", peers_ca=servers.file)
        return store | {
            "RECSTORE_KEYS_AGENT": f"tls://localhost:{port}",
            "RECSTORE_KEYS_CERTIFICATE_FILE": str(client.certificate),
            "RECSTORE_KEYS_PRIVATE_KEY_FILE": str(client.key),
            "RECSTORE_KEYS_CA_FILE": str(client.peers_ca),
        }

    far = Far(folder / "far", port, server)
    shell = Shell(folder / "data", environment(CLIENT))
    far.folder.mkdir()
    with far.agent():
        media = furnish(shell, folder)
    yield Site(far, shell, environment(STRANGER), media)
    shutil.rmtree(folder)


def furnish(shell: Shell, folder: Path) -> str:
    """Set up Acme by commands alone; give where its recording is played."""
    shell.answer("account", "create", "Acme", "--domain", "acme.example")
    ann = ("user", "create", "ann@acme.example", "--account", "Acme", "--password-stdin")
    shell.answer(*ann, typed="long enough\n")
    (folder / "call.json").write_text(json.dumps(CALL))
    (folder / "film.mp4").write_bytes(FILM)
    told = shell.answer("ingest", str(folder / "call.json"), "--recording", str(folder / "film.mp4"))
    return f"/api/v1/recordings/{told['recording']['id']}/media"


@contextmanager
def serving(site: Site) -> Iterator[http.client.HTTPConnection]:
    """Run `recstore serve`; give a connection to it."""
    command = [sys.executable, "-m", "recstore", "serve", "--port", "0", "--data", str(site.shell.data)]
    with subprocess.Popen(
        command, env=environ | site.shell.environment, stdout=subprocess.PIPE, text=True
    ) as serve:
        assert serve.stdout is not None
        said = serve.stdout.readline()
        assert said.startswith("ready on "), said
        address = urlsplit(said.removeprefix("ready on ").strip())
        try:
            with closing(
                http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
            ) as line:
                yield line
        finally:
            serve.send_signal(signal.SIGTERM)
    assert serve.returncode == 0


def sign_in(line: http.client.HTTPConnection) -> dict[str, str]:
    document = json.dumps({"email": "ann@acme.example", "password": "long enough"})
    line.request("POST", "/api/v1/session", document, {"Content-Type": "application/json"})
    answer = line.getresponse()
    answer.read()
    cookies = answer.headers.get_all("Set-Cookie") or []
    return {"Cookie": "; ".join(cookie.partition(";")[0] for cookie in cookies)}


def play(line: http.client.HTTPConnection, media: str, cookie: dict[str, str]) -> tuple[int, bytes]:
    line.request("GET", media, headers=cookie)
    answer = line.getresponse()
    return answer.status, answer.read()


def test_it_plays_by_the_agents_leave_and_hears_of_its_lock(site: Site) -> None:
    home = site.far.folder / "keys"
    with site.far.agent(), serving(site) as line:
        cookie = sign_in(line)
        assert play(line, site.media, cookie) == (200, FILM)
        set_lock(home, None, locked=True)
        locked_at = monotonic()
        while play(line, site.media, cookie)[0] == 200:
            assert monotonic() - locked_at < 2, "the push drops the key that is held"
            sleep(0.1)
        set_lock(home, None, locked=False)
        assert play(line, site.media, cookie) == (200, FILM)
        told = [json.loads(each) for each in (home / "log.jsonl").read_text().splitlines()]
        assert {entry["client"] for entry in told if entry["asked"] == "open-data-key"} == {CLIENT}


def test_attacker_whose_certificate_is_not_listed_gets_nothing(site: Site) -> None:
    stranger = Shell(site.shell.data, site.shell.environment | site.stranger)
    with site.far.agent():
        done = stranger.run("account", "create", "Third", "--domain", "third.example")
    assert (done.exit_code, "keys_unavailable" in done.stderr) == (1, True)


def test_without_an_identity_nothing_starts(site: Site) -> None:
    bare = {name: value for name, value in site.shell.environment.items() if not name.endswith("_FILE")}
    bare["RECSTORE_S3_CREDENTIALS_FILE"] = site.shell.environment["RECSTORE_S3_CREDENTIALS_FILE"]
    done = Shell(site.shell.data, bare).run("keys", "status")
    assert (done.exit_code, "RECSTORE_KEYS_AGENT" in done.stderr) == (1, True)
