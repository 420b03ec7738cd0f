"""Something goes wrong between the service and its real agent: nothing opens, the journal tells it once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from recstore.held_keys import HOLD
from recstore.journal import log
from tests.faults.agent_proxy import AgentProxy, Fault, cut, honest, late, relabel, replay, reset
from tests.web.acme import CHAT, MEDIA, World
from tests.web.conftest import copy_of

# Far from each other and from what a busy machine takes; 249 ms and 251 ms are told apart by
# tests/unit/keys/test_keys_patience.py, whose clock is set.
PATIENCE_MS, IN_TIME, TOO_LATE = 1000, 0.25, 1.4


@pytest.fixture
def proxy(tmp_path: Path, agent_socket: Path) -> Iterator[AgentProxy]:
    with AgentProxy(tmp_path / "proxy.sock", agent_socket) as proxy:
        yield proxy


@pytest.fixture
def world(tmp_path: Path, template: World, proxy: AgentProxy) -> Iterator[World]:
    changed = {"keys_agent": str(proxy.path), "keys_patience_ms": PATIENCE_MS}
    with copy_of(template, tmp_path / "data", **changed) as world:
        # The keys of its texts are open: what is spoilt below is the request for a data key.
        assert world.signed_in("ann").get("/api/v1/session").json["user"]["name"] == "Ann"
        yield world


def play(world: World) -> Any:
    return world.signed_in("ann").get(world.media_url, headers={"Range": "bytes=0-999"})


def read_chat(world: World) -> Any:
    return world.signed_in("ann").get(f"/api/v1/transcripts/{world.transcript}/messages")


def told(world: World) -> list[tuple[str, str | None]]:
    """What the journal tells of keys: the event, and why nothing came of it."""
    with world.recstore.catalog.read(world.account) as tx:
        entries = [json.loads(line.text) for line in log.read_lines(tx)]
    return [
        (entry["event"], entry["detail"].get("code"))
        for entry in entries
        if entry["event"] in {"key-asked", "key-not-given"}
    ]


def check_nothing_opened(world: World, answer: Any, code: str, before: list[tuple[str, str | None]]) -> None:
    """The same problem document whatever went wrong; what it was stands in the journal, once."""
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.json["code"] == "keys_unavailable"
    assert answer.headers["Retry-After"] == "5"
    assert not any(MEDIA[at : at + 16] in answer.data for at in range(0, 1000, 16))
    assert not any(line["body"] in answer.text for line in CHAT["messages"])
    assert told(world) == [*before, ("key-asked", None), ("key-not-given", code)]


MENDED: dict[str, list[Fault]] = {
    "late, but in time": [late(IN_TIME)],
    "too late once": [late(TOO_LATE), honest],
    "reset in mid-answer once": [reset, honest],
}


@pytest.mark.parametrize("faults", MENDED.values(), ids=MENDED)
def test_what_one_attempt_or_the_second_mends_nobody_notices(
    world: World, proxy: AgentProxy, faults: list[Fault]
) -> None:
    proxy.spoil(*faults)
    answer = play(world)
    assert (answer.status_code, answer.data) == (206, MEDIA[:1000])
    assert told(world) == [("key-asked", None)]


FAILED: dict[str, list[Fault]] = {
    "too late twice": [late(TOO_LATE)] * 2,
    "reset in mid-answer twice": [reset] * 2,
    "closed before any answer twice": [cut(0)] * 2,
    "closed a byte before its end twice": [cut(-1)] * 2,
}


@pytest.mark.parametrize("open_it", [play, read_chat])
@pytest.mark.parametrize("faults", FAILED.values(), ids=FAILED)
def test_an_answer_that_does_not_come_opens_nothing(
    world: World, proxy: AgentProxy, faults: list[Fault], open_it: Any
) -> None:
    proxy.spoil(*faults)
    began = monotonic()
    check_nothing_opened(world, open_it(world), "no-answer", [])
    assert monotonic() - began < 2 * PATIENCE_MS / 1000 + 1
    assert open_it(world).status_code in {200, 206}, "nothing was lost"


def test_where_nobody_listens_nothing_opens(world: World, proxy: AgentProxy) -> None:
    proxy.hang_up()
    check_nothing_opened(world, play(world), "no-answer", [])


def test_attacker_who_replays_an_answer_opens_nothing(world: World, proxy: AgentProxy) -> None:
    assert play(world).status_code == 206
    before = told(world)
    world.clock.ahead += HOLD  # the key that was held is forgotten
    proxy.spoil(replay(proxy.answers[-1]))
    check_nothing_opened(world, play(world), "wrong-answer", before)


def test_attacker_who_gives_an_earlier_answer_the_new_id_opens_nothing(
    world: World, proxy: AgentProxy
) -> None:
    assert play(world).status_code == 206
    before = told(world)
    world.clock.ahead += HOLD
    proxy.spoil(relabel(proxy.answers[-1]))
    check_nothing_opened(world, play(world), "wrong-answer", before)


def test_attacker_who_gives_the_answer_for_another_item_opens_nothing(
    world: World, proxy: AgentProxy
) -> None:
    assert read_chat(world).status_code == 200
    before = told(world)
    proxy.spoil(relabel(proxy.answers[-1]))
    check_nothing_opened(world, play(world), "wrong-answer", before)


@pytest.mark.parametrize("seconds", [125, -125])
def test_with_a_clock_two_minutes_off_nothing_opens(world: World, seconds: int) -> None:
    world.clock.ahead += timedelta(seconds=seconds)
    check_nothing_opened(world, play(world), "clock-off", [])
