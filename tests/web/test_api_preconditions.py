"""`If-Match` on changes: what cannot be held to a state is refused, and not done all the same."""

from uuid import uuid4

import pytest

from tests.web.acme import World

# title → (who, method, path, body): changes that are done without the header
CHANGES = {
    "a title": ("ann", "PATCH", "/api/v1/recordings/{recording}", {"title": "Mine"}),
    "the bin": ("ann", "DELETE", "/api/v1/recordings/{recording}", None),
    "a share": ("ann", "PUT", "/api/v1/recordings/{recording}/shares/{cy}", {"access": "shared"}),
    "a share taken back": ("ann", "DELETE", "/api/v1/recordings/{recording}/shares/{eve}", None),
    "who is responsible": (
        "ada", "PUT", "/api/v1/admin/recordings/{recording}/responsible", {"user_id": "{cy}"},
    ),
    "the account's switches": ("ada", "PATCH", "/api/v1/admin/settings", {"chat": False}),
}  # fmt: skip


def change(world: World, title: str, tag: str | None, item: str | None = None) -> int:
    who, method, path, body = CHANGES[title]
    named = {name: str(one) for name, one in world.users.items()} | {
        "recording": item or str(world.recording)
    }
    filled = {name: named["cy"] if value == "{cy}" else value for name, value in (body or {}).items()}
    headers = {"If-Match": tag} if tag else {}
    answer = world.send(who, method, path.format(**named), json=filled if body else None, headers=headers)
    if answer.status_code == 412:
        assert answer.json["code"] == "precondition_failed"
    status: int = answer.status_code
    return status


@pytest.mark.parametrize("title", CHANGES)
def test_a_change_meant_for_a_known_state_is_refused_and_not_done_unseen(world: World, title: str) -> None:
    before, told = world.count_rows(), len(world.events())
    assert change(world, title, '"a-tag"') == 412
    assert change(world, title, 'W/"a-tag", "another"') == 412
    assert (world.count_rows(), len(world.events())) == (before, told)
    assert change(world, title, "*") < 300


def test_whether_the_item_is_there_makes_no_difference(calm_world: World) -> None:
    for item in (calm_world.recording, uuid4()):
        assert change(calm_world, "a title", '"a-tag"', item=str(item)) == 412


def test_who_may_not_come_at_all_is_told_so_first(calm_world: World) -> None:
    path, headers = f"/api/v1/recordings/{calm_world.recording}", {"If-Match": '"a-tag"'}
    assert calm_world.guest().patch(path, json={"title": "x"}, headers=headers).status_code == 401
    assert calm_world.with_token("bo").patch(path, json={"title": "x"}, headers=headers).status_code == 403
