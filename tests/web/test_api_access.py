"""What `matrix` does not walk: queries, pages of lists, and what an explanation says."""

from uuid import uuid4

import pytest

from tests.films import film_of
from tests.web.acme import World

# What routes can do without, so that the walk of `matrix` leaves it out.
MORE = ["recordings/{}/media?download=1", "transcripts/{}/messages?download=1", "recordings/{}?colour=red"]


@pytest.mark.parametrize("who", ["cy", "eve", "otto"])
@pytest.mark.parametrize("route", MORE)
def test_attacker_asks_for_more_of_what_is_not_theirs(calm_world: World, who: str, route: str) -> None:
    own = calm_world.transcript if route.startswith("transcripts") else calm_world.recording
    yours, there = (
        calm_world.send(who, "GET", f"/api/v1/{route.format(item_id)}") for item_id in (own, uuid4())
    )
    assert (yours.status_code, yours.data) == (there.status_code, there.data)
    assert sorted(yours.headers.items()) == sorted(there.headers.items())
    assert yours.status_code == 404


def test_explanation_of_a_hidden_item_has_no_facts(calm_world: World) -> None:
    answer = calm_world.signed_in("cy").get(f"/api/v1/explain?action=open&item={calm_world.recording}")
    assert (answer.json["allowed"], answer.json["rule"]) == (False, None)
    assert (answer.json["relations"], answer.json["states"]) == ([], [])


def test_the_responsible_person_is_told_who_can_see_it_and_why(calm_world: World) -> None:
    path = f"/api/v1/recordings/{calm_world.recording}/access"
    people = {line["user"]["name"]: line for line in calm_world.signed_in("ann").get(path).json["people"]}
    assert {name: line["rule"] for name, line in people.items()} == {
        "Ada": "admin-reviews",
        "Ann": "responsible-uses",
        "Bo": "participant-opens",
    }
    assert people["Bo"]["because"] == "was in the call"


def test_lists_have_pages(world: World) -> None:
    for number in range(3):
        token = world.with_token("recorder")
        put = token.put(f"/api/v1/calls/call-1/recordings/more-{number}", data=film_of(b"x" * (number + 1)))
        assert put.status_code == 201, put.text
    seen, cursor = [], ""
    while cursor is not None:
        page = world.signed_in("bo").get(f"/api/v1/recordings?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [item["ref"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == ["more-0", "more-1", "more-2", "rec-1"]


BAD_QUERIES = {
    "a limit of nothing": ("limit=0", "bad_query"),
    "a limit that is no number": ("limit=many", "bad_query"),
    "a time without a zone": ("from=2026-11-20T09:00:00", "bad_query"),
    "an unknown parameter": ("colour=red", "bad_query"),
    "an unknown way of sharing": ("shared=everybody", "bad_query"),
    "a foreign cursor": ("cursor=abc", "bad_cursor"),
}


@pytest.mark.parametrize(("query", "code"), BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_bad_query(calm_world: World, query: str, code: str) -> None:
    answer = calm_world.signed_in("bo").get(f"/api/v1/recordings?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, code)


@pytest.mark.parametrize(
    "named", ["bo@acme.example", "BO@Acme.example"], ids=["an address", "in other letters"]
)
def test_the_responsible_person_asks_about_somebody_by_address(calm_world: World, named: str) -> None:
    answer = calm_world.signed_in("ann").get(
        f"/api/v1/explain?viewer={named}&action=open&item={calm_world.recording}"
    )
    assert (answer.status_code, answer.json["rule"]) == (200, "participant-opens")
