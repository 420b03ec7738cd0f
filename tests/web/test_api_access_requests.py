"""Requests for access over the API and through the pages: what askers are told, and who may answer."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from recstore.access_requests import MOST_AN_HOUR
from tests.web.acme import PASSWORD, World


def ask(
    world: World, who: str, item_id: UUID | None = None, kind: str = "recording", **body: object
) -> object:
    path = f"/api/v1/{kind}s/{item_id or world.recording}/access-requests"
    return world.signed_in(who).send("POST", path, json=body)


def waiting(world: World, who: str) -> list[tuple[str, str, bool]]:
    items = world.signed_in(who).get("/api/v1/access-requests").json["items"]
    return [(one["user"]["name"], one["item"]["title"], one["may_answer"]) for one in items]


def test_a_colleague_asks_and_is_let_in(world: World) -> None:
    assert ask(world, "cy", note="For the minutes").status_code == 202
    assert waiting(world, "ann") == [("Cy", "Weekly, budget", True)]
    path = f"/api/v1/recordings/{world.recording}"
    [listed] = world.signed_in("ann").get(f"{path}/access-requests").json["items"]
    assert (listed["user"]["name"], listed["note"]) == ("Cy", "For the minutes")
    answered = world.signed_in("ann").send(
        "PUT", f"{path}/access-requests/{world.users['cy']}", json={"answer": "accept"}
    )
    assert (answered.status_code, answered.data) == (204, b"")
    assert world.signed_in("cy").get(path).status_code == 200
    assert world.events()[-3:] == ["access-asked", "access-accepted", "shared"]


def test_a_colleague_asks_and_is_declined(world: World) -> None:
    ask(world, "cy")
    path = f"/api/v1/recordings/{world.recording}"
    before = world.signed_in("cy").get(path)
    world.signed_in("ann").send(
        "PUT", f"{path}/access-requests/{world.users['cy']}", json={"answer": "decline"}
    )
    after = world.signed_in("cy").get(path)
    assert (after.status_code, after.data) == (before.status_code, before.data) == (404, before.data)
    assert waiting(world, "ann") == []


@pytest.mark.parametrize("who", ["cy", "eve", "otto", "bo", "ann", "ada"])
def test_attacker_cannot_probe_what_is_there_by_asking(world: World, who: str) -> None:
    """Colleague, excluded, outsider, and those who see it: the same answer for every id and kind."""
    answers = [
        ask(world, who, item_id, kind)
        for item_id in (world.recording, world.transcript, uuid4())
        for kind in ("recording", "transcript")
        for _ in range(2)
    ]
    first = answers[0]
    assert first.status_code == 202
    assert first.json == {"state": "asked"}
    for answer in answers:
        assert (answer.status_code, answer.data) == (first.status_code, first.data)
        assert sorted(answer.headers.items()) == sorted(first.headers.items())


def test_attacker_who_was_taken_out_or_is_elsewhere_reaches_nobody(world: World) -> None:
    for who in ("eve", "otto"):
        ask(world, who, note="Let me in")
    assert waiting(world, "ann") == waiting(world, "ada") == waiting(world, "otto") == []


def test_attacker_who_floods_is_stopped_whatever_they_ask_for(world: World) -> None:
    for number in range(MOST_AN_HOUR):
        assert ask(world, "cy", uuid4() if number % 2 else None).status_code == 202
    told = [ask(world, "cy", item_id) for item_id in (world.recording, uuid4())]
    assert [answer.status_code for answer in told] == [429, 429]
    assert told[0].data == told[1].data
    assert told[0].headers["Retry-After"] == told[1].headers["Retry-After"] == "3600"


def test_an_admin_cannot_accept_by_being_admin(world: World) -> None:
    ask(world, "cy")
    path = f"/api/v1/recordings/{world.recording}/access-requests"
    assert waiting(world, "ada") == []
    assert world.signed_in("ada").get(path).json["code"] == "keepers_only"
    world.signed_in("ada").send("PATCH", f"/api/v1/admin/users/{world.users['ann']}", json={"active": False})
    assert waiting(world, "ada") == [("Cy", "Weekly, budget", False)]
    for answer in ("accept", "decline"):
        refused = world.signed_in("ada").send("PUT", f"{path}/{world.users['cy']}", json={"answer": answer})
        assert (refused.status_code, refused.json["code"]) == (403, "refused")
        assert "Name a responsible person" in refused.json["detail"]
    world.signed_in("ada").send(
        "PUT", f"/api/v1/admin/recordings/{world.recording}/responsible",
        json={"user_id": str(world.users["ada"])},
    )  # fmt: skip
    assert waiting(world, "ada") == [("Cy", "Weekly, budget", True)]


def test_what_waits_comes_page_by_page_oldest_first(world: World) -> None:
    for who in ("cy", "dan", "eli"):
        if who not in world.users:
            world.users[who] = add(world, who)
        ask(world, who)
    browser, cursor, found = world.signed_in("ann"), "", []
    for _ in range(3):
        page = browser.get(f"/api/v1/access-requests?limit=1{cursor}").json
        found += [one["user"]["name"] for one in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (found, page["next_cursor"]) == (["Cy", "Dan", "Eli"], None)
    wrong = browser.get("/api/v1/access-requests?cursor=x")
    assert (wrong.status_code, wrong.json["code"]) == (400, "bad_cursor")
    assert "Requests (3)" in browser.get("/").text


def test_a_page_of_requests_leads_to_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.requests.PAGE", 1)
    world.users["dan"] = add(world, "dan")
    for who in ("cy", "dan"):
        ask(world, who)
    ann = world.signed_in("ann")
    first = ann.get("/access-requests").text
    [later] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = ann.get(later).text
    assert ("<strong>Cy</strong>" in first, "<strong>Dan</strong>" in first) == (True, False)
    assert ("<strong>Dan</strong>" in second, 'rel="next"' in second) == (True, False)


def add(world: World, name: str) -> UUID:
    return world.recstore.accounts.create_user(
        world.account, email=f"{name}@acme.example", name=name.title(), admin=False, password=PASSWORD
    ).id


WRONG = {
    "a note that is too long": ({"note": "x" * 501}, "bad_note"),
    "a note with NUL": ({"note": "a\0b"}, "bad_document"),
    "a note that is no text": ({"note": 5}, "bad_document"),
    "an unknown field": ({"colour": "red"}, "bad_document"),
}


@pytest.mark.parametrize(("body", "code"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_taken_is_refused_alike_for_every_id(
    world: World, body: dict[str, Any], code: str
) -> None:
    there, nothing = (ask(world, "cy", item_id, **body) for item_id in (world.recording, uuid4()))
    assert (there.status_code, there.json["code"]) == (400, code)
    assert there.data == nothing.data


class TestPages:
    def test_the_page_of_a_hidden_item_is_that_of_none_to_the_last_byte(self, calm_world: World) -> None:
        for who in ("cy", "eve", "otto"):
            browser = calm_world.signed_in(who)
            pages = [
                browser.get(f"/{kind}s/{item_id}")
                for item_id in (calm_world.recording, calm_world.transcript, uuid4())
                for kind in ("recording", "transcript")
            ]
            told = {(page.status_code, without_token(page.text)) for page in pages}
            assert len(told) == 1
            assert "Request access" in pages[0].text
            assert len({len(page.data) for page in pages}) == 1

    @pytest.mark.parametrize("path", ["/no-such-page", "/recordings/1-or-2", "/admin"])
    def test_no_button_where_no_item_was_meant(self, calm_world: World, path: str) -> None:
        page = calm_world.signed_in("cy").get(path)
        assert page.status_code == 404
        assert "Request access" not in page.text

    def test_asking_by_the_button_says_the_same_whatever_the_id(self, world: World) -> None:
        browser, told = world.signed_in("cy"), set()
        for item_id in (world.recording, uuid4(), world.transcript):
            form = {"csrf_token": browser.token, "note": "Hello"}
            answer = browser.client.post(f"/recordings/{item_id}", data=form)
            assert (answer.status_code, answer.location) == (303, "/")
            told.add(without_token(browser.get("/").text))
        assert len(told) == 1
        assert "You asked." in told.pop()
        assert waiting(world, "ann") == [("Cy", "Weekly, budget", True)]

    def test_the_responsible_person_sees_a_count_and_answers(self, world: World) -> None:
        ann = world.signed_in("ann")
        assert "Requests (" not in ann.get("/").text
        ask(world, "cy", note="<b>Minutes</b>")
        assert "Requests (1)" in ann.get("/").text
        listed = ann.get("/access-requests").text
        assert "&lt;b&gt;Minutes" in listed
        assert "Asking for access" in ann.get(f"/recordings/{world.recording}/shares").text
        path = f"/recordings/{world.recording}/access-requests/{world.users['cy']}"
        form = {"csrf_token": ann.token, "answer": "accept", "until": "2999-12-31", "all": "1"}
        answer = ann.client.post(path, data=form)
        assert (answer.status_code, answer.location) == (303, "/access-requests")
        assert "Nobody is waiting" in ann.get("/access-requests").text
        assert "until 31 Dec 2999" in world.signed_in("cy").get("/").text

    def test_forged_answers_and_requests_are_refused(self, world: World) -> None:
        ask(world, "cy")
        for who, path in (
            ("cy", f"/recordings/{world.recording}"),
            ("ann", f"/recordings/{world.recording}/access-requests/{world.users['cy']}"),
        ):
            forged = world.signed_in(who).client.post(path, data={"answer": "accept"})
            assert forged.status_code == 403
        assert waiting(world, "ann") == [("Cy", "Weekly, budget", True)]


def without_token(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)
