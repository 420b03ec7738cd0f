"""The drawn page "who can see this, and why": exact, for keepers alone, and readable without seeing it."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.web.acme import World


def branches(page: str) -> dict[str, list[str]]:
    """Give the names under each heading of the drawing, as a screen reader comes to them."""
    found: dict[str, list[str]] = {}
    for part in page.split('<li class="branch')[1:]:
        [heading] = re.findall(r"</span>([^<]+) <span class=\"chip\">", part)
        found[heading] = re.findall(r"<strong>([^<]+)</strong>", part)
    return found


@pytest.mark.parametrize("who", ["ann", "ada"])
@pytest.mark.parametrize("kind", ["recording", "transcript"])
def test_people_are_grouped_by_reason_and_those_never_possible_are_shown_so(
    calm_world: World, who: str, kind: str
) -> None:
    item_id = calm_world.recording if kind == "recording" else calm_world.transcript
    answer = calm_world.signed_in(who).get(f"/{kind}s/{item_id}/access")
    assert answer.status_code == 200
    assert branches(answer.text) == {
        "Responsible": ["Ann"],
        "Was in the call": ["Bo"],
        "Admin, by review only": ["Ada"],
        "Taken out, or access ended": ["Eve"],
        "Deactivated: never": ["Ira"],
        "Guest: never": ["Bo (guest)"],
    }
    assert "3 people can see it" in answer.text


def test_the_drawing_names_the_people_that_the_api_names(calm_world: World) -> None:
    browser, path = calm_world.signed_in("ann"), f"recordings/{calm_world.recording}/access"
    drawn = branches(browser.get(f"/{path}").text)
    told = browser.get(f"/api/v1/{path}").json
    names = [one["user"]["name"] for one in told["people"]] + [one["name"] for one in told["outside"]]
    assert sorted(name for people in drawn.values() for name in people) == sorted(names)


def test_the_api_tells_who_of_the_call_cannot_and_who_never_can(calm_world: World) -> None:
    path = f"/api/v1/recordings/{calm_world.recording}/access"
    outside = calm_world.signed_in("ada").get(path).json["outside"]
    assert [(one["name"], one["through"], one["because"]) for one in outside] == [
        ("Bo (guest)", "guest", "took part as a guest; nothing is ever open to guests"),
        ("Eve", "excluded", "was taken out by the responsible person"),
        ("Ira", "inactive", "is deactivated"),
    ]
    assert [bool(one["user"]) for one in outside] == [False, True, True]


def test_an_end_date_is_in_the_drawing(world: World) -> None:
    until = (world.clock() + timedelta(days=400)).replace(hour=0, minute=0, second=0, microsecond=0)
    path = f"/recordings/{world.recording}"
    shared = world.signed_in("ann").send(
        "PUT", f"/api/v1{path}/shares/{world.users['cy']}",
        json={"access": "shared", "until": until.isoformat()},
    )  # fmt: skip
    assert shared.status_code == 200
    last = until - timedelta(days=1)
    page = world.signed_in("ann").get(f"{path}/access").text
    assert f"opens it, until {last.day} {last:%b %Y}" in page
    assert page.count(", until ") == 1


def test_attacker_gets_no_drawing(calm_world: World) -> None:
    path = "/recordings/{}/access"
    assert calm_world.signed_in("bo").get(path.format(calm_world.recording)).status_code == 403
    for who in ("cy", "eve", "otto"):
        hidden = calm_world.signed_in(who).get(path.format(calm_world.recording))
        nothing = calm_world.signed_in(who).get(path.format(uuid4()))
        assert (hidden.status_code, plain(hidden.text)) == (404, plain(nothing.text))


def plain(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


@pytest.mark.parametrize("page", ["recordings/{}", "recordings/{}/shares", "admin/recordings/{}"])
def test_the_way_to_it_is_on_the_items_pages(calm_world: World, page: str) -> None:
    who = "ada" if page.startswith("admin") or page == "recordings/{}" else "ann"
    text = calm_world.signed_in(who).get(f"/{page.format(calm_world.recording)}").text
    assert f"/recordings/{calm_world.recording}/access" in text
