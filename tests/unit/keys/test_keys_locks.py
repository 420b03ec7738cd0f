"""Locks: whoever holds the keys says no, at once, and whoever watches hears of it."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.__main__ import main
from keys.client import Agent, LockState
from keys.errors import AgentRefused, AgentUnavailable, Refusal
from keys.herald import MOST
from keys.locks import Locks
from keys.protocol import Locked
from keys.secret import Secret
from keys.server import Server

DATA_KEY = Secret(bytes(range(32)))


@pytest.fixture
def agent(world: Any) -> Iterator[Agent]:
    world.now = datetime.now(UTC)
    with Server(world.home / "socket", world.agent, owner=os.geteuid()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Agent(world.home / "socket", timeout=5)
        server.shutdown()
        thread.join()


def refusal(agent: Agent, world: Any) -> str | None:
    try:
        assert agent.open_data_key(world.request()) == DATA_KEY
    except AgentRefused as refused:
        return refused.code
    return None


def test_somebodys_own_file_among_the_locks_keeps_no_news_back(world: Any, agent: Agent) -> None:
    (world.home / "locks" / "read me").touch()
    with closing(agent.watch()) as news:
        assert next(news) == frozenset()
        assert run("lock", world, "--account", str(world.account_id)) == 0
        assert any(world.account_id in locked for locked in news)


def run(word: str, world: Any, *more: str) -> int:
    return main([word, "--home", str(world.home), *more])


def test_a_locked_account_opens_nothing_until_it_is_unlocked_and_both_are_logged(
    world: Any, agent: Agent
) -> None:
    account = ("--account", str(world.account_id))
    assert run("lock", world, *account) == 0
    assert refusal(agent, world) == Refusal.LOCKED
    assert run("unlock", world, *account) == 0
    assert refusal(agent, world) is None
    told = [(entry["asked"], entry["outcome"], entry.get("code")) for entry in world.logged()]
    assert told == [
        ("lock", "lock", None),
        ("open-data-key", "refused", "locked"),
        ("unlock", "lock", None),
        ("open-data-key", "opened", None),
    ]


def test_locking_all_locks_each_and_unlocking_all_leaves_an_accounts_own_lock(
    world: Any, agent: Agent
) -> None:
    run("lock", world)
    run("lock", world, "--account", str(world.account_id))
    run("unlock", world)
    assert refusal(agent, world) == Refusal.LOCKED
    run("unlock", world, "--account", str(world.account_id))
    assert refusal(agent, world) is None


def test_the_lock_of_another_account_is_no_concern_of_this_one(world: Any, agent: Agent) -> None:
    other = agent.create_account(uuid4())
    assert other
    Locks(world.home / "locks").lock(uuid4())
    assert refusal(agent, world) is None


def test_a_client_lifts_the_lock_that_a_client_asked_for(world: Any, agent: Agent) -> None:
    asked = agent.set_lock(world.account_id, locked=True, actor="ada")
    assert asked == agent.read_lock(world.account_id) == LockState(by_holder=False, by_request=True)
    assert refusal(agent, world) == Refusal.LOCKED
    assert agent.set_lock(world.account_id, locked=False, actor="ada").by_request is False
    assert refusal(agent, world) is None
    assert [entry["request"].get("actor") for entry in world.logged()] == ["ada", "user-1"] * 2


def test_attacker_who_is_a_client_cannot_lift_the_holders_lock(world: Any, agent: Agent) -> None:
    for account in ((), ("--account", str(world.account_id))):
        run("lock", world, *account)
        left = agent.set_lock(world.account_id, locked=False, actor="mallory")
        assert left.by_holder is True
        assert refusal(agent, world) == Refusal.LOCKED
        run("unlock", world, *account)


def test_a_lock_that_cannot_be_looked_at_counts_as_locked(world: Any, agent: Agent) -> None:
    folder = world.home / "locks"
    folder.rmdir()
    folder.symlink_to(folder)  # a loop: root, too, cannot look into it
    assert refusal(agent, world) == Refusal.LOCKED


UNFIT: dict[str, list[str]] = {
    "an account that has no key here": ["--account", str(uuid4())],
    "a folder where no agent lives": ["--home", "/nonexistent"],
}


@pytest.mark.parametrize("words", [pytest.param(words, id=title) for title, words in UNFIT.items()])
def test_a_lock_that_would_lock_nothing_is_an_error(
    world: Any, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock", "--home", str(world.home), *words]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert Locks(world.home / "locks").standing() == frozenset()


def news(agent: Agent, heard: list[tuple[Locked, float]]) -> threading.Thread:
    def listen() -> None:
        try:
            heard.extend((locked, time.monotonic()) for locked in agent.watch())
        except AgentUnavailable:
            heard.append((frozenset({None}), 0.0))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread


def wait_for(heard: list[tuple[Locked, float]], locked: Locked) -> float:
    deadline = time.monotonic() + 5
    while not heard or heard[-1][0] != locked:
        assert time.monotonic() < deadline, heard
        time.sleep(0.01)
    return heard[-1][1]


def test_a_watcher_hears_what_is_locked_and_each_change_within_a_second(world: Any, agent: Agent) -> None:
    earlier = uuid4()
    Locks(world.home / "locks").lock(earlier)
    with closing(agent.watch()) as told:
        assert next(told) == {earlier}, "at once, and not that nothing is locked"
        for change, locked in (
            (lambda: run("lock", world, "--account", str(world.account_id)), {earlier, world.account_id}),
            (lambda: run("lock", world), {earlier, world.account_id, None}),
            (lambda: run("unlock", world), {earlier, world.account_id}),
        ):
            began = time.monotonic()
            change()
            assert next(told) == locked
            assert time.monotonic() - began < 1
    assert world.logged()[0]["asked"] == "watch"


def test_a_watcher_that_reads_nothing_keeps_nobody_waiting(world: Any, agent: Agent) -> None:
    locks, heard = Locks(world.home / "locks"), list[tuple[Locked, float]]()
    many = [uuid4() for _ in range(4000)]  # more news than a socket holds
    for account_id in many:
        (world.home / "locks" / str(account_id)).touch()
    with closing(agent.watch()) as deaf:
        assert len(next(deaf)) == 4000
        news(agent, heard)
        wait_for(heard, frozenset(many))
        for turn, account_id in enumerate(many, start=1):
            locks.unlock(account_id)
            if turn % 200 == 0:
                began = time.monotonic()
                wait_for(heard, frozenset(many[turn:]))
                assert time.monotonic() - began < 2


def test_more_watchers_than_there_is_room_for_are_sent_away(world: Any, agent: Agent) -> None:
    with ExitStack() as stack:
        for _ in range(MOST):
            next(stack.enter_context(closing(agent.watch())))
        with pytest.raises(AgentUnavailable):
            list(agent.watch())
        assert refusal(agent, world) is None


def test_a_watcher_hears_when_the_agent_ends(world: Any) -> None:
    with Server(world.home / "socket", world.agent, owner=os.geteuid()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        heard: list[tuple[Locked, float]] = []
        listening = news(Agent(world.home / "socket"), heard)
        wait_for(heard, frozenset())
        server.shutdown()
        thread.join()
    listening.join(2)
    assert heard[-1] == (frozenset({None}), 0.0)


def test_what_stands_in_the_folder_is_what_is_locked(tmp_path: Path) -> None:
    locks, account_id = Locks(tmp_path / "locks"), UUID(int=7)
    locks.lock(account_id, asked=True)
    (tmp_path / "locks" / ".half-written").touch()
    assert locks.standing() == {account_id}
    locks.lock(None)
    assert locks.standing() == {account_id, None}
    assert locks.is_locked(uuid4())
