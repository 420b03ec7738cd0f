"""Who gets no page: guests, people of the other account, colleagues who were not there; and signing in."""

import re

import pytest
from browser_site import ANN, ASA, BO, CHLOE, FARID, Site, Visit, fill_in, sign_in
from playwright.sync_api import expect

ITEM_PAGES = ["", "/shares", "/bin"]
NOT_THERE = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?show=bin",
        "/admin",
        "/admin/recordings/{}",
        *(f"/{{kind}}/{{}}{page}" for page in ITEM_PAGES),
        "/api/v1/recordings/{}/media",
    ],
)
@pytest.mark.parametrize("kind", ["recordings", "transcripts"])
def test_guest_gets_nothing_but_the_way_to_sign_in(address: str, kind: str, site: Site, visit: Visit) -> None:
    guest = visit(None, "/sign-in").request
    answer = guest.get(address.format(site.ids["acme-weekly-1-video"], kind=kind), max_redirects=0)
    if "/api/" in address:
        assert answer.status == 401
    else:
        assert answer.status == 302
        assert answer.headers["location"].startswith("/sign-in?next=")


def test_who_signs_in_comes_to_where_they_wanted_to_go(site: Site, visit: Visit) -> None:
    page = visit(None, site.recording("acme-weekly-1-video") + "?t=30")
    fill_in(page, BO)
    expect(page).to_have_url(site.recording("acme-weekly-1-video") + "?t=30")


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "/%0a/x\n//e"]
)
def test_attacker_cannot_choose_where_signing_in_leads(elsewhere: str, site: Site, visit: Visit) -> None:
    page = visit(None, "/sign-in")
    page.goto(f"/sign-in?next={elsewhere}")
    fill_in(page, BO)
    page.wait_for_url(lambda url: "/sign-in" not in url)
    assert page.url.startswith(f"{site.url}/")


@pytest.mark.parametrize(
    ("email", "kind", "ref"),
    [
        pytest.param(
            ASA, "recordings", "acme-partners-1-video", id="a person of the other account, who was there"
        ),
        pytest.param(ASA, "transcripts", "acme-partners-1-chat", id="and the chat she wrote in"),
        pytest.param(
            FARID, "recordings", "acme-weekly-1-video", id="a colleague who was invited and did not come"
        ),
        pytest.param(CHLOE, "recordings", "acme-weekly-2-video", id="a participant of last week's call"),
    ],
)
def test_somebody_elses_item_looks_like_one_that_is_not_there(
    email: str, kind: str, ref: str, site: Site, visit: Visit
) -> None:
    them = visit(email, "/").request
    addresses = [f"/{kind}/{{}}{tail}" for tail in ITEM_PAGES]
    addresses += [f"/admin/{kind}/{{}}", f"/api/v1/{kind}/{{}}", f"/api/v1/{kind}/{{}}/shares"]
    for address in addresses:
        theirs = them.get(address.format(site.ids[ref]))
        nothing = them.get(address.format(NOT_THERE))
        assert (theirs.status, without_tokens(theirs.text())) == (404, without_tokens(nothing.text()))
    assert them.get("/admin").status == 404


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_a_wrong_password_is_said_plainly_and_then_throttled(visit: Visit, complaints: list[str]) -> None:
    page = visit(None, "/sign-in")
    sign_in(page, "nobody@acme.example", "not it at all")
    expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
    for _ in range(7):
        wrong = {"email": "nobody@acme.example", "password": "not it at all"}
        assert page.request.post("/sign-in", form=wrong).status == 401
    sign_in(page, "nobody@acme.example", "not it at all")
    expect(page.get_by_role("alert")).to_contain_text("Too many failed sign-ins")
    complaints.clear()


def test_signing_out_ends_the_session(site: Site, visit: Visit) -> None:
    page = visit(None, "/sign-in")
    fill_in(page, ANN)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/")
    assert "/sign-in" in page.url
