"""An admin turns a switch, looks at what that means for existing items, and applies it: over HTTP."""

import io
import json
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest

from recstore.catalog.rooms import all_rooms
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from tests.web.acme import CALL, World
from tests.web.running import Running
from tests.web.test_api_streaming import FILM, MIB, media
from tests.web.test_api_watch import receive_until, start

SETTINGS = "/api/v1/admin/settings"
VMRS = "/api/v1/admin/vmrs"


def send(world: World, method: str, path: str, document: Any = None, *, who: str = "ada") -> Any:
    return world.signed_in(who).send(method, path, json=document)


def bo_gets(world: World) -> int:
    status: int = world.signed_in("bo").get(f"/api/v1/recordings/{world.recording}").status_code
    assert world.signed_in("bo").get(world.media_url).status_code == status
    return status


def room(world: World) -> dict[str, Any]:
    [found] = world.signed_in("ada").get(f"{VMRS}?q=weekly").json["items"]
    assert isinstance(found, dict)
    return found


def test_turning_off_concerns_new_items_until_it_is_applied_to_existing_ones(world: World) -> None:
    off = {"switch": "auto_share", "on": False}
    assert send(world, "PATCH", SETTINGS, {"auto_share": False}).status_code == 200
    assert bo_gets(world) == 200
    listed = world.signed_in("ada").get(f"{SETTINGS}/existing?switch=auto_share&on=false").json
    assert (listed["total"], listed["confirmation"], listed["next_cursor"]) == (2, None, None)
    recording = next(one for one in listed["items"] if one["id"] == str(world.recording))
    assert [(one["user"]["name"], one["loses"], one["gains"]) for one in recording["people"]] == [
        ("Bo", ["see", "open"], []),
        ("Ira", ["see", "open"], []),
    ]
    assert send(world, "POST", f"{SETTINGS}/existing", off).json == {"changed": 2, "remaining": 0}
    assert bo_gets(world) == 404
    assert world.signed_in("ann").get(world.media_url).status_code == 200
    assert send(world, "POST", f"{SETTINGS}/existing", off).json == {"changed": 0, "remaining": 0}
    assert world.events().count("switch-applied") == 1
    assert world.events().count("item-switched") == 2


def test_turning_on_opens_existing_items_only_as_listed_and_confirmed(world: World) -> None:
    here = f"{VMRS}/{room(world)['id']}"
    assert send(world, "PATCH", here, {"auto_share": False}).json["auto_share"] is False
    assert send(world, "POST", f"{here}/existing", {"on": False}).json["changed"] == 2
    assert send(world, "PATCH", here, {"auto_share": True}).json == room(world) | {"auto_share": True}
    unconfirmed = send(world, "POST", f"{here}/existing", {"on": True})
    assert (unconfirmed.status_code, unconfirmed.json["code"]) == (409, "confirmation_needed")
    assert bo_gets(world) == 404

    listed = world.signed_in("ada").get(f"{here}/existing?on=true").json
    people = {one["user"]["name"]: one["gains"] for item in listed["items"] for one in item["people"]}
    assert people == {"Bo": ["see", "open"], "Ira": ["see", "open"]}
    confirmed = {"on": True, "confirmation": listed["confirmation"]}
    assert send(world, "POST", f"{here}/existing", confirmed).json == {"changed": 2, "remaining": 0}
    assert bo_gets(world) == 200
    again = send(world, "POST", f"{here}/existing", confirmed)
    assert (again.status_code, again.json["code"]) == (409, "confirmation_stale")


def test_a_list_has_pages_and_a_confirmation_for_each(world: World) -> None:
    send(world, "PATCH", SETTINGS, {"download": True})
    path = f"{SETTINGS}/existing?switch=download&on=true&limit=1"
    first = world.signed_in("ada").get(path).json
    second = world.signed_in("ada").get(f"{path}&cursor={first['next_cursor']}").json
    assert (first["total"], second["total"], second["next_cursor"]) == (2, 2, None)
    confirmed = {"switch": "download", "on": True, "confirmation": second["confirmation"]}
    assert send(world, "POST", f"{SETTINGS}/existing", confirmed).json == {"changed": 1, "remaining": 1}
    [left] = world.signed_in("ada").get(path).json["items"]
    assert left["id"] == first["items"][0]["id"]


def test_ira_who_left_is_listed_as_gaining_with_their_return(world: World) -> None:
    here = f"{VMRS}/{room(world)['id']}"
    send(world, "PATCH", here, {"auto_share": False})
    send(world, "POST", f"{here}/existing", {"on": False})
    send(world, "PATCH", here, {"auto_share": True})
    listed = world.signed_in("ada").get(f"{here}/existing?on=true").json
    assert {
        (one["user"]["name"], *one["gains"], one["if_taken_back"])
        for item in listed["items"]
        for one in item["people"]
    } == {("Bo", "see", "open", False), ("Ira", "see", "open", True)}
    page = world.signed_in("ada").get(f"/admin/rooms/{room(world)['id']}/existing").text
    assert "Deactivated: gains it only when taken back." in page
    assert "Ira (when taken back) may then see and open" in page


REFUSED = {
    "a switch that stands otherwise": ({"switch": "auto_share", "on": False}, 409, "switch_differs"),
    "a made-up confirmation": (
        {"switch": "auto_share", "on": True, "confirmation": "x"}, 400, "bad_confirmation",
    ),
    "a switch that is none": ({"switch": "recording", "on": True}, 400, "bad_document"),
    "a word for a boolean": ({"switch": "auto_share", "on": "yes"}, 400, "bad_document"),
}  # fmt: skip


@pytest.mark.parametrize(("document", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_applied(calm_world: World, document: Any, status: int, code: str) -> None:
    answer = send(calm_world, "POST", f"{SETTINGS}/existing", document)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_attacker_cannot_use_the_confirmation_of_another_admin(world: World) -> None:
    world.recstore.accounts.create_user(
        world.account, email="amy@acme.example", name="Amy", admin=True, password="correct horse battery"
    )
    send(world, "PATCH", SETTINGS, {"download": True})
    path = f"{SETTINGS}/existing"
    token = world.signed_in("ada").get(f"{path}?switch=download&on=true").json["confirmation"]
    confirmed = {"switch": "download", "on": True, "confirmation": token}
    answer = send(world, "POST", path, confirmed, who="amy")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_confirmation")
    assert "switch-applied" not in world.events()
    assert send(world, "POST", path, confirmed).status_code == 200


def test_attacker_cannot_tell_another_accounts_room_from_none(world: World) -> None:
    third = world.recstore.accounts.create("Third", domains=["third.example"]).id
    admin = world.recstore.accounts.create_user(
        third, email="tom@third.example", name="Tom", admin=True, password=None
    )
    world.recstore.calls.put(third, "call-1", json.dumps(CALL).encode(), actor=SYSTEM)
    theirs = room_of(world, third)
    assert admin.admin
    for method, tail, document in (
        ("GET", "", None), ("PATCH", "", {"auto_share": False}), ("GET", "/existing?on=true", None),
        ("POST", "/existing", {"on": False}), ("POST", "/existing", {"on": True}),
        ("POST", "/existing", {"on": True, "confirmation": "x"}),
    ):  # fmt: skip
        yours, none = (send(world, method, f"{VMRS}/{vmr}{tail}", document) for vmr in (theirs, uuid4()))
        assert yours.status_code == none.status_code == 404
        assert yours.data == none.data
        assert sorted(yours.headers.items()) == sorted(none.headers.items())
    assert str(theirs) not in world.signed_in("ada").get(VMRS).text


def room_of(world: World, account_id: UUID) -> UUID:
    with world.recstore.catalog.read(account_id) as tx:
        return all_rooms(tx)[0].id


def test_a_running_stream_ends_when_existing_items_are_closed(service: Running) -> None:
    world, ref = service.world, f"room-{uuid4().hex}"
    call = CALL | {"vmr": {"ref": ref, "title": ref, "organizer": "ann@acme.example"}}
    world.recstore.calls.put(world.account, ref, json.dumps(call).encode(), actor=SYSTEM)
    body = Body(io.BytesIO(FILM), 64 * MIB)
    film = world.recstore.recordings.put(
        world.account, ref, "film", body, Described(filetype="video/mp4"), actor=SYSTEM
    ).id
    [own] = world.signed_in("ada").get(f"{VMRS}?q={ref}").json["items"]
    with start(service, media(film), "bo") as wire:
        assert receive_until(wire, monotonic() + 1, per_second=400_000)[1] is False
        send(world, "PATCH", f"{VMRS}/{own['id']}", {"auto_share": False})
        assert receive_until(wire, monotonic() + 2, per_second=400_000)[1] is False, "new items only"
        applied = send(world, "POST", f"{VMRS}/{own['id']}/existing", {"on": False})
        assert applied.json == {"changed": 1, "remaining": 0}
        assert receive_until(wire, monotonic() + 4, per_second=400_000)[1], "the stream goes on"
    assert service.ask("bo", "GET", media(film))[0] == 404
