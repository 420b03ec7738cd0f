"""The bytes of a recording over HTTP: ranges, validators, and an end that never lies."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recstore.journal import log
from tests.web.acme import MEDIA, World
from web.ranges import Part, Unsatisfiable, read_range

ALL = len(MEDIA)

# title → (Range header, status, Content-Range, body)
RANGES: dict[str, tuple[str | None, int, str | None, bytes]] = {
    "no range: everything": (None, 200, None, MEDIA),
    "the first byte": ("bytes=0-0", 206, f"bytes 0-0/{ALL}", MEDIA[:1]),
    "a part in the middle": ("bytes=1000-1999", 206, f"bytes 1000-1999/{ALL}", MEDIA[1000:2000]),
    "an open end": (f"bytes={ALL - 7}-", 206, f"bytes {ALL - 7}-{ALL - 1}/{ALL}", MEDIA[-7:]),
    "everything, asked for as a range": ("bytes=0-", 206, f"bytes 0-{ALL - 1}/{ALL}", MEDIA),
    "an end beyond the end": (f"bytes=10-{ALL * 9}", 206, f"bytes 10-{ALL - 1}/{ALL}", MEDIA[10:]),
    "the last bytes": ("bytes=-5", 206, f"bytes {ALL - 5}-{ALL - 1}/{ALL}", MEDIA[-5:]),
    "more last bytes than there are": (f"bytes=-{ALL * 2}", 206, f"bytes 0-{ALL - 1}/{ALL}", MEDIA),
    "another letter case and spaces": ("BYTES = 0-1", 206, f"bytes 0-1/{ALL}", MEDIA[:2]),
    "a start beyond the end": (f"bytes={ALL}-", 416, f"bytes */{ALL}", b""),
    "the last no bytes": ("bytes=-0", 416, f"bytes */{ALL}", b""),
    "two ranges: everything": ("bytes=0-1,5-6", 200, None, MEDIA),
    "an end before the start is no range": ("bytes=5-3", 200, None, MEDIA),
    "another unit is no range": ("items=0-1", 200, None, MEDIA),
    "no numbers are no range": ("bytes=-", 200, None, MEDIA),
    "words are no range": ("bytes=a-b", 200, None, MEDIA),
    "digits of another script are no range": (
        "bytes=\u0660-\u0661".encode().decode("latin-1"),
        200,
        None,
        MEDIA,
    ),
    "a number longer than any file is no range": (f"bytes=0-{'9' * 30}", 200, None, MEDIA),
}


@pytest.mark.parametrize(("header", "status", "content_range", "body"), RANGES.values(), ids=RANGES)
def test_range(calm_world: World, header: str, status: int, content_range: str, body: bytes) -> None:
    headers = {"Range": header} if header is not None else {}
    answer = calm_world.signed_in("bo").get(calm_world.media_url, headers=headers)
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, content_range)
    if status == 416:
        assert answer.content_type == "application/problem+json"
        assert answer.json["code"] == "range_outside"
    else:
        assert answer.data == body
        assert answer.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("header", [None, "bytes=1000-1999", f"bytes={ALL}-"])
def test_head_tells_what_get_would_of_the_whole_and_gives_nothing(
    calm_world: World, header: str | None
) -> None:
    got = calm_world.signed_in("bo").get(calm_world.media_url)
    told = calm_world.signed_in("bo").head(calm_world.media_url, headers={"Range": header} if header else {})
    assert (told.status_code, dict(told.headers)) == (got.status_code, dict(got.headers))
    assert told.data == b""


def etag(world: World) -> str:
    found: str = world.signed_in("bo").head(world.media_url).headers["ETag"]
    return found


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param(lambda tag: tag, 206, id="the same state: the part"),
        pytest.param(lambda tag: '"another"', 200, id="another state: everything"),
        pytest.param(lambda tag: f"W/{tag}", 200, id="a weak tag never matches"),
        pytest.param(lambda tag: "Sat, 21 Nov 2026 10:00:00 GMT", 200, id="a date never matches"),
        pytest.param(lambda tag: "", 200, id="nothing at all"),
    ],
)
def test_if_range(calm_world: World, condition: Any, status: int) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": condition(etag(calm_world))}
    assert calm_world.signed_in("bo").get(calm_world.media_url, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param(lambda tag: tag, 304, id="known"),
        pytest.param(lambda tag: f'"x", W/{tag}', 304, id="known, weakly, among others"),
        pytest.param(lambda tag: "*", 304, id="any"),
        pytest.param(lambda tag: '"another"', 200, id="another state"),
    ],
)
def test_if_none_match(calm_world: World, condition: Any, status: int) -> None:
    headers = {"If-None-Match": condition(etag(calm_world))}
    answer = calm_world.signed_in("bo").get(calm_world.media_url, headers=headers)
    assert (answer.status_code, len(answer.data)) == (status, 0 if status == 304 else ALL)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param(lambda tag: tag, 200, id="the state that is there"),
        pytest.param(lambda tag: f'"x", {tag}', 200, id="that among others"),
        pytest.param(lambda tag: "*", 200, id="any"),
        pytest.param(lambda tag: '"another"', 412, id="another state"),
        pytest.param(lambda tag: f"W/{tag}", 412, id="a weak tag never matches"),
    ],
)
def test_if_match(calm_world: World, condition: Any, status: int) -> None:
    headers = {"If-Match": condition(etag(calm_world))}
    assert calm_world.signed_in("bo").get(calm_world.media_url, headers=headers).status_code == status


def test_attacker_who_knows_the_etag_learns_nothing_by_it(calm_world: World) -> None:
    headers = {"If-None-Match": etag(calm_world)}
    assert calm_world.signed_in("cy").get(calm_world.media_url, headers=headers).status_code == 404
    assert calm_world.guest().get(calm_world.media_url, headers=headers).status_code == 401


def test_media_can_run_nothing_and_stays_in_no_cache(calm_world: World) -> None:
    headers = calm_world.signed_in("bo").get(calm_world.media_url).headers
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Disposition"] == "inline"


TITLES = {
    "plain": (
        "Weekly, budget",
        "attachment; filename=\"Weekly, budget.mp4\"; filename*=UTF-8''Weekly%2C%20budget.mp4",
    ),
    "umlauts": ("Übung", "attachment; filename=\"_bung.mp4\"; filename*=UTF-8''%C3%9Cbung.mp4"),
    "quotes and a path": (
        '../"a"\\b',
        "attachment; filename=\"__a__b.mp4\"; filename*=UTF-8''__a__b.mp4",
    ),
    "a header of its own": (
        "x\r\nSet-Cookie: a=b",
        "attachment; filename=\"x__Set-Cookie_ a=b.mp4\"; filename*=UTF-8''x__Set-Cookie_%20a%3Db.mp4",
    ),
}


@pytest.mark.parametrize(("title", "disposition"), TITLES.values(), ids=TITLES)
def test_download_is_named_after_the_title(world: World, title: str, disposition: str) -> None:
    ann = world.signed_in("ann")
    path = f"/api/v1/recordings/{world.recording}"
    assert ann.send("PATCH", path, json={"title": title}).status_code == 200
    answer = ann.get(f"{world.media_url}?download=1")
    assert (answer.status_code, answer.data) == (200, MEDIA)
    assert answer.headers["Content-Disposition"] == disposition
    assert "Set-Cookie" not in answer.headers


def test_download_asks_for_the_right_to_download(calm_world: World) -> None:
    answer = calm_world.signed_in("bo").get(f"{calm_world.media_url}?download=1")
    assert (answer.status_code, answer.json["code"], answer.data.find(MEDIA[:256])) == (403, "refused", -1)


def test_one_watching_is_one_entry(world: World) -> None:
    for start in range(0, ALL, ALL // 7):
        world.signed_in("bo").get(world.media_url, headers={"Range": f"bytes={start}-"})
    assert world.events().count("opened") == 1


def test_messages_are_those_that_the_viewer_may_read(calm_world: World) -> None:
    def bodies(who: str) -> list[str]:
        answer = calm_world.signed_in(who).get(f"/api/v1/transcripts/{calm_world.transcript}/messages")
        return [message["body"] for message in answer.json["items"]]

    assert bodies("bo") == ["hello all"]
    assert bodies("ann") == ["hello all", "between us"]


@given(header=st.text(max_size=40) | st.from_regex(r"bytes=\d*-\d*"), length=st.integers(0, 10_000))
def test_any_header_gives_a_part_within_or_the_whole(header: str, length: int) -> None:
    try:
        part = read_range(header, length=length)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= length


def test_first_and_last_byte_of_a_part_are_those_named() -> None:
    assert read_range("bytes=2-4", length=10) == Part(2, 5)


class TestDownloadOfAChat:
    """A chat is downloaded as a recording is: with the right to, under its name, and with its own entry."""

    def test_the_messages_that_the_viewer_may_read_come_as_a_file(self, world: World) -> None:
        ann, path = world.signed_in("ann"), f"/api/v1/transcripts/{world.transcript}"
        for change in ({"title": "Übung / 1"}, {"download": True}):
            assert ann.send("PATCH", path, json=change).status_code == 200
        for who, bodies in (("ann", ["hello all", "between us"]), ("bo", ["hello all"])):
            before = len(openings(world))
            answer = world.signed_in(who).get(f"{path}/messages?download=1")
            assert [message["body"] for message in answer.json["items"]] == bodies
            named = "attachment; filename=\"_bung _ 1.json\"; filename*=UTF-8''%C3%9Cbung%20_%201.json"
            assert answer.headers["Content-Disposition"] == named
            assert answer.headers["Cache-Control"] == "no-store"
            assert openings(world)[before:] == ["download"]
            assert (
                f"{path}/messages?download=1" in world.signed_in(who).get(path.removeprefix("/api/v1")).text
            )

    def test_attacker_who_may_read_it_may_not_download_it(self, calm_world: World) -> None:
        path = f"/transcripts/{calm_world.transcript}"
        bo = calm_world.signed_in("bo")
        answer = bo.get(f"/api/v1{path}/messages?download=1")
        assert (answer.status_code, answer.json["code"], "hello all" in answer.text) == (
            403,
            "refused",
            False,
        )
        assert "download=1" not in bo.get(path).text
        assert "Content-Disposition" not in bo.get(f"/api/v1{path}/messages").headers

    def test_attacker_is_told_the_same_whatever_the_id(self, calm_world: World) -> None:
        cy = calm_world.signed_in("cy")
        hidden, nothing, other = (
            cy.get(f"/api/v1/transcripts/{item_id}/messages?download=1")
            for item_id in (calm_world.transcript, uuid4(), calm_world.recording)
        )
        assert hidden.status_code == 404
        for answer in (nothing, other):
            assert (answer.status_code, answer.data) == (hidden.status_code, hidden.data)


def openings(world: World) -> list[str]:
    """What was asked for in each opening that the journal tells of."""
    with world.recstore.catalog.read(world.account) as tx:
        entries = [json.loads(line.text) for line in log.read_lines(tx)]
    return [entry["detail"]["action"] for entry in entries if entry["event"] == "opened"]
