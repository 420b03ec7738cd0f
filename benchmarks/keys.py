"""The key agent over its socket: data keys opened a second by 1 and by 8 threads, and how soon it answers."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
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
from recstore.embedded import EmbeddedAgent

OPENINGS = 1000
CHECKS = 500


def measure() -> dict[str, float]:
    """Return openings a second, and microseconds."""
    with tempfile.TemporaryDirectory(prefix="recstore-bench-") as folder:
        home = Path(folder)
        embedded = EmbeddedAgent(home / "keys", home / "socket", home / "log")
        embedded.start()
        try:
            agent = Agent(home / "socket")
            request = a_request(agent)
            return alternate(
                {
                    "openings a second, 1 thread": partial(openings_a_second, agent, request, threads=1),
                    "openings a second, 8 threads": partial(openings_a_second, agent, request, threads=8),
                    "a check, µs": partial(check_time, agent),
                }
            )
        finally:
            embedded.stop()


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
