"""What a change would do, over the API and on the pages that ask before it is made."""

import re
from typing import Any
from uuid import uuid4

import pytest

from recstore.catalog import items, people
from tests.web.acme import World


def attempt(world: World, who: str, item_id: object = None, **tried: Any) -> Any:
    path = f"/api/v1/recordings/{item_id or world.recording}/what-if"
    return world.signed_in(who).send("POST", path, json=tried)


def told(answer: Any) -> list[tuple[str, list[str], list[str]]]:
    assert answer.status_code == 200, answer.text
    return [(one["user"]["name"], one["gains"], one["loses"]) for one in answer.json["people"]]


OWN = ["share", "edit", "bin"]
SEEN = ["see", "open"]
TRIED: dict[str, tuple[str, dict[str, Any], list[tuple[str, list[str], list[str]]]]] = {
    "taking out": ("ann", {"change": "take-out", "user_id": "{bo}"}, [("Bo", [], SEEN)]),
    "taking back": ("ann", {"change": "take-back", "user_id": "{eve}"}, [("Eve", SEEN, [])]),
    "sharing": (
        "ann", {"change": "share", "user_id": "{cy}", "download": True}, [("Cy", [*SEEN, "download"], [])],
    ),
    "auto-share off": ("ann", {"change": "edit", "auto_share": False}, [("Bo", [], SEEN)]),
    "download on": ("ann", {"change": "edit", "download": True}, [("Bo", ["download"], [])]),
    "the bin": (
        "ann", {"change": "bin"},
        [("Ada", ["destroy"], []), ("Ann", ["restore"], ["open", "download", *OWN]), ("Bo", [], SEEN)],
    ),
    "a successor": (
        "ada", {"change": "appoint", "user_id": "{cy}"},
        [("Ann", [], ["download", *OWN]), ("Cy", [*SEEN, "download", *OWN], [])],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("who", "tried", "expected"), TRIED.values(), ids=TRIED)
def test_every_change_can_be_tried_and_none_is_made(
    calm_world: World, who: str, tried: dict[str, Any], expected: list[tuple[str, list[str], list[str]]]
) -> None:
    before = (calm_world.events(), calm_world.count_rows())
    assert told(attempt(calm_world, who, **fill(calm_world, tried))) == expected
    assert (calm_world.events(), calm_world.count_rows()) == before


def test_it_says_in_a_sentence_how_many(calm_world: World) -> None:
    answer = attempt(calm_world, "ann", change="bin").json
    words = "This removes 1 person and changes what 2 people may do."
    assert (answer["words"], answer["added"], answer["removed"]) == (words, 0, 1)


def fill(world: World, tried: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.format(**world.users) if isinstance(value, str) else value
        for name, value in tried.items()
    }


WRONG = {
    "nobody named": ({"change": "take-out"}, "bad_document"),
    "an unknown change": ({"change": "explode"}, "bad_document"),
    "oneself": ({"change": "take-out", "user_id": "{ann}"}, "exclude_self"),
    "somebody unknown": ({"change": "share", "user_id": str(uuid4())}, "user_unknown"),
    "somebody of another account": ({"change": "share", "user_id": "{otto}"}, "user_unknown"),
    "an end in the past": (
        {"change": "share", "user_id": "{cy}", "until": "2020-01-01T00:00:00Z"}, "until_in_past",
    ),
    "nothing": ({"change": "edit"}, "nothing_to_change"),
    "restoring what is not in the bin": ({"change": "restore"}, "refused"),
}  # fmt: skip


@pytest.mark.parametrize(("tried", "code"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_cannot_be_tried(calm_world: World, tried: dict[str, Any], code: str) -> None:
    assert attempt(calm_world, "ann", **fill(calm_world, tried)).json["code"] == code


@pytest.mark.parametrize(
    ("who", "status"), [("bo", 403), ("ada", 403), ("cy", 404), ("eve", 404), ("otto", 404)]
)
def test_attacker_who_may_not_change_it_may_not_try(calm_world: World, who: str, status: int) -> None:
    tried = {"change": "edit", "auto_share": False}
    answer = attempt(calm_world, who, **tried)
    assert answer.status_code == status
    if status == 404:
        nothing = attempt(calm_world, who, uuid4(), **tried)
        assert (nothing.data, sorted(nothing.headers.items())) == (
            answer.data, sorted(answer.headers.items()),
        )  # fmt: skip


def test_attacker_cannot_use_it_to_find_hidden_colleagues(world: World) -> None:
    """A colleague of a domain that is not enabled answers like nobody."""
    hidden = world.recstore.accounts.create_user(
        world.account, email="pat@else.example", name="Pat", admin=False, password=None
    ).id
    for change in ("share", "take-out", "take-back"):
        there, nobody = (
            attempt(world, "ann", change=change, user_id=str(user_id)) for user_id in (hidden, uuid4())
        )
        assert (there.status_code, there.data) == (nobody.status_code, nobody.data)


SHOWN: dict[str, tuple[str, dict[str, Any], str, str, dict[str, Any] | None]] = {
    "switches": ("ann", {"change": "edit", "download": True}, "PATCH", "recordings/{r}", {"download": True}),
    "the bin": ("ann", {"change": "bin"}, "DELETE", "recordings/{r}", None),
    "a successor": (
        "ada", {"change": "appoint", "user_id": "{bo}"},
        "PUT", "admin/recordings/{r}/responsible", {"user_id": "{bo}"},
    ),
    "taking out": (
        "ann", {"change": "take-out", "user_id": "{bo}"},
        "PUT", "recordings/{r}/shares/{bo}", {"access": "excluded"},
    ),
    "taking back": (
        "ann", {"change": "take-back", "user_id": "{eve}"}, "DELETE", "recordings/{r}/shares/{eve}", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("who", "tried", "method", "path", "body"), SHOWN.values(), ids=SHOWN)
def test_what_was_shown_is_what_is_done_or_nothing(
    world: World, who: str, tried: dict[str, Any], method: str, path: str, body: dict[str, Any] | None
) -> None:
    """Somebody turns sharing off between the look and the change."""
    shown = attempt(world, who, **fill(world, tried)).json["shown"]
    path = f"/api/v1/{path.format(r=world.recording, **world.users)}"
    options = {"json": fill(world, body)} if body else {}
    world.send("ann", "PATCH", f"/api/v1/recordings/{world.recording}", json={"auto_share": False})
    before = world.count_rows()
    stale = world.send(who, method, f"{path}?shown={shown}", **options)
    assert (stale.status_code, stale.json["code"]) == (409, "preview_stale")
    after = world.count_rows()
    assert {name for name in after if after[name] != before[name]} <= {"journal_entries", "journal_nodes"}
    shown = attempt(world, who, **fill(world, tried)).json["shown"]
    assert world.send(who, method, f"{path}?shown={shown}", **options).status_code < 300


class TestPages:
    def test_a_page_that_grew_old_changes_nothing(self, world: World) -> None:
        """Ann confirms "Bo may download" while, in another tab, she had turned sharing off."""
        ann, path = world.signed_in("ann"), f"/recordings/{world.recording}"
        pages = {
            f"{path}/switches": f"{path}/what-if?change=switches&was=auto_share&auto_share=on&download=on",
            f"{path}/shares/{world.users['bo']}": f"{path}/what-if?change=take-out&user={world.users['bo']}",
            f"{path}/bin": f"{path}/bin",
        }
        forms = {address: fields(ann.get(page).text, address) for address, page in pages.items()}
        ann.send("PATCH", f"/api/v1{path}", json={"auto_share": False})
        item = ann.get(f"/api/v1{path}").data
        for address, form in forms.items():
            stale = ann.client.post(address, data=form)
            assert (stale.status_code, "Nothing was changed" in stale.text) == (409, True)
        assert ann.get(f"/api/v1{path}").data == item
        assert world.signed_in("bo").get(path).status_code == 404
        for address, page in pages.items():
            assert ann.client.post(address, data=fields(ann.get(page).text, address)).status_code == 303

    def test_restoring_names_who_comes_in_again(self, world: World) -> None:
        ann, path = world.signed_in("ann"), f"/recordings/{world.recording}"
        ann.send("DELETE", f"/api/v1{path}")
        for listed in (ann.get(path).text, ann.get("/?show=bin").text):
            assert f"{path}/what-if?change=restore" in listed
        page = ann.get(f"{path}/what-if?change=restore").text
        assert "Restore this recording?" in page
        assert "<strong>Bo</strong>" in page
        assert ann.client.post(f"{path}/restore", data=fields(page, f"{path}/restore")).status_code == 303
        assert world.signed_in("bo").get(path).status_code == 200

    def test_taking_out_asks_first_and_names_whom_it_concerns(self, world: World) -> None:
        ann, path = world.signed_in("ann"), f"/recordings/{world.recording}"
        address = f"{path}/what-if?change=take-out&amp;user={world.users['bo']}"
        assert address in ann.get(f"{path}/shares").text
        page = ann.get(address.replace("&amp;", "&")).text
        assert "Take Bo out?" in page
        assert "This removes 1 person." in page
        assert f'action="{path}/shares/{world.users["bo"]}"' in page
        assert f'the chat <a href="/transcripts/{world.transcript}">' in page, (
            "it stays open to Bo, and is named"
        )
        assert f'href="{path}">' not in page.partition("Of the same call")[2].partition("</p>")[0]
        assert world.signed_in("bo").get(path).status_code == 200, "nothing is changed yet"

    def test_taking_away_asks_first_and_does_only_what_was_shown(self, world: World) -> None:
        """While ann looks at it, cy is allowed to download in another tab: nothing is taken away unseen."""
        ann, path, cy = world.signed_in("ann"), f"/recordings/{world.recording}", world.users["cy"]
        ann.send("PUT", f"/api/v1{path}/shares/{cy}", json={"access": "shared"})
        address, form_goes_to = f"{path}/what-if?change=take-away&amp;user={cy}", f"{path}/shares/{cy}"
        assert address in ann.get(f"{path}/shares").text
        page = ann.get(address.replace("&amp;", "&")).text
        assert "Take access away from Cy?" in page
        assert "This removes 1 person." in page
        form = fields(page, form_goes_to)
        ann.send("PUT", f"/api/v1{path}/shares/{cy}", json={"access": "shared", "download": True})
        assert ann.client.post(form_goes_to, data=form).status_code == 409
        assert world.signed_in("cy").get(path).status_code == 200
        page = ann.get(address.replace("&amp;", "&")).text
        assert ann.client.post(form_goes_to, data=fields(page, form_goes_to)).status_code == 303
        assert world.signed_in("cy").get(path).status_code == 404

    def test_switching_asks_first_and_says_who_loses(self, world: World) -> None:
        page = (
            world.signed_in("ann")
            .get(f"/recordings/{world.recording}/what-if?change=switches&was=auto_share")
            .text
        )
        assert "Save these switches?" in page
        assert "can no longer</span> see that it is there, open it" in page

    def test_who_turns_sharing_off_and_on_has_not_chosen_about_download(self, world: World) -> None:
        ann, path = world.signed_in("ann"), f"/recordings/{world.recording}"
        for was, ticked, shared in (("auto_share", "", False), ("", "&auto_share=on", True)):
            shown = ann.get(f"{path}/shares").text
            assert f'name="was" value="{was} "' in shown
            page = ann.get(f"{path}/what-if?change=switches&was={was}{ticked}").text
            assert (
                ann.client.post(f"{path}/switches", data=fields(page, f"{path}/switches")).status_code == 303
            )
            with world.recstore.catalog.read(world.account) as tx:
                item = items.by_id(tx, world.recording)
                assert item is not None
                assert (item.auto_share, item.download, item.download_chosen) == (shared, False, False)

    def test_the_bin_says_what_oneself_loses_too(self, calm_world: World) -> None:
        page = calm_world.signed_in("ann").get(f"/recordings/{calm_world.recording}/bin").text
        assert "<strong>You</strong>" in page
        assert "<strong>Bo</strong>" in page

    def test_an_admin_sees_what_a_successor_gets(self, calm_world: World) -> None:
        address = f"/recordings/{calm_world.recording}/what-if?change=appoint&user={calm_world.users['cy']}"
        page = calm_world.signed_in("ada").get(address).text
        assert "Make Cy responsible?" in page
        assert f'action="/admin/recordings/{calm_world.recording}/responsible"' in page

    @pytest.mark.parametrize("query", ["", "?change=explode", "?change=take-out", "?change=take-out&user=7"])
    def test_what_is_no_change_leads_back(self, calm_world: World, query: str) -> None:
        answer = calm_world.signed_in("ann").get(f"/recordings/{calm_world.recording}/what-if{query}")
        assert (answer.status_code, answer.location) == (303, f"/recordings/{calm_world.recording}")

    def test_whoever_may_not_is_refused_and_led_to_why(self, calm_world: World) -> None:
        answer = calm_world.signed_in("bo").get(f"/recordings/{calm_world.recording}/what-if?change=switches")
        assert answer.status_code == 403
        assert f'href="/recordings/{calm_world.recording}/why"' in answer.text

    def test_to_others_it_is_not_there(self, calm_world: World) -> None:
        hidden, nothing = (
            calm_world.signed_in("cy").get(f"/recordings/{item_id}/what-if?change=switches")
            for item_id in (calm_world.recording, uuid4())
        )
        assert (hidden.status_code, hidden.data) == (404, nothing.data)


def fields(page: str, address: str) -> dict[str, str]:
    """Read what the form that goes to this address would send."""
    form = page.split(f'action="{address}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))


def test_the_lock_is_free_after_a_refused_try(world: World) -> None:
    attempt(world, "ann", change="take-out", user_id=str(world.users["ann"]))
    with world.recstore.catalog.change(world.account) as tx:
        assert people.by_id(tx, world.users["ann"])
