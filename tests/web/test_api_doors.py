"""Doors that are not theirs, and the ends of things: who is known and turned away leaves an entry."""

import pytest

from recstore.catalog import items
from tests.web.acme import PASSWORD, World

TURNED_AWAY = {
    "an ingest token used to read": ("token:recorder", "GET", "/api/v1/recordings", 403),
    "a read token used to change": ("token:bo", "PATCH", "/api/v1/recordings/{recording}", 403),
    "a read token used to hand over": ("token:bo", "PUT", "/api/v1/calls/c", 403),
    "a user at an admin's door": ("bo", "GET", "/api/v1/admin/recordings", 404),
    "a user at an admin's page": ("bo", "GET", "/admin", 404),
}


@pytest.mark.parametrize(("who", "method", "path", "status"), TURNED_AWAY.values(), ids=TURNED_AWAY)
def test_attacker_who_tries_other_doors_is_in_the_journal(
    world: World, who: str, method: str, path: str, status: int
) -> None:
    if not who.startswith("token:"):
        world.signed_in(who)
    before, rows = world.events(), world.count_rows()
    answer = world.send(who, method, path.format(recording=world.recording), json={})
    assert answer.status_code == status
    assert world.events() == [*before, "refused"]
    assert world.count_rows() == rows


def test_a_stranger_at_any_door_leaves_no_entry(world: World) -> None:
    before = world.events()
    assert world.guest().get("/api/v1/admin/recordings").status_code == 401
    assert world.events() == before


def test_attacker_gains_nothing_from_the_session_that_a_new_one_replaced(world: World) -> None:
    browser = world.guest()
    form = {"email": "ann@acme.example", "password": PASSWORD}
    browser.post("/sign-in", data=form)
    stolen = browser.get_cookie("recstore_session").value
    browser.post("/sign-in", data=form | {"email": "bo@acme.example"})
    thief = world.guest()
    thief.set_cookie("recstore_session", stolen)
    assert thief.get("/api/v1/session").status_code == 401
    assert browser.get("/api/v1/session").json["user"]["name"] == "Bo"


@pytest.mark.parametrize("page", ["/admin?to=9999-12-31", "/admin?from=9999-12-31", "/admin?to=0001-01-01"])
def test_the_ends_of_the_calendar_are_no_fault_of_ours(calm_world: World, page: str) -> None:
    assert calm_world.signed_in("ada").get(page).status_code in {200, 400}


@pytest.mark.parametrize("loss", ["damaged", "missing"])
def test_a_recording_is_shown_without_its_lost_chat(world: World, loss: str) -> None:
    with world.recstore.catalog.read(world.account) as tx:
        names = {segment.blob for segment in items.manifest(tx, items.by_id(tx, world.transcript))[0]}
    for name in names:
        content, modified = world.blobs._blobs.pop(name)
        sealed = bytearray(content)
        sealed[len(sealed) // 2] ^= 1
        if loss == "damaged":
            world.blobs._blobs[name] = bytes(sealed), modified
    answer = world.signed_in("ann").get(f"/recordings/{world.recording}")
    assert answer.status_code == 200
    assert "The stored chat is damaged" in answer.text
    assert answer.text.count("<video") == 1
