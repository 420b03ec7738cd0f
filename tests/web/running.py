"""The whole service as processes: gunicorn, key agent and SeaweedFS, the store behind a faulty proxy."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

from recstore.clock import utc_now
from recstore.installation import prepare
from recstore.settings import Settings
from recstore.storage.seaweed import EmbeddedStore
from recstore.wiring import build
from tests.faults.proxy import FaultyProxy
from tests.web.acme import World, furnish
from tests.web.documented import check


@dataclass
class Running:
    """A service on loopback, with the same world as other tests, and handles on its parts."""

    world: World
    proxy: FaultyProxy
    port: int
    log: Path
    agent: subprocess.Popen[str]
    web: subprocess.Popen[bytes]
    settings: Settings
    cookies: dict[str, str] = field(default_factory=dict)

    def open(self) -> http.client.HTTPConnection:
        """Connect anew."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def as_(self, name: str) -> dict[str, str]:
        """The headers of `name`, signed in."""
        if name == "recorder":
            return {"Authorization": f"Bearer {self.world.tokens[name]}"}
        if name not in self.cookies:
            browser = self.world.signed_in(name).client
            self.cookies[name] = browser.get_cookie("recstore_session").value
        return {"Cookie": f"recstore_session={self.cookies[name]}"}

    def ask(
        self, name: str, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request and read its whole answer: status, headers, body."""
        connection = self.open()
        try:
            connection.request(method, path, body=body, headers=self.as_(name) | headers)
            answer = connection.getresponse()
            status, told, content = answer.status, dict(answer.headers), answer.read()
            kind = told.get("Content-Type", "").partition(";")[0]
            check(self.world.app, method, urlsplit(path).path, status, kind, content)
            return status, told, content
        finally:
            connection.close()

    def worker(self) -> int:
        """The process id of the one worker, as the kernel knows it."""
        (worker,) = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        return int(worker)

    def restart_agent(self) -> None:
        self.agent.communicate()
        self.agent = start_agent(self.settings)


def start_agent(settings: Settings) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "keys", "serve", "--home", str(settings.data / "keys")]
    agent = subprocess.Popen(
        [*command, "--socket", str(settings.agent_socket)], stdout=subprocess.PIPE, text=True
    )
    assert agent.stdout is not None
    agent.stdout.readline()
    return agent


@contextmanager
def running(folder: Path, seaweed: EmbeddedStore) -> Iterator[Running]:
    address = urlsplit(seaweed.endpoint)
    credentials = folder / "s3.json"
    credentials.write_text(f'{{"access_key": "{seaweed.access_key}", "secret_key": "{seaweed.secret_key}"}}')
    with FaultyProxy((address.hostname or "", address.port or 0)) as proxy:
        settings = Settings(
            data=folder / "data",
            s3_endpoint=f"http://127.0.0.1:{proxy.port}",
            s3_bucket=seaweed.bucket,
            s3_credentials_file=credentials,
            max_recording_bytes=64 << 20,
        )
        prepare(settings)
        agent = start_agent(settings)
        recstore = build(settings)
        world = furnish(recstore, recstore.blobs, utc_now)
        with gunicorn(settings, folder / "web.log") as (port, web):
            service = Running(world, proxy, port, folder / "web.log", agent, web, settings)
            yield service
        service.agent.terminate()
        service.agent.communicate()
        recstore.catalog.engine.dispose()


@contextmanager
def gunicorn(settings: Settings, log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """One worker with threads, as `recstore serve` starts it."""
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
        port = listener.getsockname()[1]
        command = [
            *(
                sys.executable,
                "-m",
                "gunicorn",
                "web.app:create_app()",
                "--bind",
                f"fd://{listener.fileno()}",
            ),
            *("--worker-class", "web.worker.Worker", "--threads", "8"),
            *("--graceful-timeout", "1", "--keep-alive", "15"),
            "--no-control-socket",
        ]
        process = subprocess.Popen(
            command,
            env=os.environ | as_environment(settings),
            pass_fds=[listener.fileno()],
            stderr=output,
            stdout=output,
        )
        try:
            await_answer(port)
            yield port, process
        finally:
            process.terminate()
            process.wait(10)


def as_environment(settings: Settings) -> dict[str, str]:
    """Write settings as another process reads them."""
    said = settings.model_dump(exclude_none=True)
    return {f"RECSTORE_{name.upper()}": str(value) for name, value in said.items()}


def await_answer(port: int) -> None:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            sleep(0.05)
        finally:
            connection.close()
    raise AssertionError("the web server does not answer")
