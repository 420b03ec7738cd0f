"""Case 19 of the sharing rules: lists, counts, search, validators and error texts tell no more than `see`."""

from typing import Any

import pytest

from tests.films import film_of
from tests.web.acme import World

BLIND = ("cy", "eve", "otto")


def everything_but_time(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, sorted(answer.headers.items())


@pytest.mark.parametrize("who", BLIND)
@pytest.mark.parametrize("kind", ["recordings", "transcripts"])
@pytest.mark.parametrize(
    ("hit", "miss"),
    [
        pytest.param("q=budget", "q=nonsense", id="a title"),
        pytest.param("q=weekly", "q=nonsense", id="a room's title"),
        pytest.param("vmr=room-7", "vmr=room-8", id="a room"),
        pytest.param("from=2026-11-20T00:00:00Z", "from=2030-11-20T00:00:00Z", id="a day"),
        pytest.param("shared=with-me", "q=nonsense", id="shared with me"),
        pytest.param("limit=1", "q=nonsense", id="a short page"),
    ],
)
def test_attacker_searches_for_what_is_hidden(
    calm_world: World, who: str, kind: str, hit: str, miss: str
) -> None:
    browser = calm_world.signed_in(who)
    found, nothing = (browser.get(f"/api/v1/{kind}?{query}") for query in (hit, miss))
    assert found.json == {"items": [], "next_cursor": None}
    assert everything_but_time(found) == everything_but_time(nothing)


def test_attacker_counts_by_turning_pages(world: World) -> None:
    """Another's items leave no gap, no short page and no further cursor."""
    for number in range(4):
        roster = [{"ref": "p1", "name": "Ann", "authenticated": "ann@acme.example", "intervals": []}]
        call = {
            "started_at": "2026-11-20T09:00:00Z",
            "vmr": None,
            "participants": roster,
            "recorded_by": "p1",
        }
        token = world.with_token("recorder")
        assert token.put(f"/api/v1/calls/hidden-{number}", json=call).status_code == 201
        assert token.put(f"/api/v1/calls/hidden-{number}/recordings/r", data=film_of(b"x")).status_code == 201
    page = world.signed_in("bo").get("/api/v1/recordings?limit=1").json
    assert [item["id"] for item in page["items"]] == [str(world.recording)]
    assert page["next_cursor"] is None


def test_attacker_counts_other_peoples_direct_messages(calm_world: World) -> None:
    path = f"/api/v1/transcripts/{calm_world.transcript}"
    ann, bo = (calm_world.signed_in(name).get(path).json for name in ("ann", "bo"))
    assert (ann["message_count"], bo["message_count"]) == (2, 1)
    # Size and hash of the whole would tell of what is not theirs.
    assert (bo["size"], bo["sha256"]) == (None, None)
    listed = calm_world.signed_in("bo").get("/api/v1/transcripts").json["items"][0]
    assert (listed["message_count"], listed["size"], listed["sha256"]) == (1, None, None)


@pytest.mark.parametrize("who", BLIND)
@pytest.mark.parametrize("header", ["If-None-Match", "If-Match", "If-Range"])
def test_attacker_asks_with_the_validator_of_what_is_hidden(calm_world: World, who: str, header: str) -> None:
    etag = calm_world.signed_in("bo").head(calm_world.media_url).headers["ETag"]
    plain, known, any_tag = (
        calm_world.signed_in(who).get(calm_world.media_url, headers=headers)
        for headers in ({}, {header: etag, "Range": "bytes=0-1"}, {header: "*", "Range": "bytes=0-1"})
    )
    assert plain.status_code == 404
    assert "ETag" not in plain.headers
    assert everything_but_time(known) == everything_but_time(any_tag) == everything_but_time(plain)


@pytest.mark.parametrize("who", BLIND)
@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=99999999-", "bytes=-1", "lines=1-2"])
def test_attacker_measures_the_length_by_ranges(calm_world: World, who: str, asked: str) -> None:
    answer = calm_world.signed_in(who).get(calm_world.media_url, headers={"Range": asked})
    assert answer.status_code == 404
    assert "Content-Range" not in answer.headers
    assert "Accept-Ranges" not in answer.headers


@pytest.mark.parametrize("who", ["guest", *BLIND])
@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", ""), ("GET", "/media"), ("GET", "/shares"), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore")],
)
def test_no_error_text_names_anything_of_the_item(
    calm_world: World, who: str, method: str, rest: str
) -> None:
    path = f"/api/v1/recordings/{calm_world.recording}{rest}"
    answer = calm_world.send(who, method, path, json={"title": "x"} if method == "PATCH" else None)
    assert answer.status_code in {401, 404}
    told = (answer.text + str(answer.headers)).lower()
    names = (
        "weekly",
        "budget",
        "room-7",
        "rec-1",
        "ann@",
        str(calm_world.recording),
        str(calm_world.account),
    )
    assert [word for word in names if word in told] == []


def test_a_refusal_of_what_one_sees_names_no_other_person(calm_world: World) -> None:
    answer = calm_world.signed_in("bo").get(f"{calm_world.media_url}?download=1")
    assert answer.status_code == 403
    assert [name for name in ("Eve", "eve@", "Ira", "ira@", "Cy ", "cy@") if name in answer.text] == []
