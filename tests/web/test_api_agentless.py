"""With the key agent away, recorders notice nothing, and whoever wants to open is told to come back soon."""

import json
from collections.abc import Mapping
from time import monotonic
from typing import Any

import pytest

from tests.films import film_of
from tests.web.acme import CALL, CHAT, World

CALLS = "/api/v1/calls"
FILM = film_of(bytes(range(256)) * 100)
GUEST = {"ref": "p9", "name": "Gus", "authenticated": None}
LATER = {"started_at": "2026-11-27T09:00:00Z", "ended_at": "2026-11-27T10:00:00Z"}
DIRECT = {"vmr": None, "recorded_by": "p2"}


def call(**changed: Any) -> tuple[str, bytes]:
    return f"{CALLS}/new", json.dumps(CALL | changed).encode()


def recording(query: str = "", film: bytes = FILM) -> tuple[str, bytes]:
    return f"{CALLS}/new/recordings/film{query}", film


def chat(**changed: Any) -> tuple[str, bytes]:
    line: Mapping[str, object] = CHAT["messages"][0] | changed
    return f"{CALLS}/new/transcripts/chat", json.dumps({"messages": [line]}).encode()


# title → (what is handed over one after the other, what each is answered with)
HANDED_OVER: dict[str, tuple[list[tuple[str, bytes]], list[int]]] = {
    "a call": ([call()], [201]),
    "a call again": ([call(), call()], [201, 200]),
    "a call corrected": ([call(), call(participants=[*CALL["participants"], GUEST])], [201, 200]),
    "a participant's name corrected": ([call(participants=[GUEST], recorded_by=None)] * 2, [201, 200]),
    "an organizer named late": (
        [call(vmr={"ref": "r", "title": "R"}), call(vmr=CALL["vmr"] | {"ref": "r"})],
        [201, 200],
    ),
    "another occurrence under the ref": ([call(), call(**LATER)], [201, 409]),
    "a ref given to somebody else": ([call(), call(participants=[GUEST | {"ref": "p1"}])], [201, 409]),
    "the next call of a room, renamed": (
        [
            call(),
            (f"{CALLS}/next", json.dumps(CALL | LATER | {"vmr": {"ref": "room-7", "title": "New"}}).encode()),
        ],
        [201, 201],
    ),
    "a recording": ([call(), recording()], [201, 201]),
    "a recording again": ([call(), recording(), recording()], [201, 201, 200]),
    "a recording with a title": ([call(), recording("?title=Budget&started_by=p2")], [201, 201]),
    "a recording of a direct call": ([call(**DIRECT), recording("?filename=a.mp4")], [201, 201]),
    "other bytes under its ref": ([call(), recording(), recording(film=FILM + b"x")], [201, 201, 409]),
    "a recording of no call": ([recording()], [400]),
    "a recording by a stranger": ([call(), recording("?started_by=p8")], [201, 400]),
    "a chat": ([call(), chat()], [201, 201]),
    "a chat again": ([call(), chat(), chat()], [201, 201, 200]),
    "another chat under its ref": ([call(), chat(), chat(body="no")], [201, 201, 409]),
    "a chat of a stranger": ([call(), chat(sender="p8")], [201, 400]),
}


@pytest.mark.parametrize(("sent", "answers"), HANDED_OVER.values(), ids=HANDED_OVER)
def test_what_is_handed_over(agentless: World, sent: list[tuple[str, bytes]], answers: list[int]) -> None:
    recorder = agentless.with_token("recorder")
    assert [recorder.put(path, data=body).status_code for path, body in sent] == answers


@pytest.mark.parametrize("path", ["/recordings/{0.recording}/media", "/transcripts/{0.transcript}/messages"])
def test_whoever_opens_is_told_soon_to_come_back(agentless: World, path: str) -> None:
    began = monotonic()
    answer = agentless.signed_in("ann").send("GET", f"/api/v1{path.format(agentless)}")
    assert (answer.status_code, answer.json["code"]) == (503, "keys_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert monotonic() - began < 2


def test_the_page_of_the_lock_says_so_and_a_lock_that_failed_is_journalled(agentless: World) -> None:
    ada = agentless.signed_in("ada")
    shown = ada.get("/admin/keys/lock")
    assert shown.status_code == 200
    assert "does not answer" in shown.text
    assert "Lock now" not in shown.text
    assert agentless.signed_in("ann").get("/admin/keys/lock").status_code == 404
    answer = ada.send("PUT", "/api/v1/admin/keys/lock")
    assert (answer.status_code, answer.json["code"]) == (503, "keys_unavailable")
    assert agentless.events()[-2:] == ["keys-locked", "refused"]
