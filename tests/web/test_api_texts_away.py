"""While the key agent is away: what needs a text says so, signing in and out and handing over go on."""

import json
from typing import Any

import pytest

from recstore.catalog.reading import NoKeys
from tests.web.acme import CALL, PASSWORD, World

NEED_TEXT = ["/api/v1/recordings", "/api/v1/directory?q=a", "/api/v1/recordings/{recording}"]
PAGES = ["/", "/recordings/{recording}", "/recordings/{recording}/shares"]


@pytest.fixture
def away(world: World) -> World:
    world.recstore.catalog.text_keys = NoKeys()
    return world


@pytest.mark.parametrize("path", NEED_TEXT)
def test_reading_a_text_is_told_and_worth_another_try(away: World, path: str) -> None:
    answer = away.signed_in("ann").get(path.format(recording=away.recording))
    assert (answer.status_code, answer.json["code"]) == (503, "keys_unavailable")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_so_calmly_though_it_cannot_name_its_reader(away: World, path: str) -> None:
    answer = away.signed_in("ann").get(path.format(recording=away.recording))
    assert answer.status_code == 503
    assert "Not just now" in answer.text
    assert "Signed in" in answer.text
    assert answer.headers["Retry-After"] == "5"


def test_signing_in_and_out_go_on(away: World) -> None:
    guest = away.guest()
    assert guest.get("/sign-in").status_code == 200
    document = {"email": "ann@acme.example", "password": PASSWORD}
    signed_in = guest.post("/api/v1/session", json=document)
    assert signed_in.status_code == 200
    assert signed_in.json["user"] | {"id": None} == {"id": None, "name": None, "email": None, "admin": False}
    ended = guest.delete("/api/v1/session", headers={"X-CSRF-Token": signed_in.json["csrf_token"]})
    assert ended.status_code == 204
    form = {"email": "ann@acme.example", "password": PASSWORD, "csrf_token": token_of(guest)}
    assert guest.post("/sign-in", data=form).status_code == 303
    assert guest.get("/healthz").status_code == 200


def token_of(guest: Any) -> str:
    return str(guest.get("/sign-in").text.partition('name="csrf_token" value="')[2].partition('"')[0])


def test_handing_over_goes_on(away: World) -> None:
    call = away.with_token("recorder").put("/api/v1/calls/while-away", data=json.dumps(CALL))
    assert call.status_code == 201


def test_what_is_not_there_looks_as_it_always_does(away: World) -> None:
    answer = away.signed_in("cy").get(f"/api/v1/recordings/{away.recording}")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
