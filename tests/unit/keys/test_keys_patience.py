"""A quarter of a second for each of two attempts to open: told by a clock that is set, from a real agent."""

import select
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from keys import connection, lines
from keys.client import AccountKey, Agent
from keys.errors import AgentUnavailable
from keys.lines import Lines
from keys.secret import Secret
from tests.faults.agent_process import ACCOUNT, DATA_KEY, request, running


class Clock:
    """Stands still, but for the delay of each answer."""

    def __init__(self, *delays: float) -> None:
        self.now, self.delays = 1000.0, list(delays)


class SlowLine(socket.socket):
    """A connection whose answers begin after the delay that is set, however long they took in truth."""

    clock: Clock

    def recv(self, size: int, flags: int = 0) -> bytes:
        if size == 4:  # the length, with which every message begins
            assert select.select([self], [], [], 20)[0]
            self.clock.now += self.clock.delays.pop(0)
        return super().recv(size, flags)


@pytest.fixture
def key(tmp_path: Path) -> Iterator[AccountKey]:
    with running(tmp_path):
        yield Agent(tmp_path / "socket").create_account(ACCOUNT)


def open_key(folder: Path, key: AccountKey, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Secret:
    def reach(_: float) -> socket.socket:
        line = SlowLine(socket.AF_UNIX, socket.SOCK_STREAM)
        line.clock = clock
        line.connect(str(folder / "socket"))
        return line

    for module in (connection, lines):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    agent = Agent(folder / "socket")
    agent._lines = Lines(reach)
    try:
        return agent.open_data_key(request(key))
    finally:
        assert clock.delays == [], "every attempt was made"
        agent._lines.close()


@pytest.mark.parametrize("delays", [[0.249], [0.251, 0.249]], ids=["at once", "at the second attempt"])
def test_an_answer_after_249_ms_is_taken(
    tmp_path: Path, key: AccountKey, delays: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_key(tmp_path, key, Clock(*delays), monkeypatch) == Secret(DATA_KEY)


def test_an_answer_after_251_ms_is_not_though_it_is_there(
    tmp_path: Path, key: AccountKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AgentUnavailable):
        open_key(tmp_path, key, Clock(0.251, 0.251), monkeypatch)
