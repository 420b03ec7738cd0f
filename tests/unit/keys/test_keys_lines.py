"""Kept connections: many questions over few of them, and none that is stale costs an attempt."""

import gc
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keys import idle, lines
from keys.client import Agent
from keys.errors import AgentUnavailable
from keys.secret import Secret
from keys.server import Server
from tests.unit.keys.test_keys_client import serving

DATA_KEY = Secret(bytes(range(32)))


class Counting(Server):
    """The real server, counting the connections that it takes."""

    taken = 0

    def verify_request(self, request: Any, client_address: Any) -> bool:
        type(self).taken += 1
        return super().verify_request(request, client_address)


@pytest.fixture
def path(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    world.now = datetime.now(UTC)
    monkeypatch.setattr("tests.unit.keys.test_keys_client.Server", Counting)
    Counting.taken = 0
    with serving(world) as path:
        yield path


def test_one_connection_serves_one_question_after_the_other(world: Any, path: Path) -> None:
    agent = Agent(path, timeout=5)
    for _ in range(20):
        assert agent.open_data_key(world.request()) == DATA_KEY
    assert Counting.taken == 1


def test_many_threads_share_a_few_connections(world: Any, path: Path) -> None:
    agent = Agent(path, timeout=5)
    requests = [world.request() for _ in range(60)]
    threads = [threading.Thread(target=agent.open_data_key, args=(each,)) for each in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.logged()) == 60
    assert Counting.taken <= lines.MOST


def test_a_connection_kept_through_a_restart_costs_no_attempt(world: Any) -> None:
    world.now = datetime.now(UTC)
    agent = Agent(world.home / "socket", timeout=5)
    for _ in range(2):
        with serving(world):
            assert agent.open_data_key(world.request()) == DATA_KEY
    assert [entry["request"]["attempt"] for entry in world.logged()] == [1, 1]


def test_the_agent_hangs_up_on_who_asks_no_more(
    world: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "LIMIT", 0.2)
    agent = Agent(path, timeout=5)
    agent.check()
    time.sleep(0.6)
    assert agent.open_data_key(world.request()) == DATA_KEY
    assert Counting.taken == 2
    assert [entry["request"]["attempt"] for entry in world.logged()] == [1]


def test_the_longest_idle_connection_makes_room(
    world: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "MOST", 2)
    agents = [Agent(path, timeout=5) for _ in range(3)]
    for agent in agents:
        agent.check()
    assert agents[0].open_data_key(world.request()) == DATA_KEY, "it connects anew"
    assert Counting.taken == 4


@contextmanager
def speaking_out_of_turn(folder: Path, real: Path) -> Iterator[Path]:
    """Pass on one question and its answer, then send the same answer again; then pass all on."""
    place = folder / "proxy"

    def run(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as onward:
            onward.connect(str(real))
            onward.sendall(line.recv(16384))
            answer = onward.recv(16384)
            line.sendall(answer)
            line.sendall(answer)
            time.sleep(0.5)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen()
        thread = threading.Thread(target=run, args=(listener,))
        thread.start()
        yield place
        thread.join()


def test_attacker_cannot_lay_an_answer_in_wait_for_the_next_question(
    world: Any, path: Path, tmp_path: Path
) -> None:
    with speaking_out_of_turn(tmp_path, path) as place:
        agent = Agent(place, timeout=2)
        assert agent.open_data_key(world.request()) == DATA_KEY
        time.sleep(0.1)
        place.unlink()
        path.rename(place)  # the next connection reaches the agent itself
        assert agent.open_data_key(world.request()) == DATA_KEY
        place.rename(path)
    assert [entry["request"]["attempt"] for entry in world.logged()] == [1, 1]


def test_a_question_does_not_wait_for_ever_for_its_turn(
    world: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST", 1)
    monkeypatch.setattr(lines, "QUEUE", 0.1)
    agent = Agent(path, timeout=5)
    with agent._lines.lend(seconds=5):
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            agent.open_data_key(world.request())
        assert time.monotonic() - began < 1


def test_an_attempt_to_open_takes_a_quarter_of_a_second_and_there_are_two(world: Any) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(world.home / "silent"))
        silent.listen()
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            Agent(world.home / "silent").open_data_key(world.request())
        assert 0.5 <= time.monotonic() - began < 1


def test_connections_are_closed_also_where_they_end_in_a_cycle() -> None:
    ends = [*socket.socketpair()]  # older than who keeps one: Python would end it first
    kept = lines.Lines(lambda _: ends.pop())
    with kept.lend(seconds=1):
        pass
    cycle: list[object] = [kept]
    cycle.append(cycle)
    del kept, cycle
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.collect()
    assert [each.category for each in told] == []
    assert ends[0].recv(1) == b""
    ends[0].close()
