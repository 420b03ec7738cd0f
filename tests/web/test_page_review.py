"""The page of an item for admins: who could be responsible in place of who is."""

import re
from uuid import uuid4

import pytest

from tests.web.acme import World


def offered(page: str) -> list[str]:
    """Name whom one can make responsible, as the buttons of the page have it."""
    return re.findall(
        r"<strong>([^<]+)</strong>", page.partition('<div id="found"')[2].partition("<section")[0]
    )


def test_the_picker_fetches_who_is_found_and_nothing_else(calm_world: World) -> None:
    ada, path = calm_world.signed_in("ada"), f"/admin/recordings/{calm_world.recording}"
    assert f'data-colleagues="{path}/found"' in ada.get(path).text
    found = ada.get(f"{path}/found?q=c").text
    assert found.lstrip().startswith('<div id="found"')
    assert "<html" not in found


@pytest.mark.parametrize("path", ["", "/found"], ids=["by the button", "while one types"])
def test_whoever_is_responsible_already_is_not_offered(calm_world: World, path: str) -> None:
    ada, here = calm_world.signed_in("ada"), f"/admin/recordings/{calm_world.recording}{path}"
    assert offered(ada.get(f"{here}?q=cy").text) == ["Cy", "Ada"]
    page = ada.get(f"{here}?q=ann").text
    assert offered(page) == ["Ada"]
    assert "Nobody else is found under these words." in page


def test_an_admin_who_is_responsible_is_not_offered_either(world: World) -> None:
    ada, item = world.signed_in("ada"), f"admin/recordings/{world.recording}"
    assert "Make me responsible" in ada.get(f"/{item}").text
    ada.send("PUT", f"/api/v1/{item}/responsible", json={"user_id": str(world.users["ada"])})
    assert "Make me responsible" not in ada.get(f"/{item}").text
    assert offered(ada.get(f"/{item}/found?q=ann").text) == ["Ann"]


def test_attacker_who_is_no_admin_finds_nobody(calm_world: World) -> None:
    for item in (calm_world.recording, uuid4()):
        assert calm_world.signed_in("ann").get(f"/admin/recordings/{item}/found?q=c").status_code == 404
