"""Held data keys: each serves one key, place and sign-in, for less than a minute, and no more than that."""

import dataclasses
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast

import pytest

from keys.client import OpenRequest
from keys.errors import AgentRefused
from keys.secret import Secret
from recstore import custody
from recstore.access.grant import GATE_SEAL, Grant
from recstore.access.viewer import Viewer
from recstore.agents import Agents
from recstore.catalog.sealed_tables import DataKey
from recstore.custody import HOLD, MOST_HELD, Custody
from recstore.errors import KeysUnavailable
from recstore.model import Action, Kind
from tests.core_fixtures import SetClock

GRANT = Grant(
    viewer=Viewer(uuid.uuid4(), uuid.uuid4(), uuid.uuid4()),
    item_id=uuid.uuid4(),
    kind=Kind.RECORDING,
    generation=1,
    action=Action.OPEN,
    rule="participant-opens",
    decision=7,
    seal=GATE_SEAL,
)
KEY_ID, DATA_KEY_ID = uuid.uuid4(), uuid.uuid4()


@dataclass
class CountingAgent:
    """An agent that opens each sealed key to a secret of its own, or refuses, and remembers who asked."""

    asked: list[OpenRequest] = field(default_factory=list)
    refuses: bool = False

    def holding(self, account_id: uuid.UUID, key_id: uuid.UUID) -> "CountingAgent":
        return self

    def open_data_key(self, request: OpenRequest) -> Secret:
        self.asked.append(request)
        if self.refuses:
            raise AgentRefused("no")
        return Secret(request.data_key_id.bytes * 2)


@pytest.fixture
def agent() -> CountingAgent:
    return CountingAgent()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def held(agent: CountingAgent, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Custody:
    monkeypatch.setattr(custody, "SWEEP_SECONDS", 0.05)
    return Custody(cast("Agents", agent), clock)


def data_key(*, key_id: uuid.UUID = KEY_ID, data_key_id: uuid.UUID = DATA_KEY_ID) -> DataKey:
    return DataKey(
        account_id=GRANT.viewer.account_id,
        id=data_key_id,
        item_id=GRANT.item_id,
        generation=1,
        key_id=key_id,
        sealed=b"sealed",
    )


def viewer(**changes: uuid.UUID) -> Grant:
    return dataclasses.replace(GRANT, viewer=dataclasses.replace(GRANT.viewer, **changes))


OTHERS: dict[str, tuple[Grant, DataKey]] = {
    "another account": (viewer(account_id=uuid.uuid4()), data_key()),
    "another session": (viewer(credential_id=uuid.uuid4()), data_key()),
    "another item": (dataclasses.replace(GRANT, item_id=uuid.uuid4()), data_key()),
    "another generation": (dataclasses.replace(GRANT, generation=2), data_key()),
    "another action": (dataclasses.replace(GRANT, action=Action.DOWNLOAD), data_key()),
    "another account key": (GRANT, data_key(key_id=uuid.uuid4())),
    "another data key": (GRANT, data_key(data_key_id=uuid.uuid4())),
}


@pytest.mark.parametrize(("granted", "key"), OTHERS.values(), ids=OTHERS.keys())
def test_attacker_gets_no_key_that_was_held_for(
    held: Custody, agent: CountingAgent, granted: Grant, key: DataKey
) -> None:
    held.data_key(GRANT, data_key())
    held.data_key(granted, key)
    assert len(agent.asked) == 2


def test_a_held_key_saves_the_next_range_the_way(held: Custody, agent: CountingAgent) -> None:
    first = held.data_key(GRANT, data_key())
    assert held.data_key(GRANT, data_key()) is first
    assert len(agent.asked) == 1


def test_a_key_is_held_for_forty_seconds_from_when_it_was_opened(
    held: Custody, agent: CountingAgent, clock: SetClock
) -> None:
    assert HOLD.total_seconds() == 40
    held.data_key(GRANT, data_key())
    clock.move(seconds=20)
    held.data_key(GRANT, data_key())  # being asked for does not make it younger
    clock.move(seconds=20, microseconds=-1)
    held.data_key(GRANT, data_key())
    assert len(agent.asked) == 1
    clock.move(microseconds=1)
    held.data_key(GRANT, data_key())
    assert len(agent.asked) == 2


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(100):
        if true():
            return
        threading.Event().wait(0.05)
    pytest.fail("it never came true")


def test_old_keys_are_forgotten_though_nobody_asks(held: Custody, clock: SetClock) -> None:
    held.data_key(GRANT, data_key())
    clock.move(seconds=40)
    wait_until(lambda: not held._held)
    wait_until(lambda: held._sweeper is None)


def test_no_more_keys_are_held_than_a_limit(
    held: Custody, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_HELD == 1024
    monkeypatch.setattr(custody, "MOST_HELD", 5)
    for _ in range(12):
        held.data_key(GRANT, data_key(data_key_id=uuid.uuid4()))
        assert len(held._held) <= 5
    clock.move(seconds=40)
    wait_until(lambda: held._sweeper is None)


def test_a_refusal_is_not_held(held: Custody, agent: CountingAgent) -> None:
    agent.refuses = True
    with pytest.raises(KeysUnavailable):
        held.data_key(GRANT, data_key())
    agent.refuses = False
    assert held.data_key(GRANT, data_key())
    assert len(agent.asked) == 2


def test_eight_threads_each_get_the_key_they_asked_for(held: Custody, clock: SetClock) -> None:
    wanted = [uuid.uuid4() for _ in range(20)]

    def ask(turn: int) -> bool:
        data_key_id = wanted[turn % len(wanted)]
        return held.data_key(GRANT, data_key(data_key_id=data_key_id)).reveal() == data_key_id.bytes * 2

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(800)))
    clock.move(seconds=40)
    wait_until(lambda: held._sweeper is None)
