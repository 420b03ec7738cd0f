"""An admin's pages of switches: what was turned meanwhile, and long lists, one after the other."""

import re
from typing import Any
from uuid import uuid4

import pytest

from recstore.catalog import existing as catalog
from recstore.catalog.tables import Item
from tests.web.acme import World
from web.pages import existing

SETTINGS = "/admin/settings"
DOWNLOAD = "/admin/settings/existing/download"


def form(html: str, action: str) -> dict[str, str]:
    """Give what a browser would send with this form, as it came."""
    [own] = re.findall(rf'<form method="post" action="{action}".*?</form>', html, re.DOTALL)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", own):
        of = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if of["type"] == "hidden" or "checked" in tag:
            fields[of["name"]] = of.get("value", "on")
    return fields


def stands(world: World) -> Any:
    return world.signed_in("ada").get("/api/v1/admin/settings").json


def test_an_old_form_turns_back_nothing_that_another_admin_turned(world: World) -> None:
    ada = world.signed_in("ada")
    shown = form(ada.get(SETTINGS).text, SETTINGS)
    ada.send(
        "PATCH", "/api/v1/admin/settings", json={"auto_share": False}
    )  # in another tab, or another admin
    before = stands(world)
    del shown["chat"]  # all that this form is about
    refused = ada.send("POST", SETTINGS, data=shown)
    assert refused.status_code == 409
    assert "The switches were turned meanwhile. Nothing was changed" in refused.text
    assert (
        stands(world) == before == {"recording": True, "chat": True, "auto_share": False, "download": False}
    )
    again = form(refused.text, SETTINGS)  # the page that refuses shows how they stand now
    del again["chat"]
    assert ada.send("POST", SETTINGS, data=again).status_code == 303
    assert stands(world) == before | {"chat": False}


def test_a_form_that_says_nothing_of_what_it_showed_turns_nothing(world: World) -> None:
    before = stands(world)
    assert world.signed_in("ada").send("POST", SETTINGS, data={"download": "on"}).status_code == 409
    assert stands(world) == before


def confirm(world: World, address: str) -> Any:
    """Agree to the list on a page, and follow to where that leads."""
    html = world.signed_in("ada").get(address).text
    sent = form(html, DOWNLOAD) | {"agreed": "on"}
    return world.signed_in("ada").send("POST", DOWNLOAD, data=sent).headers["Location"]


def test_the_next_list_follows_a_confirmed_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing, "PAGE", 1)
    for _ in range(2):
        copy_item(world)
    ada = world.signed_in("ada")
    ada.send("PATCH", "/api/v1/admin/settings", json={"download": True})
    page = ada.get(DOWNLOAD).text
    assert "The next list follows when this one is done." in page
    assert confirm(world, DOWNLOAD) == DOWNLOAD, "the newest that are left"
    [older] = re.findall(rf'href="({DOWNLOAD}\?cursor=[^"]*)"', ada.get(DOWNLOAD).text)
    following = confirm(world, older)
    assert following.startswith(f"{DOWNLOAD}?cursor="), "older ones, after one was left out"
    assert confirm(world, following) == DOWNLOAD
    left = ada.get("/api/v1/admin/settings/existing?switch=download&on=true").json
    assert left["total"] == 1


def copy_item(world: World) -> None:
    """Add another recording of the call."""
    with world.recstore.catalog.change(world.account) as tx:
        item = tx.get(Item, world.recording)
        assert item is not None
        columns = {column.key: getattr(item, column.key) for column in Item.__table__.columns}
        tx.add(Item(**columns | {"id": uuid4(), "ref_key": uuid4().bytes}))


def test_counts_end_somewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MOST_COUNTED", 1)
    monkeypatch.setattr("web.pages.formats.MOST_COUNTED", 1)
    ada = world.signed_in("ada")
    ada.send("PATCH", "/api/v1/admin/settings", json={"download": True})
    assert '<strong class="figures">more than 1</strong> items are not for download' in ada.get(SETTINGS).text
    assert "more than 1 items are not for download" in ada.get(DOWNLOAD).text
