"""Case 18 of the sharing rules: one address in another letter case is the same user; with a tag, another."""

import pytest

from recstore.model import Scope
from tests.films import FTYP
from tests.web.acme import CALL, PASSWORD, World

SAME = ("BO@ACME.EXAMPLE", "Bo@Acme.Example", " bo@acme.example ")
ANOTHER = ("bo+tag@acme.example", "b.o@acme.example", "bo@mail.acme.example", "bo@acme.example.evil")


def hand_over(world: World, ref: str, address: str) -> str:
    """Hand over a call in which `address` took part, over HTTP; gives the recording's path."""
    roster = [CALL["participants"][0], CALL["participants"][1] | {"authenticated": address}]
    recorder = world.with_token("recorder")
    put = recorder.put(f"/api/v1/calls/{ref}", json=CALL | {"participants": roster})
    assert put.status_code == 201, put.text
    return "/api/v1/recordings/" + recorder.put(f"/api/v1/calls/{ref}/recordings/r", data=FTYP).json["id"]


@pytest.mark.parametrize("address", SAME)
def test_in_another_spelling_it_is_the_same_user_at_hand_over(world: World, address: str) -> None:
    path = hand_over(world, "spelled", address)
    assert world.signed_in("bo").get(path).json["my"]["relations"] == ["participant"]


@pytest.mark.parametrize("address", ANOTHER)
def test_attacker_takes_part_under_an_address_like_anothers(world: World, address: str) -> None:
    path = hand_over(world, "alike", address)
    assert world.signed_in("bo").get(path).status_code == 404


def test_with_a_tag_it_is_a_user_of_its_own(world: World) -> None:
    world.recstore.accounts.create_user(
        world.account, email="Bo+Tag@acme.example", name="Bo Tag", admin=False, password=PASSWORD
    )
    path = hand_over(world, "tagged", "bo+tag@ACME.example")
    assert world.signed_in("bo+TAG").get(path).status_code == 200
    assert world.signed_in("bo").get(path).status_code == 404


@pytest.mark.parametrize("address", SAME)
def test_in_another_spelling_it_is_the_same_user_at_sign_in(world: World, address: str) -> None:
    answer = world.guest().post("/api/v1/session", json={"email": address, "password": PASSWORD})
    assert (answer.status_code, answer.json["user"]["id"]) == (200, str(world.users["bo"]))


@pytest.mark.parametrize("address", ANOTHER)
def test_attacker_signs_in_under_an_address_like_anothers(world: World, address: str) -> None:
    answer = world.guest().post("/api/v1/session", json={"email": address, "password": PASSWORD})
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_refused")


def test_a_token_in_another_spelling_is_the_same_users(world: World) -> None:
    made = world.recstore.accounts.create_token(world.account, scope=Scope.READ, user_email="BO@acme.example")
    client = world.app.test_client()
    answer = client.get("/api/v1/session", headers={"Authorization": f"Bearer {made.token}"})
    assert answer.json["user"]["id"] == str(world.users["bo"])
