"""Run the web server over its parts: start all, watch all, end all."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

import click

from recstore.children import end
from recstore.cli.background import settling_meanwhile
from recstore.embedded import Part, running_parts
from recstore.errors import Misconfigured, RecstoreError, Unavailable
from recstore.settings import Settings
from recstore.wiring import build

# Most of them wait for slow clients; one user holds four with streams (`web.watch`).
THREADS = 48
START_SECONDS = 30
STOP_SECONDS = 10
LOOK_SECONDS = 0.5


def supervise(settings: Settings, *, host: str, port: int, workers: int, as_json: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; say "ready on URL" when it answers. Dead parts are started again."""
    with (
        _stop_signals() as stopped,
        _listening(host, port) as listener,
        running_parts(settings) as parts,
    ):
        recstore = build(settings)
        recstore.check()
        with _web(settings, listener, workers=workers) as web, settling_meanwhile(recstore):
            bound_host, bound_port = listener.getsockname()[:2]
            url = f"http://{bound_host}:{bound_port}"
            _await_answer(web, url, stopped)
            if not stopped.is_set():
                click.echo(json.dumps({"ready": url}) if as_json else f"ready on {url}")
            while not stopped.wait(LOOK_SECONDS):
                if web.poll() is not None:
                    raise Unavailable("The web server ended by itself; its last words stand above.")
                _revive(parts)


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Bind before anything else starts: a port in use is told at once, and 0 becomes a real port."""
    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise Misconfigured(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    with listener:
        yield listener


@contextmanager
def _web(settings: Settings, listener: socket.socket, *, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        *("setpriv", "--pdeathsig", "TERM"),  # ends with its parent, however that ends
        *(sys.executable, "-m", "gunicorn", "web.app:create_app()", "--bind", f"fd://{listener.fileno()}"),
        *("--worker-class", "web.worker.Worker", "--workers", str(workers), "--threads", str(THREADS)),
        # Streams last long: only a worker that is stuck altogether is replaced.
        *("--timeout", "120", "--graceful-timeout", "5", "--keep-alive", "15"),
        *("--log-level", "warning", "--no-control-socket"),
    ]
    environment = os.environ | {"RECSTORE_DATA": str(settings.data)}
    web = subprocess.Popen(  # noqa: S603 - nothing in the command comes from outside
        command, env=environment, pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL
    )
    try:
        yield web
    finally:
        end(web, patience=STOP_SECONDS)


def _await_answer(web: subprocess.Popen[bytes], url: str, stopped: threading.Event) -> None:
    deadline = monotonic() + START_SECONDS
    while not stopped.wait(0.05):
        if web.poll() is not None or monotonic() > deadline:
            raise Unavailable("The web server does not start; its last words stand above.")
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            continue


def _revive(parts: list[Part]) -> None:
    for part in parts:
        try:
            if part.ensure():
                click.echo(f"{type(part).__name__} had ended and was started again", err=True)
        except RecstoreError as error:
            # Said and tried again at the next look: the web server answers 503 meanwhile.
            click.echo(f"{type(part).__name__}: {error.message}", err=True)
