"""The admins' part of the API: reviews with a reason, appointments, journal, switches, users."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from recstore.access.viewer import Viewer
from recstore.errors import NotThere
from recstore.journal import log
from recstore.journal.entry import find_fault
from recstore.switches import Change
from tests.web.acme import MEDIA, World

REASON = "Complaint 7 of the works council"


def begin(world: World, kind: str, item_id: UUID, reason: str = REASON) -> Any:
    document = {"kind": kind, "item_id": str(item_id), "reason": reason}
    return world.signed_in("ada").send("POST", "/api/v1/admin/reviews", json=document)


def test_a_review_opens_with_a_reason_that_the_responsible_person_sees(world: World) -> None:
    ada, media = world.signed_in("ada"), f"/api/v1/admin/recordings/{world.recording}/media"
    before = ada.get(media)
    assert (before.status_code, before.json["code"]) == (403, "reason_needed")
    assert begin(world, "recording", world.recording).status_code == 201
    assert ada.get(media, headers={"Range": "bytes=0-9"}).data == MEDIA[:10]
    traces = world.signed_in("ann").get(f"/api/v1/recordings/{world.recording}/reviews").json["items"]
    assert [(trace["by"]["name"], trace["reason"]) for trace in traces] == [("Ada", REASON)]


def test_a_review_reads_messages_to_single_people_too(world: World) -> None:
    assert begin(world, "transcript", world.transcript).status_code == 201
    answer = world.signed_in("ada").get(f"/api/v1/admin/transcripts/{world.transcript}/messages")
    assert [message["body"] for message in answer.json["items"]] == ["hello all", "between us"]


def test_pages_say_what_the_messages_that_they_count_are(world: World) -> None:
    path = f"/transcripts/{world.transcript}"
    for page in ("/admin?show=chats", path):
        assert "1 message to everyone" in world.signed_in("ada").get(page).text
    assert "1 message to everyone" not in world.signed_in("bo").get(path).text
    assert begin(world, "transcript", world.transcript).status_code == 201
    told = world.signed_in("ada").get(path).text
    assert "2 messages" in told
    assert "to everyone" not in told.partition("2 messages")[2][:20]


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_without_a_reason_nothing_is_opened(calm_world: World, reason: str) -> None:
    answer = begin(calm_world, "recording", calm_world.recording, reason)
    assert (answer.status_code, answer.json["code"]) == (403, "reason_needed")
    assert "reviewed" not in calm_world.events()


def test_a_review_belongs_to_the_session_that_began_it(world: World) -> None:
    begin(world, "recording", world.recording)
    world.browsers.clear()
    answer = world.signed_in("ada").get(f"/api/v1/admin/recordings/{world.recording}/media")
    assert (answer.status_code, answer.json["code"]) == (403, "reason_needed")


def test_appointing(world: World) -> None:
    ada, item = world.signed_in("ada"), f"recordings/{world.recording}"
    for user_id in (uuid4(), world.users["otto"], world.users["ira"]):
        answer = ada.send("PUT", f"/api/v1/admin/{item}/responsible", json={"user_id": str(user_id)})
        assert (answer.status_code, answer.json["code"]) == (400, "user_unknown")
    document = {"user_id": str(world.users["cy"])}
    assert ada.send("PUT", f"/api/v1/admin/{item}/responsible", json=document).status_code == 204
    shown = world.signed_in("cy").get(f"/api/v1/{item}").json
    assert shown["responsible"] == {"id": str(world.users["cy"]), "name": "Cy"}


def test_the_journal_has_pages_in_both_directions(world: World) -> None:
    begin(world, "recording", world.recording)

    def read(order: str) -> list[dict[str, Any]]:
        found, cursor = [], ""
        while cursor is not None:
            path = f"/api/v1/admin/journal?order={order}&limit=4{cursor and f'&cursor={cursor}'}"
            page = world.signed_in("ada").get(path).json
            found += page["items"]
            cursor = page["next_cursor"]
        return found

    read("oldest")  # reasons are opened, which is an entry itself
    oldest = read("oldest")
    assert [entry["index"] for entry in oldest] == list(range(len(oldest)))
    events = [entry["event"] for entry in oldest]
    assert [event for event in events if event != "catalog-opened"] == world.events()
    assert read("newest") == oldest[::-1]
    assert oldest[events.index("reviewed")]["private"] == {"reason": REASON}
    with world.recstore.catalog.read(world.account) as tx:
        assert find_fault(log.read_lines(tx)) is None


def test_the_journal_of_another_account_is_not_shown(calm_world: World) -> None:
    text = calm_world.signed_in("ada").get("/api/v1/admin/journal?limit=1000").text
    assert str(calm_world.users["ann"]) in text
    assert str(calm_world.users["otto"]) not in text


@pytest.mark.parametrize("cursor", ["-1", "x", "1e9", "9" * 30, "\u0661"])
def test_a_foreign_cursor(calm_world: World, cursor: str) -> None:
    answer = calm_world.signed_in("ada").get(f"/api/v1/admin/journal?cursor={cursor}")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_cursor")


def test_switches_turn_and_leave_a_trace(world: World) -> None:
    ada, path = world.signed_in("ada"), "/api/v1/admin/settings"
    everything_on = {"recording": True, "chat": True, "auto_share": True, "download": False}
    assert ada.get(path).json == everything_on
    assert ada.send("PATCH", path, json={"recording": True}).json == everything_on
    assert "settings-changed" not in world.events()
    turned = ada.send("PATCH", path, json={"auto_share": False, "download": True}).json
    assert turned == everything_on | {"auto_share": False, "download": True}
    assert world.events().count("settings-changed") == 1
    # Items that were there keep what they had.
    assert world.signed_in("bo").get(world.media_url).status_code == 200


def test_an_admin_cannot_lock_everybody_out(world: World) -> None:
    path = f"/api/v1/admin/users/{world.users['ada']}"
    answer = world.signed_in("ada").send("PATCH", path, json={"active": False})
    assert (answer.status_code, answer.json["code"]) == (400, "deactivate_self")
    assert world.signed_in("ada").get("/api/v1/admin/settings").status_code == 200


def test_attacker_cannot_deactivate_somebody_of_another_account(world: World) -> None:
    path = f"/api/v1/admin/users/{world.users['otto']}"
    assert world.signed_in("ada").send("PATCH", path, json={"active": False}).status_code == 404
    assert world.signed_in("otto").get("/api/v1/session").status_code == 200


def viewer_of(world: World, name: str) -> Viewer:
    cookie = world.signed_in(name).client.get_cookie("recstore_session").value
    found = world.recstore.signin.session(cookie)
    assert found is not None
    return found.viewer


def test_attacker_who_gets_past_the_guard_still_stands_before_the_services(world: World) -> None:
    ada, bo, before = viewer_of(world, "ada"), viewer_of(world, "bo"), world.count_rows()
    world.signed_in("ada").send("DELETE", "/api/v1/session")
    recstore = world.recstore
    for viewer in (bo, ada):  # no admin; an admin whose session has ended
        with pytest.raises(NotThere):
            recstore.switches.read(viewer)
        with pytest.raises(NotThere):
            recstore.switches.change(viewer, Change(recording=False))
        with pytest.raises(NotThere):
            recstore.membership.set_active(viewer, world.users["ann"], active=False)
        with pytest.raises(NotThere):
            recstore.history.page(viewer, cursor=None, limit=10, newest_first=True)
    assert world.count_rows() == before
