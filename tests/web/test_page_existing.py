"""The page that applies a switch to existing items: on, only by whoever says that they read the list."""

import re

from tests.web.acme import World

PAGE = "/admin/settings/existing/download"


def fields(page: str) -> dict[str, str]:
    """Give the hidden fields of the form that applies the switch."""
    form = page[: page.index('name="agreed"')].rpartition("<form")[2]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_a_switch_is_turned_on_only_by_whoever_ticked_that_they_read_the_list(world: World) -> None:
    ada, ann = world.signed_in("ada"), world.signed_in("ann")
    assert ada.send("PATCH", "/api/v1/admin/settings", json={"download": True}).status_code == 200
    shown = fields(ada.get(PAGE).text)
    before = world.events()

    answer = ada.send("POST", PAGE, data=shown)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert "Tick that you have read the list; nothing was changed." in ada.get(PAGE).text
    assert world.events() == before
    assert ann.get(f"/api/v1/recordings/{world.recording}").json["download"] is False

    assert ada.send("POST", PAGE, data=shown | {"agreed": "on"}).status_code == 303
    assert ann.get(f"/api/v1/recordings/{world.recording}").json["download"] is True


def test_a_rooms_switch_is_not_said_to_share_while_the_accounts_is_off(world: World) -> None:
    ada, off = world.signed_in("ada"), "On here, but off for the whole account: new items are not shared"
    assert "New items are shared by themselves" in ada.get("/admin/rooms").text
    assert ada.send("PATCH", "/api/v1/admin/settings", json={"auto_share": False}).status_code == 200
    page = ada.get("/admin/rooms").text
    assert off in page
    assert "New items are shared by themselves" not in page

    [room] = ada.get("/api/v1/admin/vmrs").json["items"]
    for way in ("off", "on"):
        assert ada.send("POST", f"/admin/rooms/{room['id']}", data={"auto_share": way}).status_code == 303
        assert "New items of this room are shared by themselves" not in ada.get("/admin/rooms").text
    assert off in ada.get("/admin/rooms").text
