"""Admins see who holds their account's key and what is sealed to it; nobody else does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.acme import World


def test_admins_see_how_their_keys_stand(world: World) -> None:
    found = world.signed_in("ada").get("/api/v1/admin/keys").json
    (version,) = found["versions"]
    assert (found["custody"], found["agent"], found["answers"]) == ("service", None, True)
    assert (found["coverage_percent"], found["lost"]) == (100, 0)
    assert version["sealed"] > 0
    assert version["retired_at"] is version["destroyed_at"] is None


@pytest.fixture
def kept_key(world: World, agent_socket: Path, tmp_path: Path) -> Iterator[None]:
    """Put the account's key back in the end: copies of this world, in other tests, are sealed to it too."""
    folder = agent_socket.parent / "keys" / "accounts" / str(world.account)
    shutil.copytree(folder, tmp_path / "kept")
    yield
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "kept", folder)


@pytest.mark.usefixtures("kept_key")
def test_after_a_rotation_the_old_key_stands_as_destroyed(world: World) -> None:
    before = world.signed_in("ada").get("/api/v1/admin/keys").json["versions"][0]
    assert world.recstore.rewrapping.rotate(world.account, lambda _: None) == []
    current, old = world.signed_in("ada").get("/api/v1/admin/keys").json["versions"]
    assert (old["key"], old["sealed"], current["sealed"]) == (before["key"], 0, before["sealed"])
    assert old["destroyed_at"] is not None
    html = world.signed_in("ada").get("/admin/keys").text
    assert "The service holds the key for you" in html
    assert "Destroyed key" in html
    assert current["fingerprint"] in html


@pytest.mark.usefixtures("kept_key")
def test_after_all_keys_were_destroyed_the_pages_say_so(world: World) -> None:
    name = world.recstore.accounts.find(str(world.account)).name
    world.recstore.destroying.destroy(world.account, name=name)
    ada = world.signed_in("ada")
    (version,) = ada.get("/api/v1/admin/keys").json["versions"]
    assert (version["destroyed_at"] is not None, version["sealed"]) == (True, 0)
    html = ada.get("/admin/keys").text
    assert "The keys were destroyed" in html
    assert "Current key" not in html
    assert ada.get("/").status_code == ada.get("/admin/keys/lock").status_code == 200


@pytest.mark.parametrize("address", ["/admin/keys", "/api/v1/admin/keys"])
def test_to_others_the_keys_are_not_there(world: World, address: str) -> None:
    assert world.signed_in("ann").get(address).status_code == 404
