"""The real agent as a process of its own: killed, stopped, cut off, slow, started twice, started unfit."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from keys.client import AccountKey, Agent
from keys.errors import AgentRefused, AgentUnavailable, Refusal
from keys.secret import Secret
from tests.faults.agent_process import ACCOUNT, DATA_KEY, request, running, start
from tests.faults.agent_proxy import AgentProxy, Fault, cut, late, trickle


def logged(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "home" / "log.jsonl").read_text().splitlines()]


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        process.terminate()
        assert process.wait(timeout=5) == 0
        assert process.communicate() == ("", "")
    assert not (tmp_path / "socket").exists()


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    with running(tmp_path, "--until-stdin-ends") as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=5) == 0


def test_it_starts_again_after_a_kill_and_opens_what_was_sealed_before(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "socket")
    with running(tmp_path) as process:
        key = agent.create_account(ACCOUNT)
        process.kill()
        process.wait()
    assert (tmp_path / "socket").exists(), "a killed agent leaves its socket: that is the case here"
    with pytest.raises(AgentUnavailable):
        agent.check()
    with running(tmp_path):
        assert agent.create_account(ACCOUNT) == key
        assert agent.open_data_key(request(key)) == Secret(DATA_KEY)


def test_a_second_agent_on_the_same_home_is_refused(tmp_path: Path) -> None:
    with running(tmp_path):
        with start(tmp_path) as second:
            out, err = second.communicate(timeout=5)
        assert (second.returncode, out) == (1, "")
        assert err.startswith("key agent: Another key agent runs on")
        assert err.count("\n") == 1
        Agent(tmp_path / "socket").check()


def test_a_root_open_to_others_keeps_it_from_starting(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    (tmp_path / "home" / "root.key").chmod(0o644)
    with start(tmp_path) as process:
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (1, "")
    assert "set its permissions to 0600" in err


def test_it_is_hardened_whatever_it_inherits(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        Agent(tmp_path / "socket").create_account(ACCOUNT)
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert "Max core file size        0                    0" in limits
        modes = {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")}
        assert modes == {0}


def test_its_memory_is_kept_from_dumps_and_debuggers() -> None:
    script = "import ctypes, keys.hardening as h; h.harden(); print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == "0\n"  # PR_GET_DUMPABLE


def test_killed_in_mid_answer(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "socket", timeout=5)
    with running(tmp_path) as process, ThreadPoolExecutor() as threads:
        asked = request(agent.create_account(ACCOUNT))
        process.send_signal(signal.SIGSTOP)
        answer = threads.submit(agent.open_data_key, asked)
        time.sleep(0.2)  # by now the request lies in the stopped agent's socket
        assert not answer.done()
        process.kill()
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            answer.result(timeout=5)
        assert time.monotonic() - began < 2.5, "sooner than the time-out"


def test_stopped_and_continued(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "socket", timeout=0.7)
    with running(tmp_path) as process:
        key = agent.create_account(ACCOUNT)
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            agent.open_data_key(request(key))
        assert time.monotonic() - began < 3, "two attempts of 0.7 s each"
        process.send_signal(signal.SIGCONT)
        assert agent.open_data_key(request(key)) == Secret(DATA_KEY)


@pytest.mark.parametrize("place", ["missing", "a file", "nobody listens"])
def test_no_agent_at_all(tmp_path: Path, place: str) -> None:
    with ExitStack() as stack:
        if place == "a file":
            (tmp_path / "socket").touch()
        if place == "nobody listens":
            dead = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            dead.bind(str(tmp_path / "socket"))
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            Agent(tmp_path / "socket").check()
        assert time.monotonic() - began < 1.5, "sooner than the time-out"


def proxy(folder: Path, *faults: Fault) -> AgentProxy:
    return AgentProxy(folder / "proxy", folder / "socket", *faults)


CUT_OFF: dict[str, Fault] = {
    "before the answer": cut(0),
    "in its length": cut(2),
    "after its length": cut(4),
    "a byte before its end": cut(-1),
    "byte by byte, too slowly": trickle,
    "too late": late(0.8),
}


@pytest.fixture
def key(tmp_path: Path) -> Iterator[AccountKey]:
    with running(tmp_path):
        yield Agent(tmp_path / "socket").create_account(ACCOUNT)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=title) for title, fault in CUT_OFF.items()])
def test_cut_off_once_it_asks_again(tmp_path: Path, key: AccountKey, fault: Fault) -> None:
    asked = request(key)
    with proxy(tmp_path, fault) as between:
        assert Agent(between.path, timeout=0.7).open_data_key(asked) == Secret(DATA_KEY)
    openings = [entry["request"] for entry in logged(tmp_path) if entry["asked"] == "open-data-key"]
    assert [(each["id"], each["attempt"]) for each in openings] == [(str(asked.id), 1), (str(asked.id), 2)]  # type: ignore[index]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=title) for title, fault in CUT_OFF.items()])
def test_cut_off_twice_it_gives_up_soon(tmp_path: Path, key: AccountKey, fault: Fault) -> None:
    with proxy(tmp_path, fault, fault) as between:
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            Agent(between.path, timeout=0.7).open_data_key(request(key))
        assert time.monotonic() - began < 3


def test_attacker_cannot_use_a_request_that_they_recorded(tmp_path: Path, key: AccountKey) -> None:
    asked = request(key)
    with proxy(tmp_path) as between:
        Agent(between.path).open_data_key(asked)
    with pytest.raises(AgentRefused) as refused:
        Agent(tmp_path / "socket").open_data_key(asked)
    assert refused.value.code == Refusal.REPLAYED
    assert DATA_KEY not in between.answers[0]
    assert os.fsencode(DATA_KEY.hex()) not in between.answers[0]
