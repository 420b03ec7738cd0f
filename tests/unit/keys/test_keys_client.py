"""The client against the real server in this process, and against impostors."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from keys import connection
from keys.client import Agent
from keys.errors import AgentRefused, AgentUnavailable, HomeUnfit, Refusal, WrongAnswer
from keys.protocol import ANSWERS, MAX_MESSAGE, REQUESTS, read_message, write_message
from keys.secret import Secret
from keys.server import Server

DATA_KEY = Secret(bytes(range(32)))


@contextmanager
def serving(world: Any, *, owner: int | None = None) -> Iterator[Path]:
    path = world.home / "socket"
    with Server(path, world.agent, owner=os.geteuid() if owner is None else owner) as server:
        listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        listening.start()
        try:
            yield path
        finally:
            server.shutdown()
            listening.join()


@pytest.fixture
def path(world: Any) -> Iterator[Path]:
    world.now = datetime.now(UTC)
    with serving(world) as path:
        yield path


def test_the_three_questions(world: Any, path: Path) -> None:
    agent = Agent(path)
    agent.check()
    assert agent.create_account(world.account_id) == world.account_key
    assert agent.open_data_key(world.request()) == DATA_KEY


def test_the_socket_is_private_and_goes_with_the_server(world: Any) -> None:
    with serving(world) as path:
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_many_threads_ask_at_once(world: Any, path: Path) -> None:
    agent, requests = Agent(path), [world.request() for _ in range(100)]
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(agent.open_data_key, requests)) == [DATA_KEY] * 100
    assert sorted(entry["request"]["id"] for entry in world.logged()) == sorted(str(r.id) for r in requests)


def test_a_refusal_keeps_its_code(world: Any, path: Path) -> None:
    with pytest.raises(AgentRefused) as refused:
        Agent(path).open_data_key(world.request(item_id=uuid4()))
    assert refused.value.code == Refusal.DOES_NOT_OPEN
    assert len(world.logged()) == 1


def test_attacker_of_another_user_is_turned_away_and_logged(world: Any) -> None:
    # To the server whose owner is somebody else, this very process is the stranger.
    with serving(world, owner=os.geteuid() + 1) as path, pytest.raises(AgentUnavailable):
        Agent(path, timeout=0.5).open_data_key(world.request())
    assert {(entry["code"], entry["uid"]) for entry in world.logged()} == {("stranger", os.geteuid())}


GARBAGE: dict[str, bytes] = {
    "not our protocol": b"GET / HTTP/1.1\r\n\r\n",
    "a length beyond the limit": (MAX_MESSAGE + 1).to_bytes(4, "big"),
    "the longest length there is": b"\xff\xff\xff\xff" + b"x" * 100,
    "an empty message": bytes(4),
    "a pickle": (4).to_bytes(4, "big") + b"\x80\x04N.",
    "brackets without end": MAX_MESSAGE.to_bytes(4, "big") + b"[" * MAX_MESSAGE,
}


@pytest.mark.parametrize("garbage", [pytest.param(g, id=title) for title, g in GARBAGE.items()])
def test_garbage_is_refused_logged_and_does_not_end_the_agent(world: Any, path: Path, garbage: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(path))
        line.sendall(garbage)
        said, answer = read_message(connection.receive(line, deadline=time.monotonic() + 2), kinds=ANSWERS)
    assert (said, answer) == ("refused", {"id": None, "code": Refusal.MALFORMED})
    assert [entry["code"] for entry in world.logged()] == [Refusal.MALFORMED]
    Agent(path).check()


def test_half_a_message_does_not_end_the_agent(world: Any, path: Path) -> None:
    for half in (b"", b"\0\0", b"\0\0\1\0{"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(path))
            line.sendall(half)
    Agent(path).check()
    assert world.logged() == []


def test_silent_callers_do_not_keep_others_waiting_for_long(world: Any, path: Path) -> None:
    lines = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(8)]
    try:
        for line in lines:
            line.connect(str(path))
        began = time.monotonic()
        assert Agent(path).open_data_key(world.request()) == DATA_KEY
        assert time.monotonic() - began < 1
    finally:
        for line in lines:
            line.close()


def test_a_stale_socket_is_replaced(world: Any) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(world.home / "socket"))
    with serving(world) as path:
        Agent(path).check()


def test_a_socket_in_use_is_left_alone(world: Any, path: Path) -> None:
    with pytest.raises(HomeUnfit, match="listens"):
        Server(path, world.agent, owner=0)
    Agent(path).check()


def test_another_file_in_its_place_is_left_alone(world: Any) -> None:
    (world.home / "socket").write_text("precious")
    with pytest.raises(HomeUnfit, match="in the way"):
        Server(world.home / "socket", world.agent, owner=0)
    assert (world.home / "socket").read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_told(world: Any) -> None:
    with pytest.raises(HomeUnfit, match="too long"):
        Server(world.home / ("x" * 120), world.agent, owner=0)


def answer_other_id(body: bytes) -> bytes:
    _, fields = read_message(body, kinds=REQUESTS)
    return write_message("opened", {"id": uuid4(), "sealed": fields["reply_to"]}, kinds=ANSWERS)


def answer_with_forged_key(body: bytes) -> bytes:
    _, fields = read_message(body, kinds=REQUESTS)
    return write_message("opened", {"id": fields["id"], "sealed": bytes(80)}, kinds=ANSWERS)


def answer_another_question(body: bytes) -> bytes:
    _, fields = read_message(body, kinds=REQUESTS)
    return write_message("ready", {"id": fields["id"]}, kinds=ANSWERS)


IMPOSTORS: dict[str, Callable[[bytes], bytes]] = {
    "answer with another id": answer_other_id,
    "sealed key that is none": answer_with_forged_key,
    "answer of another kind": answer_another_question,
    "not JSON": lambda body: b"hello",
    "the request itself": lambda body: body,
    "too long": lambda body: b"x" * (MAX_MESSAGE + 1),
}


@contextmanager
def impostor(path: Path, answer: Callable[[bytes], bytes]) -> Iterator[list[bytes]]:
    """Answer one connection in place of the agent; gives what was asked."""
    asked: list[bytes] = []

    def listen_once(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            deadline = time.monotonic() + 2
            asked.append(connection.receive(line, deadline=deadline))
            with suppress(ConnectionError):  # of what is too long, the client reads the length alone
                connection.send(line, answer(asked[0]), deadline=deadline)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=listen_once, args=(listener,))
        thread.start()
        yield asked
        thread.join()


@pytest.mark.parametrize("answer", [pytest.param(a, id=title) for title, a in IMPOSTORS.items()])
def test_attacker_in_the_agents_place_is_not_believed(
    world: Any, tmp_path: Path, answer: Callable[[bytes], bytes]
) -> None:
    with impostor(tmp_path / "impostor", answer) as asked, pytest.raises(WrongAnswer):
        Agent(tmp_path / "impostor").open_data_key(world.request())
    assert len(asked) == 1, "a wrong answer is not asked for again"


def test_attacker_cannot_replay_an_earlier_answer(world: Any, tmp_path: Path) -> None:
    request = world.request()
    earlier = world.agent.answer(world.body(request), pid=1)
    with impostor(tmp_path / "impostor", lambda body: earlier), pytest.raises(WrongAnswer):
        Agent(tmp_path / "impostor").open_data_key(request)


def test_attacker_of_another_user_in_the_agents_place_is_asked_nothing(
    world: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Seen by somebody else, the real agent is the impostor: it is we who become another user here.
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    with pytest.raises(WrongAnswer, match="another user"):
        Agent(path).open_data_key(world.request())
    assert world.logged() == []


def test_a_deadline_that_has_passed_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(bytes(4))
        with pytest.raises(TimeoutError):
            connection.receive(ours, deadline=time.monotonic())


def test_attacker_cannot_slip_in_a_public_key_of_another_answer(world: Any, tmp_path: Path) -> None:
    fields = {"id": uuid4(), "key_id": uuid4(), "public_key": bytes(1216)}
    earlier = write_message("account", fields, kinds=ANSWERS)
    with impostor(tmp_path / "impostor", lambda body: earlier), pytest.raises(WrongAnswer):
        Agent(tmp_path / "impostor").create_account(world.account_id)
