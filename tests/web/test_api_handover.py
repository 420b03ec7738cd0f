"""Hand-over over HTTP: what is taken, and that what is refused leaves nothing behind."""

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

from tests.films import film_of
from tests.web.acme import CALL, MEDIA, World

RECORDING = "/api/v1/calls/call-1/recordings/new"
TRANSCRIPT = "/api/v1/calls/call-1/transcripts/new"
NEW_CALL = "/api/v1/calls/new"


def put(world: World, path: str, body: bytes, **options: Any) -> Any:
    return world.with_token("recorder").put(path, data=body, **options)


def changed_call(**changes: Any) -> bytes:
    return json.dumps(CALL | changes).encode()


def chat(**changes: Any) -> bytes:
    line = {"ref": "m", "at": "2026-11-20T09:10:00Z", "sender": "p1", "to": "everyone", "body": "hi"}
    return json.dumps({"messages": [line | changes]}).encode()


# title → (path, body, status, code)
BAD: dict[str, tuple[str, bytes, int, str]] = {
    "a call that is not JSON": (NEW_CALL, b"{not json", 400, "not_json"),
    "a call that is not UTF-8": (NEW_CALL, b'{"a":"\xff"}', 400, "not_json"),
    "a call that is a list": (NEW_CALL, b"[]", 400, "bad_document"),
    "a call nested beyond reason": (NEW_CALL, b'{"a":' * 10000, 400, "not_json"),
    "a call without a beginning": (NEW_CALL, b'{"participants":[]}', 400, "bad_document"),
    "a beginning that is a number": (NEW_CALL, changed_call(started_at="soon"), 400, "bad_document"),
    "participants that are a word": (NEW_CALL, changed_call(participants="Ann"), 400, "bad_document"),
    "a name with a NUL": (
        NEW_CALL,
        changed_call(participants=[{"ref": "p1", "name": "A\0nn"}]),
        400,
        "bad_document",
    ),
    "a title with a NUL": (f"{RECORDING}?title=a%00b", film_of(b"abc"), 400, "bad_metadata"),
    "an end before the beginning": (
        NEW_CALL,
        changed_call(ended_at="2026-11-20T08:00:00Z"),
        400,
        "bad_document",
    ),
    "an empty call": (NEW_CALL, b"", 400, "empty_body"),
    "a call larger than the limit": (NEW_CALL, b" " * (1 << 16) + b"{}", 413, "too_large"),
    "a ref with strange characters": ("/api/v1/calls/a%20b%00", changed_call(), 400, "bad_ref"),
    "a ref that climbs": ("/api/v1/calls/..%2e", changed_call(), 400, "bad_ref"),
    "a ref longer than any": (f"/api/v1/calls/{'a' * 201}", changed_call(), 400, "bad_ref"),
    "a correction of what another handed over": (
        "/api/v1/calls/call-1",
        changed_call(vmr=None),
        409,
        "not_your_call",
    ),
    "a call with a query": (f"{NEW_CALL}?ref=x", changed_call(), 400, "bad_query"),
    "a chat with a query": (f"{TRANSCRIPT}?sha256=x", chat(), 400, "bad_query"),
    "a misspelt SHA-256": (f"{RECORDING}?sha265={'0' * 64}", film_of(b"abc"), 400, "bad_query"),
    "a query for another recording": (f"{RECORDING}?recording=other", film_of(b"abc"), 400, "bad_query"),
    "a recording of no call": ("/api/v1/calls/none/recordings/r", film_of(b"abc"), 400, "call_unknown"),
    "an empty recording": (RECORDING, b"", 400, "empty_body"),
    "a recording larger than the limit": (RECORDING, film_of(b"x" * (1 << 20)), 413, "too_large"),
    "a recording that is none": (RECORDING, b"hello world" * 1000, 400, "not_media"),
    "a recording of another type than stated": (
        f"{RECORDING}?filetype=video/webm",
        film_of(b"abc"),
        400,
        "bad_metadata",
    ),
    "a recording stated to be what browsers run": (
        f"{RECORDING}?filetype=text/html",
        film_of(b"abc"),
        400,
        "bad_metadata",
    ),
    "another size than declared": (f"{RECORDING}?size=4", film_of(b"abc"), 400, "size_mismatch"),
    "another SHA-256 than declared": (
        f"{RECORDING}?sha256={'0' * 64}",
        film_of(b"abc"),
        400,
        "sha256_mismatch",
    ),
    "a SHA-256 that is none": (f"{RECORDING}?sha256=xyz", film_of(b"abc"), 400, "bad_metadata"),
    "a length that is a word": (f"{RECORDING}?duration_s=long", film_of(b"abc"), 400, "bad_metadata"),
    "started by nobody of the call": (
        f"{RECORDING}?started_by=p9",
        film_of(b"abc"),
        400,
        "participant_unknown",
    ),
    "other bytes under the same ref": (
        "/api/v1/calls/call-1/recordings/rec-1",
        b"x",
        409,
        "recording_exists",
    ),
    "a chat that is not JSON": (TRANSCRIPT, b"hello", 400, "not_json"),
    "a chat of a stranger": (TRANSCRIPT, chat(sender="p9"), 400, "participant_unknown"),
    "a chat to a stranger": (TRANSCRIPT, chat(to=["p9"]), 400, "participant_unknown"),
    "a message that is a number": (TRANSCRIPT, chat(body=7), 400, "bad_document"),
    "a chat of no call": ("/api/v1/calls/none/transcripts/t", chat(), 400, "call_unknown"),
    "another chat under the same ref": (
        "/api/v1/calls/call-1/transcripts/chat-1",
        chat(),
        409,
        "transcript_exists",
    ),
}


@pytest.mark.parametrize(("path", "body", "status", "code"), BAD.values(), ids=BAD)
def test_bad_input_is_told_and_leaves_nothing(
    calm_world: World, path: str, body: bytes, status: int, code: str
) -> None:
    rows, blobs = calm_world.count_rows(), list(calm_world.blobs.list(""))
    entries = len(calm_world.events())
    answer = put(calm_world, path, body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail", "code"}
    assert answer.json["status"] == status
    assert (calm_world.count_rows(), list(calm_world.blobs.list(""))) == (rows, blobs)
    assert calm_world.events()[entries:] == ["hand-over-refused"]


@pytest.mark.parametrize("path", ["a%2Fb", "a%2fb/recordings/c", "a/recordings/b%2Fc", "a/transcripts/%2F"])
def test_a_ref_with_a_slash_is_named_and_not_taken_for_an_address(calm_world: World, path: str) -> None:
    rows = calm_world.count_rows()
    answer = put(calm_world, f"/api/v1/calls/{path}", changed_call())
    assert (answer.status_code, answer.json["code"]) == (400, "bad_ref")
    assert put(calm_world, "/api/v1/calls/a/b", changed_call()).status_code == 404
    assert calm_world.count_rows() == rows


def test_an_answer_quotes_nothing_of_what_was_sent(calm_world: World) -> None:
    for body in (changed_call(started_at="CANARY"), b'{"participants": "CANARY"', chat(sender="CANARY")):
        for path in (NEW_CALL, TRANSCRIPT):
            assert b"CANARY" not in put(calm_world, path, body).data


def test_handing_over_and_again(world: World) -> None:
    for status in (201, 200):
        answer = put(world, NEW_CALL, changed_call())
        assert (answer.status_code, answer.json["state"]) == (status, "available")
    first = put(world, "/api/v1/calls/new/recordings/r", MEDIA, content_type="video/mp4")
    again = put(world, "/api/v1/calls/new/recordings/r", MEDIA, content_type="video/mp4")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    chat_first = put(world, "/api/v1/calls/new/transcripts/t", chat())
    chat_again = put(world, "/api/v1/calls/new/transcripts/t", chat())
    assert (chat_first.status_code, chat_again.status_code) == (201, 200)
    found = world.signed_in("bo").get(f"/api/v1/recordings/{first.json['id']}").json
    assert (found["media_type"], found["size"]) == ("video/mp4", len(MEDIA))
    assert found["sha256"] == hashlib.sha256(MEDIA).hexdigest()


def upload_metadata(**fields: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in fields.items())


OGG, WEBM = b"OggS\0\2" + bytes(100), b"\x1aE\xdf\xa3\x87B\x82\x84webm" + bytes(100)
METADATA = upload_metadata(filename="Demo.mp4", filetype="video/mp4")

# title → (query, headers, body, media type, title)
DESCRIBED: dict[str, tuple[str, dict[str, str], bytes, str, str]] = {
    "by content type alone": ("", {"Content-Type": "audio/ogg"}, OGG, "audio/ogg", "Weekly"),
    "by query": ("?filetype=video/webm&title=T%C3%A4glich", {}, WEBM, "video/webm", "Täglich"),
    "by Upload-Metadata": ("", {"Upload-Metadata": METADATA}, MEDIA, "video/mp4", "Weekly"),
    "query before Upload-Metadata": (
        "?title=Query",
        {"Upload-Metadata": upload_metadata(title="Header", filetype="video/mp4")},
        MEDIA,
        "video/mp4",
        "Query",
    ),
    "by its own bytes": ("", {}, WEBM, "video/webm", "Weekly"),
    "by its own bytes, where its sender knows nothing": (
        "",
        {"Content-Type": "application/octet-stream"},
        OGG,
        "audio/ogg",
        "Weekly",
    ),
    "by its own bytes, as curl sends any": (
        "",
        {"Content-Type": "application/x-www-form-urlencoded"},
        MEDIA,
        "video/mp4",
        "Weekly",
    ),
    "with the fields of an upload that its address has already": (
        "?call=call-1&kind=recording&recording=new",
        {},
        MEDIA,
        "video/mp4",
        "Weekly",
    ),
    "as sound alone": ("?filetype=audio/mp4;codecs=mp4a", {}, MEDIA, "audio/mp4", "Weekly"),
}


@pytest.mark.parametrize(
    ("query", "headers", "body", "media_type", "title"), DESCRIBED.values(), ids=DESCRIBED
)
def test_description(
    world: World, query: str, headers: dict[str, str], body: bytes, media_type: str, title: str
) -> None:
    answer = put(world, RECORDING + query, body, headers=headers)
    assert answer.status_code == 201, answer.text
    found = world.signed_in("bo").get(f"/api/v1/recordings/{answer.json['id']}")
    assert (found.json["media_type"], found.json["title"]) == (media_type, title)
    media = world.signed_in("bo").get(f"/api/v1/recordings/{answer.json['id']}/media")
    assert media.headers["Content-Type"] == media_type


def test_the_recording_switch_refuses_what_begins_later(world: World) -> None:
    ada = world.signed_in("ada")
    turned = ada.send("PATCH", "/api/v1/admin/settings", json={"recording": False, "chat": False})
    assert turned.json == {"recording": False, "chat": False, "auto_share": True, "download": False}
    begun_before = put(world, RECORDING, film_of(b"abc"))
    assert begun_before.status_code == 201
    later = changed_call(started_at="2099-01-01T09:00:00Z", ended_at=None)
    assert put(world, "/api/v1/calls/later", later).status_code == 201
    for path, body, code in (
        ("/api/v1/calls/later/recordings/r", film_of(b"abc"), "recording_off"),
        ("/api/v1/calls/later/transcripts/t", chat(), "chat_off"),
    ):
        answer = put(world, path, body)
        assert (answer.status_code, answer.json["code"]) == (400, code)
    assert "settings-changed" in world.events()
