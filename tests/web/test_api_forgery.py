"""Changes that another site's page has a browser send, and other ways round the token."""

from typing import Any

import pytest

from tests.web.acme import PASSWORD, Browser, World

ATTACKS: dict[str, tuple[dict[str, str | None], str]] = {
    "no token": ({"X-CSRF-Token": None}, "csrf"),
    "an empty token": ({"X-CSRF-Token": ""}, "csrf"),
    "a made-up token": ({"X-CSRF-Token": "IjEyMzQi.aaaa.bbbb"}, "csrf"),
    "another site's page": ({"Origin": "https://evil.example"}, "cross_site"),
    "a page without an origin": ({"Origin": "null"}, "cross_site"),
    "a page on another port of this host": ({"Origin": "http://localhost:8081"}, "cross_site"),
    "a host that begins like ours": ({"Origin": "http://localhost.evil.example"}, "cross_site"),
    "fetched from another site": ({"Sec-Fetch-Site": "cross-site"}, "cross_site"),
    "fetched from a sister site": ({"Sec-Fetch-Site": "same-site"}, "cross_site"),
}


@pytest.mark.parametrize(("headers", "code"), ATTACKS.values(), ids=ATTACKS)
def test_attacker_cannot_have_a_browser_send_changes(
    calm_world: World, headers: dict[str, Any], code: str
) -> None:
    ann, before = calm_world.signed_in("ann"), calm_world.count_rows()
    sent = {"X-CSRF-Token": ann.token, "Origin": "http://localhost"} | headers
    answer = ann.client.patch(
        f"/api/v1/recordings/{calm_world.recording}",
        json={"title": "Hacked"},
        headers={name: value for name, value in sent.items() if value is not None},
    )
    assert (answer.status_code, answer.json["code"]) == (403, code)
    assert calm_world.count_rows() == before
    assert ann.get(f"/api/v1/recordings/{calm_world.recording}").json["title"] == "Weekly, budget"


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Basic YTpi"])
def test_attacker_cannot_switch_the_walls_off_with_a_header_that_stands_for_nobody(
    calm_world: World, header: str
) -> None:
    ann, before = calm_world.signed_in("ann"), calm_world.count_rows()
    for origin in ("https://evil.example", "http://localhost"):
        answer = ann.client.patch(
            f"/api/v1/recordings/{calm_world.recording}",
            json={"title": "Hacked"},
            headers={"Authorization": header, "Origin": origin},
        )
        assert answer.status_code in {401, 403}
    assert calm_world.count_rows() == before
    assert ann.get(f"/api/v1/recordings/{calm_world.recording}").json["title"] == "Weekly, budget"


def test_attacker_cannot_send_the_token_as_a_form_field_of_the_api(calm_world: World) -> None:
    ann = calm_world.signed_in("ann")
    answer = ann.client.delete(f"/api/v1/recordings/{calm_world.recording}", data={"csrf_token": ann.token})
    assert (answer.status_code, answer.json["code"]) == (403, "csrf")


def test_attacker_cannot_use_the_token_of_their_own_session(calm_world: World) -> None:
    answer = calm_world.signed_in("ann").client.delete(
        f"/api/v1/recordings/{calm_world.recording}",
        headers={"X-CSRF-Token": calm_world.signed_in("bo").token},
    )
    assert (answer.status_code, answer.json["code"]) == (403, "csrf")


def test_attacker_who_plants_the_cookie_of_their_own_token_gains_nothing(world: World) -> None:
    ann, bo = world.signed_in("ann"), world.signed_in("bo")
    ann.client.set_cookie("recstore_form", bo.client.get_cookie("recstore_form").value)
    answer = ann.client.delete(f"/api/v1/recordings/{world.recording}", headers={"X-CSRF-Token": bo.token})
    assert (answer.status_code, answer.json["code"]) == (403, "csrf")


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_attacker_cannot_sign_somebody_in_as_themselves(calm_world: World, header: dict[str, str]) -> None:
    answer = calm_world.guest().post(
        "/api/v1/session", json={"email": "bo@acme.example", "password": PASSWORD}, headers=header
    )
    assert (answer.status_code, answer.json["code"]) == (403, "cross_site")
    assert "Set-Cookie" not in answer.headers


def test_a_browser_gets_its_token_again(world: World) -> None:
    ann = Browser.sign_in(world.guest(), "ann")
    ann.client.delete_cookie("recstore_form")
    ann.token = ann.get("/api/v1/session").json["csrf_token"]
    answer = ann.send("PATCH", f"/api/v1/recordings/{world.recording}", json={"title": "Mine"})
    assert answer.status_code == 200


def test_a_token_in_the_header_needs_no_token_against_forgery(calm_world: World) -> None:
    answer = calm_world.with_token("recorder").put("/api/v1/calls/call-1", data=b"{")
    assert answer.json["code"] == "not_json"
