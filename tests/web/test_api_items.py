"""Changing items over the API: edits, shares, bin; and what cannot be taken."""

from typing import Any
from uuid import uuid4

import pytest

from tests.web.acme import World

BAD_EDITS: dict[str, tuple[Any, str]] = {
    "nothing named": ({}, "bad_document"),
    "a misspelt field": ({"titel": "x"}, "bad_document"),
    "an empty title": ({"title": "  "}, "bad_title"),
    "a title beyond reason": ({"title": "x" * 1001}, "bad_document"),
    "a title with a NUL": ({"title": "a\0b"}, "bad_document"),
    "half a character": ({"title": "\ud800"}, "bad_document"),
    "a switch that is a word": ({"download": "yes"}, "bad_document"),
    "a switch that is a number": ({"auto_share": 1}, "bad_document"),
    "a list": ([], "bad_document"),
}


@pytest.mark.parametrize(("document", "code"), BAD_EDITS.values(), ids=BAD_EDITS)
def test_bad_edit(calm_world: World, document: Any, code: str) -> None:
    path, before = f"/api/v1/recordings/{calm_world.recording}", calm_world.events()
    answer = calm_world.signed_in("ann").send("PATCH", path, json=document)
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert calm_world.signed_in("ann").get(path).json["title"] == "Weekly, budget"
    assert calm_world.events() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"{", "not_json", id="not JSON"),
        pytest.param(b"", "not_json", id="nothing"),
        pytest.param(b"[" * 100_000, "bad_document", id="nested beyond reason"),
        pytest.param(b'{"title": "\xff"}', "not_json", id="not UTF-8"),
    ],
)
def test_bad_body(calm_world: World, body: bytes, code: str) -> None:
    path = f"/api/v1/recordings/{calm_world.recording}"
    answer = calm_world.signed_in("ann").send("PATCH", path, data=body)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_a_document_larger_than_any_is_refused(calm_world: World) -> None:
    path = f"/api/v1/recordings/{calm_world.recording}"
    answer = calm_world.signed_in("ann").send("PATCH", path, data=b" " * ((1 << 20) + 1))
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_edit(world: World) -> None:
    path, ann, bo = f"/api/v1/recordings/{world.recording}", world.signed_in("ann"), world.signed_in("bo")
    edited = ann.send("PATCH", path, json={"title": "Budget", "download": True}).json
    assert (edited["title"], edited["download"]) == ("Budget", True)
    assert "download" in bo.get(path).json["my"]["actions"]
    ann.send("PATCH", path, json={"auto_share": False})
    assert bo.get(path).status_code == 404


BAD_SHARES: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "with oneself": ("ann", {"access": "shared"}, 400, "share_with_self"),
    "without oneself": ("ann", {"access": "excluded"}, 400, "exclude_self"),
    "with a deactivated user": ("ira", {"access": "shared"}, 400, "user_inactive"),
    "with somebody of another account": ("otto", {"access": "shared"}, 400, "user_unknown"),
    "with nobody": ("nobody", {"access": "shared"}, 400, "user_unknown"),
    "until yesterday": ("cy", {"access": "shared", "until": "2020-01-01T00:00:00Z"}, 400, "until_in_past"),
    "until a time without a zone": (
        "cy",
        {"access": "shared", "until": "2099-01-01T00:00"},
        400,
        "bad_document",
    ),
    "until beyond the calendar": (
        "cy",
        {"access": "shared", "until": "9999-12-31T23:59:59-14:00"},
        400,
        "bad_document",
    ),
    "until a number": ("cy", {"access": "shared", "until": 4102444800}, 400, "bad_document"),
    "in an unknown way": ("cy", {"access": "lent"}, 400, "bad_document"),
    "in no way": ("cy", {}, 400, "bad_document"),
}


@pytest.mark.parametrize(("who", "document", "status", "code"), BAD_SHARES.values(), ids=BAD_SHARES)
def test_bad_share(calm_world: World, who: str, document: dict[str, Any], status: int, code: str) -> None:
    ann, before = calm_world.signed_in("ann"), calm_world.count_rows()
    user_id = calm_world.users.get(who, uuid4())
    answer = ann.send("PUT", f"/api/v1/recordings/{calm_world.recording}/shares/{user_id}", json=document)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert calm_world.count_rows() == before


def test_sharing_and_taking_back(world: World) -> None:
    ann, cy, item = world.signed_in("ann"), world.signed_in("cy"), f"/api/v1/recordings/{world.recording}"
    share = f"{item}/shares/{world.users['cy']}"
    document = {"access": "shared", "until": "2099-01-01T00:00:00+01:00", "download": True}
    assert ann.send("PUT", share, json=document).json == {
        "user": {"id": str(world.users["cy"]), "name": "Cy", "email": "cy@acme.example"},
        "access": "shared",
        "until": "2098-12-31T23:00:00Z",
        "download": True,
    }
    assert cy.get(f"{item}/media?download=1").status_code == 200
    assert [line["user"]["name"] for line in ann.get(f"{item}/shares").json["items"]] == ["Cy", "Eve"]
    assert ann.send("DELETE", share).status_code == 204
    assert cy.get(item).status_code == 404
    assert world.events().count("shared") == 1


def test_bin_and_back(world: World) -> None:
    ann, bo, item = world.signed_in("ann"), world.signed_in("bo"), f"/api/v1/recordings/{world.recording}"
    assert ann.send("DELETE", item).status_code == 204
    assert bo.get(item).status_code == 404
    assert ann.get(f"{item}/media").status_code == 403
    assert ann.get(item).json["states"] == ["auto-shared", "in-bin"]
    assert ann.send("POST", f"{item}/restore").status_code == 200
    assert bo.get(f"{item}/media").status_code == 200


def test_the_directory_shows_colleagues(calm_world: World) -> None:
    answer = calm_world.signed_in("cy").get("/api/v1/directory?q=e")
    assert "eve@acme.example" in {user["email"] for user in answer.json["items"]}
    assert "otto@other.example" not in answer.text
    assert "ira@acme.example" not in answer.text
