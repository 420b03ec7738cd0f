"""An admin locks the account's keys, in the page and over the API. Nobody else can; no admin lifts more."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from keys.client import Agent
from keys.holder import set_lock
from recstore.journal import log
from tests.web.acme import Browser, World
from tests.web.test_page_settings import form

HERE, PAGE = "/api/v1/admin/keys/lock", "/admin/keys/lock"


@pytest.fixture(autouse=True)
def agent(world: World, agent_socket: Path) -> Iterator[Agent]:
    """The tests' key agent, unlocked afterwards: others ask it too."""
    agent, home = Agent(agent_socket, timeout=5), agent_socket.parent / "keys"
    yield agent
    agent.set_lock(world.account, locked=False, actor="test")
    set_lock(home, world.account, locked=False)


def events(world: World) -> list[tuple[str, str]]:
    with world.recstore.catalog.read(world.account) as tx:
        lines = [json.loads(line.text) for line in log.read_lines(tx)]
    return [(line["event"], line["actor"]) for line in lines if line["event"].startswith("keys-")]


def opens(world: World) -> int:
    status: int = world.signed_in("ann").get(f"/api/v1/recordings/{world.recording}/media").status_code
    return status


def test_an_admin_locks_and_unlocks_and_both_are_journalled(world: World, agent: Agent) -> None:
    ada, admin = world.signed_in("ada"), str(world.users["ada"])
    assert ada.get(HERE).json == {"locked": False, "by_admin": False, "by_holder": False}
    assert ada.send("PUT", HERE).json == {"locked": True, "by_admin": True, "by_holder": False}
    assert agent.read_lock(world.account).by_request
    assert opens(world) == 503
    assert ada.send("DELETE", HERE).json["locked"] is False
    assert opens(world) == 200
    assert events(world) == [("keys-locked", admin), ("keys-unlocked", admin)]


def test_an_admin_locks_and_unlocks_in_the_page(world: World) -> None:
    ada = world.signed_in("ada")
    for word, status in (("Lock now", 503), ("Unlock", 200)):
        shown = ada.get(PAGE).text
        assert word in shown
        assert ada.send("POST", PAGE, data=form(shown, PAGE)).status_code == 303
        assert opens(world) == status


def test_what_the_holder_locked_no_admin_unlocks(world: World, agent_socket: Path) -> None:
    set_lock(agent_socket.parent / "keys", world.account, locked=True)
    ada = world.signed_in("ada")
    assert ada.send("DELETE", HERE).json == {"locked": True, "by_admin": False, "by_holder": True}
    assert opens(world) == 503
    assert "alone can unlock" in ada.get(PAGE).text


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("name", ["ann", "cy", "otto"])
def test_attacker_who_is_no_admin_of_the_account_changes_no_lock(
    world: World, agent: Agent, name: str, method: str
) -> None:
    before = agent.read_lock(world.account)
    assert world.send(name, method, HERE).status_code == 404
    assert agent.read_lock(world.account) == before
    assert events(world) == []


def test_an_admin_who_comes_while_all_is_locked_finds_the_way_to_unlock(world: World) -> None:
    """Their name is sealed too, and its key is held no more: neither signing in nor the page needs it."""
    world.signed_in("ada").send("PUT", HERE)
    world.recstore.catalog.text_keys.forget()
    ada = Browser.sign_in(world.guest(), "ada")
    assert ada.get("/api/v1/recordings").status_code == 503
    shown = ada.get(PAGE)
    assert (shown.status_code, "Unlock" in shown.text) == (200, True)
    assert ada.send("POST", PAGE, data=form(shown.text, PAGE)).status_code == 303
    assert ada.get("/api/v1/recordings").status_code == 200


def test_a_change_that_is_none_changes_nothing(world: World) -> None:
    ada = world.signed_in("ada")
    assert ada.send("POST", PAGE, data=form(ada.get(PAGE).text, PAGE) | {"change": "open"}).status_code == 400
    assert events(world) == []


def test_while_the_keys_are_locked_the_page_of_who_holds_them_says_so(world: World, agent: Agent) -> None:
    agent.set_lock(world.account, locked=True, actor="test")
    html = world.signed_in("ada").get("/admin/keys").text
    assert "Locked: nothing opens" in html
    assert "The key agent answers" not in html
