"""Who gets what, route by route; and "not yours" is the very same answer as "not there"."""

from uuid import uuid4

import pytest

from tests.films import film_of
from tests.web.acme import World

VIEWERS = ("guest", "otto", "ira", "cy", "eve", "bo", "ann", "ada", "token:recorder", "token:bo")

# route → the status that each of VIEWERS gets. Changes are asked for so that they change nothing if allowed.
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    #                               guest otto ira  cy   eve  bo   ann  ada  rec  bo's token
    ("GET", "recordings/{r}"):      (401, 404, 401, 404, 404, 200, 200, 200, 403, 200),
    ("GET", "recordings/{r}/media"): (401, 404, 401, 404, 404, 200, 200, 403, 403, 200),
    ("HEAD", "recordings/{r}/media"): (401, 404, 401, 404, 404, 200, 200, 403, 403, 200),
    ("GET", "recordings/{r}/media?download=1"): (401, 404, 401, 404, 404, 403, 200, 403, 403, 403),
    ("GET", "recordings/{r}/shares"): (401, 404, 401, 404, 404, 403, 200, 403, 403, 403),
    ("GET", "recordings/{r}/access"): (401, 404, 401, 404, 404, 403, 200, 200, 403, 403),
    ("GET", "recordings/{r}/reviews"): (401, 404, 401, 404, 404, 403, 200, 200, 403, 403),
    ("POST", "recordings/{r}/access-requests"): (401, 400, 401, 400, 400, 400, 400, 400, 403, 403),
    ("GET", "recordings/{r}/access-requests"): (401, 404, 401, 404, 404, 403, 200, 403, 403, 403),
    ("PUT", "recordings/{r}/access-requests/{nobody}"): (401, 404, 401, 404, 404, 403, 400, 403, 403, 403),
    ("GET", "access-requests"):     (401, 200, 401, 200, 200, 200, 200, 200, 403, 200),
    ("POST", "recordings/{r}/what-if"): (401, 404, 401, 404, 404, 403, 200, 403, 403, 403),
    ("PATCH", "recordings/{r}"):    (401, 404, 401, 404, 404, 403, 400, 403, 403, 403),
    ("PUT", "recordings/{r}/shares/{nobody}"): (401, 404, 401, 404, 404, 403, 400, 403, 403, 403),
    ("DELETE", "recordings/{r}/shares/{nobody}"): (401, 404, 401, 404, 404, 403, 204, 403, 403, 403),
    ("POST", "recordings/{r}/restore"): (401, 404, 401, 404, 404, 403, 403, 400, 403, 403),
    ("GET", "transcripts/{t}"):     (401, 404, 401, 404, 404, 200, 200, 200, 403, 200),
    ("GET", "transcripts/{t}/messages"): (401, 404, 401, 404, 404, 200, 200, 403, 403, 200),
    ("GET", "recordings"):          (401, 200, 401, 200, 200, 200, 200, 200, 403, 200),
    ("GET", "directory"):           (401, 200, 401, 200, 200, 200, 200, 200, 403, 200),
    ("GET", "session"):             (401, 200, 401, 200, 200, 200, 200, 200, 403, 200),
    ("GET", "explain?action=open&item={r}"): (401, 200, 401, 200, 200, 200, 200, 200, 403, 200),
    ("GET", "openapi.json"):        (200, 200, 200, 200, 200, 200, 200, 200, 200, 200),
    ("GET", "admin/recordings"):    (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("GET", "admin/recordings/{r}/media"): (401, 404, 401, 404, 404, 404, 404, 403, 403, 404),
    ("GET", "admin/transcripts/{t}/messages"): (401, 404, 401, 404, 404, 404, 404, 403, 403, 404),
    ("GET", "admin/recordings/{r}/reviews"): (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("PUT", "admin/recordings/{r}/responsible"): (401, 404, 401, 404, 404, 404, 404, 400, 403, 404),
    ("POST", "admin/reviews"):      (401, 404, 401, 404, 404, 404, 404, 400, 403, 404),
    ("GET", "admin/journal"):       (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("GET", "admin/settings"):      (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("PATCH", "admin/settings"):    (401, 404, 401, 404, 404, 404, 404, 400, 403, 404),
    ("GET", "admin/users"):         (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("GET", "admin/domains"):       (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("POST", "admin/domains"):      (401, 404, 401, 404, 404, 404, 404, 400, 403, 404),
    ("PATCH", "admin/domains/{nobody}"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("DELETE", "admin/domains/{nobody}"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("POST", "admin/domains/{nobody}/check"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("GET", "admin/settings/existing?switch=auto_share&on=true"): (
        401, 404, 401, 404, 404, 404, 404, 200, 403, 404,
    ),
    ("POST", "admin/settings/existing"): (401, 404, 401, 404, 404, 404, 404, 409, 403, 404),
    ("GET", "admin/vmrs"):          (401, 404, 401, 404, 404, 404, 404, 200, 403, 404),
    ("GET", "admin/vmrs/{nobody}"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("PATCH", "admin/vmrs/{nobody}"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("GET", "admin/vmrs/{nobody}/existing?on=false"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("POST", "admin/vmrs/{nobody}/existing"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("PATCH", "admin/users/{nobody}"): (401, 404, 401, 404, 404, 404, 404, 404, 403, 404),
    ("PUT", "calls/call-1"):        (401, 403, 401, 403, 403, 403, 403, 403, 400, 403),
    ("PUT", "calls/call-1/recordings/rec-1"): (401, 403, 401, 403, 403, 403, 403, 403, 409, 403),
    ("PUT", "calls/call-1/transcripts/chat-1"): (401, 403, 401, 403, 403, 403, 403, 403, 400, 403),
}  # fmt: skip
BODIES = {
    "PUT recordings/{r}/shares/{nobody}": {"access": "shared"},
    "POST recordings/{r}/what-if": {"change": "edit", "download": True},
    "POST recordings/{r}/access-requests": {"note": "x" * 501},
    "PUT recordings/{r}/access-requests/{nobody}": {"answer": "decline"},
    "PATCH recordings/{r}": {"title": " "},
    "PATCH admin/users/{nobody}": {"active": False},
    "POST admin/settings/existing": {"switch": "auto_share", "on": True},
    "PATCH admin/vmrs/{nobody}": {"auto_share": False},
    "POST admin/vmrs/{nobody}/existing": {"on": True},
    "POST admin/domains": {"domain": "gmail.com"},
    "PATCH admin/domains/{nobody}": {"enabled": True},
    "PUT admin/recordings/{r}/responsible": {"user_id": "{nobody}"},
}


def path_of(world: World, route: str) -> str:
    return "/api/v1/" + route.format(r=world.recording, t=world.transcript, nobody=uuid4())


@pytest.mark.parametrize(("method", "route"), MATRIX, ids=lambda word: word)
def test_who_gets_what(calm_world: World, method: str, route: str) -> None:
    before = calm_world.count_rows()
    body = BODIES.get(f"{method} {route}", {})
    document = {key: str(uuid4()) if value == "{nobody}" else value for key, value in body.items()}
    path = path_of(calm_world, route)
    got = {
        who: calm_world.send(who, method, path, json=document if method not in {"GET", "HEAD"} else None)
        for who in VIEWERS
    }
    expected = dict(zip(VIEWERS, MATRIX[method, route], strict=True))
    assert {who: answer.status_code for who, answer in got.items()} == expected
    if method not in {"GET", "HEAD"}:
        assert calm_world.count_rows() == before


def test_every_route_of_the_api_stands_in_the_matrix(calm_world: World) -> None:
    adapter = calm_world.app.url_map.bind("localhost")
    asked = [(path_of(calm_world, route).partition("?")[0], method) for method, route in MATRIX]
    tested = {without_kind(adapter.match(path, method)[0]) for path, method in asked}
    served = {without_kind(rule.endpoint) for rule in calm_world.app.url_map.iter_rules()}
    assert {endpoint for endpoint in served if endpoint.startswith("api_")} - tested == {
        "api_session.sign_in", "api_session.sign_out", "api_items.bin_item",
        "api_health.is_alive", "api_health.is_ready", "api_health.get_metrics",
    }  # fmt: skip


def without_kind(endpoint: str) -> str:
    return endpoint.removesuffix("_recording").removesuffix("_transcript")


HIDDEN = [
    ("GET", "recordings/{}"),
    ("GET", "recordings/{}/media"),
    ("HEAD", "recordings/{}/media"),
    ("GET", "recordings/{}/shares"),
    ("GET", "recordings/{}/access"),
    ("GET", "recordings/{}/reviews"),
    ("PATCH", "recordings/{}"),
    ("DELETE", "recordings/{}"),
    ("POST", "recordings/{}/restore"),
    ("GET", "admin/recordings/{}/media"),
    ("GET", "explain?action=open&item={}"),
]


@pytest.mark.parametrize("who", ["cy", "eve", "otto"])
@pytest.mark.parametrize(("method", "route"), HIDDEN)
def test_attacker_cannot_tell_not_yours_from_not_there(
    calm_world: World, who: str, method: str, route: str
) -> None:
    options = {"json": {"title": "x"}} if method == "PATCH" else {}
    yours, there, other_kind = (
        calm_world.send(who, method, f"/api/v1/{route.format(item_id)}", **options)
        for item_id in (calm_world.recording, uuid4(), calm_world.transcript)
    )
    assert yours.status_code == (200 if route.startswith("explain") else 404)
    for answer in (there, other_kind):
        assert (answer.status_code, answer.data) == (yours.status_code, yours.data)
        assert sorted(answer.headers.items()) == sorted(yours.headers.items())


def test_an_id_that_is_none_is_not_there_either(calm_world: World) -> None:
    wrong = calm_world.signed_in("bo").get("/api/v1/recordings/1-or-2")
    absent = calm_world.signed_in("bo").get(f"/api/v1/recordings/{uuid4()}")
    unknown = calm_world.signed_in("bo").get("/api/v1/no-such-thing")
    assert wrong.status_code == 404
    assert wrong.data == absent.data == unknown.data
    assert wrong.content_type == "application/problem+json"


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
