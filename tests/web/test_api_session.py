"""Sessions: what signing in gives, what ends one, and what a guesser meets."""

from datetime import timedelta
from time import perf_counter

import pytest

from recstore.model import Scope
from tests.web.acme import PASSWORD, Browser, World


def sign_in(world: World, email: str, password: str) -> object:
    return world.guest().post("/api/v1/session", json={"email": email, "password": password})


def test_signing_in_says_who_it_is_and_gives_a_token(world: World) -> None:
    answer = sign_in(world, "Ann@ACME.example", PASSWORD)
    assert answer.status_code == 200
    assert answer.json["user"] == {
        "id": str(world.users["ann"]),
        "name": "Ann",
        "email": "ann@acme.example",
        "admin": False,
    }
    assert answer.json["csrf_token"]


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World, secure: bool) -> None:
    object.__setattr__(world.recstore.settings, "secure_cookies", secure)
    world.app.config["SESSION_COOKIE_SECURE"] = secure
    cookies = sign_in(world, "ann@acme.example", PASSWORD).headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["recstore_form", "recstore_session"]
    for cookie in cookies:
        attributes = {part.strip() for part in cookie.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
        assert ("Secure" in attributes) is secure
        assert not any(part.startswith("Domain") for part in attributes)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ann@acme.example", "wrong horse battery", id="wrong password"),
        pytest.param("nobody@acme.example", PASSWORD, id="unknown address"),
        pytest.param("ira@acme.example", PASSWORD, id="deactivated user"),
    ],
)
def test_refusals_are_all_alike(world: World, email: str, password: str) -> None:
    answer = sign_in(world, email, password)
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_refused")
    assert answer.json["detail"] == "The address or the password is not right."
    assert "Set-Cookie" not in answer.headers


def test_attacker_cannot_tell_users_by_the_time_that_a_refusal_takes(world: World) -> None:
    def seconds(email: str) -> float:
        began = perf_counter()
        sign_in(world, email, "wrong horse battery")
        return perf_counter() - began

    known = min(seconds("ann@acme.example") for _ in range(3))
    unknown = min(seconds(f"nobody-{number}@acme.example") for number in range(3))
    assert 0.5 < known / unknown < 2


def test_attacker_who_guesses_is_slowed_down_and_the_right_password_too(world: World) -> None:
    for _ in range(8):
        assert sign_in(world, "ann@acme.example", "wrong horse battery").status_code == 401
    answer = sign_in(world, "ann@acme.example", PASSWORD)
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_attempts")
    assert answer.headers["Retry-After"] == "900"
    assert sign_in(world, "bo@acme.example", PASSWORD).status_code == 200
    world.clock.ahead = timedelta(minutes=16)
    assert sign_in(world, "ann@acme.example", PASSWORD).status_code == 200


def test_attacker_cannot_escape_throttling_by_claiming_other_addresses(world: World) -> None:
    for number in range(8):
        world.guest().post(
            "/api/v1/session",
            json={"email": "ann@acme.example", "password": "wrong horse battery"},
            headers={"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"},
        )
    assert sign_in(world, "ann@acme.example", PASSWORD).status_code == 429


def test_signing_out_ends_the_session_and_not_only_the_cookie(world: World) -> None:
    bo = world.signed_in("bo")
    stolen = bo.client.get_cookie("recstore_session").value
    assert bo.send("DELETE", "/api/v1/session").status_code == 204
    assert bo.client.get_cookie("recstore_session") is None
    thief = world.guest()
    thief.set_cookie("recstore_session", stolen)
    assert thief.get(world.media_url).status_code == 401


def test_signing_in_again_ends_the_session_before(world: World) -> None:
    bo = world.signed_in("bo")
    before = bo.client.get_cookie("recstore_session").value
    answer = bo.client.post("/api/v1/session", json={"email": "ann@acme.example", "password": PASSWORD})
    assert answer.json["user"]["name"] == "Ann"
    old = world.guest()
    old.set_cookie("recstore_session", before)
    assert old.get("/api/v1/session").status_code == 401


def test_a_session_ends_by_itself(world: World) -> None:
    bo = world.signed_in("bo")
    world.clock.ahead = timedelta(hours=12, seconds=1)
    assert bo.get("/api/v1/session").status_code == 401


def test_deactivation_ends_sessions_for_good(world: World) -> None:
    bo, ada = world.signed_in("bo"), world.signed_in("ada")
    path = f"/api/v1/admin/users/{world.users['bo']}"
    assert bo.get(world.media_url).status_code == 200
    assert ada.send("PATCH", path, json={"active": False}).status_code == 200
    assert bo.get(world.media_url).status_code == 401
    assert ada.send("PATCH", path, json={"active": True}).json["active"] is True
    assert bo.get(world.media_url).status_code == 401
    again = Browser.sign_in(world.guest(), "bo")
    assert again.get(world.media_url).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer", "Basic YW5uOmFubg==", "bearer\tx", "Bearer " + "x" * 5000],
    ids=["unknown token", "no token", "another scheme", "a tab", "a very long token"],
)
def test_a_bad_token_is_nobody_even_beside_a_good_cookie(calm_world: World, header: str) -> None:
    answer = calm_world.signed_in("bo").get("/api/v1/session", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_read_token_reads_and_changes_nothing(world: World) -> None:
    ann = world.with_token("ann")
    assert ann.get(world.media_url).status_code == 200
    before = world.count_rows()
    for method, path in (
        ("PATCH", f"/api/v1/recordings/{world.recording}"),
        ("DELETE", f"/api/v1/recordings/{world.recording}"),
        ("DELETE", "/api/v1/session"),
    ):
        answer = ann.open(path, method=method, json={"title": "x"})
        assert (answer.status_code, answer.json["code"]) == (403, "read_only")
    assert world.count_rows() == before
    assert world.signed_in("ann").get(f"/api/v1/recordings/{world.recording}").json["title"] != "x"


def test_a_token_of_a_deactivated_user_is_worth_nothing(world: World) -> None:
    client = world.guest()
    token = world.recstore.accounts.create_token(
        world.account, scope=Scope.READ, user_email="ira@acme.example"
    ).token
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/session", headers=headers).status_code == 401
