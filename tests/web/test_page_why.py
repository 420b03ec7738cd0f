"""Why can I see this, and why can I not do that: in plain words, with whom to ask; nothing for others."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from recstore.access.facts import Facts
from recstore.catalog import items
from recstore.model import Action, Kind, Relation, State
from tests.web.acme import World


def words_of(page: str) -> str:
    """Give a page's words as one line, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('id="main"')[2]))


WHY = {
    "somebody who was there": ("bo", "", "You were in this call, and its recording is shared"),
    "whom they ask": ("bo", "", "Ann, who is responsible"),
    "how long they may": ("bo", "", "As long as it is shared with those who were there"),
    "the responsible person": ("ann", "", "You are responsible for this recording"),
    "whom she asks": ("ann", "", "You are the responsible person: you decide"),
    "an admin": ("ada", "", "You are an admin of this account"),
    "a participant about downloads": ("bo", "?action=download", "You asked: Download it No. You may not"),
    "and what they can do": ("bo", "?action=download", "Ask the responsible person, or an admin"),
    "whom by name": ("bo", "?action=download", "Whom to ask Ann, who is responsible for it."),
    "why not": ("bo", "?action=download", "downloads are off for those who were in the call"),
    "whom, of what an admin does": ("bo", "?action=hold", "Whom to ask Ask an admin of the account."),
    "whom the responsible person asks": (
        "ann",
        "?action=appoint",
        "Whom to ask Ask an admin of the account.",
    ),
    "whom an admin asks": ("ada", "?action=share", "Whom to ask Name a responsible person; it may be you."),
    "what nobody gives": ("bo", "?action=support", "Whom to ask There is nobody to ask."),
    "an admin about opening": ("ada", "?action=open", "Admins review, they do not open. Use review"),
    "an admin about what they may": ("ada", "?action=review", "Why may I do this?"),
    "an action that is none": ("bo", "?action=fly", "Why can I see this?"),
}


@pytest.mark.parametrize(("who", "query", "expected"), WHY.values(), ids=WHY)
def test_why(calm_world: World, who: str, query: str, expected: str) -> None:
    answer = calm_world.signed_in(who).get(f"/recordings/{calm_world.recording}/why{query}")
    assert answer.status_code == 200
    assert expected in words_of(answer.text)


def test_a_share_tells_its_last_day_on_the_page_and_over_the_api(world: World) -> None:
    until = (world.clock() + timedelta(days=400)).replace(hour=0, minute=0, second=0, microsecond=0)
    path = f"recordings/{world.recording}"
    shared = world.signed_in("ann").send(
        "PUT", f"/api/v1/{path}/shares/{world.users['cy']}",
        json={"access": "shared", "until": until.isoformat()},
    )  # fmt: skip
    assert shared.status_code == 200
    cy = world.signed_in("cy")
    last = until - timedelta(days=1)
    assert f"At the latest until {last.day} {last:%b %Y}" in words_of(cy.get(f"/{path}/why").text)
    told = cy.get(f"/api/v1/explain?action=open&item={world.recording}").json
    assert told["until"] == until.isoformat().replace("+00:00", "Z")
    assert told["told"][0] == "The responsible person shared this recording with you."
    other = world.signed_in("ann").get(
        f"/api/v1/explain?action=open&item={world.recording}&viewer={world.users['cy']}"
    )
    assert (other.json["told"], other.json["lasts"], other.json["until"]) == ([], None, None)


ENDS = {
    "shared with": ({Relation.SHARED_WITH}, Action.OPEN, True),
    "shared with, and responsible by now": ({Relation.SHARED_WITH, Relation.RESPONSIBLE}, Action.OPEN, False),
    "responsible": ({Relation.RESPONSIBLE}, Action.OPEN, False),
    "shared with, of what that does not give": ({Relation.SHARED_WITH}, Action.DOWNLOAD, False),
}


@pytest.mark.parametrize(("relations", "action", "ends"), ENDS.values(), ids=ENDS)
def test_a_share_ends_only_what_it_gives(
    calm_world: World, relations: set[Relation], action: Action, *, ends: bool
) -> None:
    until = calm_world.clock() + timedelta(days=4)
    facts = Facts(Kind.RECORDING, frozenset(relations), frozenset({State.AVAILABLE}))
    told = calm_world.recstore.explainer.tell_viewer(facts, action, until=until)
    assert told.until == (until if ends else None)


def test_whoever_asks_is_not_sent_to_somebody_deactivated(world: World) -> None:
    path = f"/recordings/{world.recording}/why"
    left = f"/api/v1/admin/users/{world.users['ann']}"
    assert world.signed_in("ada").send("PATCH", left, json={"active": False}).status_code == 200
    for query in ("", "?action=download"):
        told = words_of(world.signed_in("bo").get(path + query).text)
        assert "Whom to ask An admin of the account: Ann, who is responsible for it, is deactivated." in told
        assert "or an admin if there is no active one" in told


def test_whoever_asks_is_not_sent_to_nobody(world: World) -> None:
    shared = world.signed_in("ann").send(
        "PUT", f"/api/v1/recordings/{world.recording}/shares/{world.users['cy']}", json={"access": "shared"}
    )
    assert shared.status_code == 200
    with world.recstore.catalog.change(world.account) as tx:
        item = items.by_id(tx, world.recording)
        assert item is not None
        item.responsible_id = None
    told = words_of(world.signed_in("cy").get(f"/recordings/{world.recording}/why?action=download").text)
    assert "Whom to ask Nobody is responsible. An admin of the account can name somebody; ask one." in told
    assert "it was shared with you without that" in told


@pytest.mark.parametrize("who", ["cy", "eve", "otto"])
def test_attacker_is_told_the_same_whatever_the_id(calm_world: World, who: str) -> None:
    browser = calm_world.signed_in(who)
    hidden, nothing, other = (
        browser.get(f"/recordings/{item_id}/why?action=open")
        for item_id in (calm_world.recording, uuid4(), calm_world.transcript)
    )
    assert hidden.status_code == 404
    for answer in (nothing, other):
        assert (answer.status_code, plain(answer.text)) == (hidden.status_code, plain(hidden.text))


def plain(page: str) -> str:
    """Give a page without its form token, which is another each second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


REFUSED = {
    "to share": ("bo", "GET", "/recordings/{r}/shares", "Decide who else may", "share"),
    "to move it to the bin": ("bo", "GET", "/recordings/{r}/bin", "Move it to the bin", "bin"),
    "to be told who can see it": ("bo", "GET", "/recordings/{r}/access", "See who else may", "see"),
    "to change the title": ("bo", "POST", "/recordings/{r}/title", "Change its title or switches", "edit"),
    "to share as an admin": ("ada", "GET", "/recordings/{r}/shares", "Decide who else may", "share"),
}


@pytest.mark.parametrize(("who", "method", "path", "words", "action"), REFUSED.values(), ids=REFUSED)
def test_every_refusal_says_what_was_refused_and_leads_to_why(
    calm_world: World, who: str, method: str, path: str, words: str, action: str
) -> None:
    browser = calm_world.signed_in(who)
    answer = browser.send(method, path.format(r=calm_world.recording))
    assert answer.status_code == 403
    assert f"You asked: {words}" in words_of(answer.text)
    [why] = re.findall(r'href="([^"]+/why[^"]*)"', answer.text)
    assert why == f"/recordings/{calm_world.recording}/why?action={action}"
    assert browser.get(why).status_code == 200


def test_a_refusal_that_is_of_no_item_leads_nowhere(calm_world: World) -> None:
    forged = calm_world.signed_in("bo").client.post(f"/recordings/{calm_world.recording}/title")
    assert forged.status_code == 403
    assert "/why" not in forged.text


def test_cards_and_items_lead_to_it(calm_world: World) -> None:
    for who, page in (("bo", "/"), ("bo", f"/recordings/{calm_world.recording}"), ("ada", "/admin")):
        assert f'href="/recordings/{calm_world.recording}/why"' in calm_world.signed_in(who).get(page).text
