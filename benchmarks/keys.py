"""The key agent over its socket and over TLS: data keys opened a second, and how soon it answers."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from benchmarks.rounds import alternate
from keys.client import Agent, OpenRequest
from keys.reasons import Reason
from keys.wrap import PublicKey, wrap_data_key
from tests.unit.keys.certificates import Authority

OPENINGS = 1000
CHECKS = 500
PATIENCE = 5.0  # what is measured is the rate, not the bound


def measure() -> dict[str, float]:
    """Return openings a second, and microseconds."""
    with tempfile.TemporaryDirectory(prefix="recstore-bench-") as folder:
        home = Path(folder)
        with listening(home) as (agent, over_tls):
            request = a_request(agent)
            return alternate(
                {
                    "openings a second, 1 thread": partial(openings_a_second, agent, request, threads=1),
                    "openings a second, 8 threads": partial(openings_a_second, agent, request, threads=8),
                    "over TLS, 1 thread": partial(openings_a_second, over_tls, request, threads=1),
                    "over TLS, 8 threads": partial(openings_a_second, over_tls, request, threads=8),
                    "a check, µs": partial(check_time, agent),
                }
            )


@contextmanager
def listening(home: Path) -> Iterator[tuple[Agent, Agent]]:
    """Run an agent that listens at a socket and over TLS; give the way to it by each."""
    ours, theirs = Authority(home / "servers"), Authority(home / "clients")
    server = ours.identity("localhost", purpose="server", peers_ca=theirs.file)
    client = theirs.identity("bench.example", purpose="client", peers_ca=ours.file)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "keys", "serve", "--home", f"{home}/keys", "--socket", f"{home}/socket"]
    command += ["--tls-listen", f"127.0.0.1:{port}", "--tls-cert", str(server.certificate)]
    command += ["--tls-key", str(server.key), "--tls-clients-ca", str(server.peers_ca)]
    with subprocess.Popen([*command, "--allow", "bench.example"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield (
                Agent(home / "socket", timeout=PATIENCE),
                Agent(f"tls://localhost:{port}", timeout=PATIENCE, identity=client),
            )
        finally:
            process.terminate()


def a_request(agent: Agent) -> OpenRequest:
    """Return a request for a data key of a new account."""
    account_id, item_id, data_key_id = uuid4(), uuid4(), uuid4()
    key = agent.create_account(account_id)
    sealed = wrap_data_key(
        PublicKey(key.public_key),
        os.urandom(32),
        account_id=account_id,
        item_id=item_id,
        generation=1,
        data_key_id=data_key_id,
    )
    return OpenRequest(
        id=uuid4(),
        account_id=account_id,
        item_id=item_id,
        generation=1,
        key_id=key.key_id,
        data_key_id=data_key_id,
        sealed=sealed,
        actor="ann",
        on_behalf_of=None,
        reason=Reason.PLAYBACK,
        decision="1",
        at=datetime.now(UTC),
    )


def openings_a_second(agent: Agent, request: OpenRequest, *, threads: int) -> float:
    def open_one(_: int) -> None:
        # The agent answers a request once, and only while it is fresh.
        agent.open_data_key(replace(request, id=uuid4(), at=datetime.now(UTC)))

    with ThreadPoolExecutor(threads) as pool:
        start = perf_counter()
        for _ in pool.map(open_one, range(OPENINGS)):
            pass
        return OPENINGS / (perf_counter() - start)


def check_time(agent: Agent) -> float:
    start = perf_counter()
    for _ in range(CHECKS):
        agent.check()
    return (perf_counter() - start) / CHECKS * 1e6
