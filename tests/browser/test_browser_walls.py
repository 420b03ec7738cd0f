"""Who gets no page: guests, people of the other account, colleagues who were not there; and signing in."""

import re

import pytest
from browser_site import ANN, ASA, BO, CHLOE, FARID, INES, Site
from conftest import Visit, fill_in, sign_in
from playwright.sync_api import expect

ITEM_PAGES = ["", "/shares", "/bin"]
NOT_THERE = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?show=bin",
        "/admin",
        *(f"/recordings/{{}}{page}" for page in ITEM_PAGES),
        "/admin/recordings/{}",
    ],
)
def test_guest_is_sent_to_sign_in_and_then_back(
    address: str, site: Site, visit: Visit, complaints: list[str]
) -> None:
    wanted = address.format(site.ids["acme-weekly-1-video"])
    page = visit(None, wanted)
    assert "/sign-in?next=" in page.url
    fill_in(page, INES)
    page.wait_for_load_state()
    # Inés sees what an admin sees; where she may not go, the address is right all the same.
    expect(page).to_have_url(f"{site.url}{wanted}")
    assert all("403" in words for words in complaints)
    complaints.clear()


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
    email: str, kind: str, ref: str, site: Site, visit: Visit, complaints: list[str]
) -> None:
    page = visit(email, "/")
    for under in ("", "/admin"):
        for tail in ITEM_PAGES if not under else [""]:
            theirs = page.goto(f"{under}/{kind}/{site.ids[ref]}{tail}")
            body = re.sub(r'value="[^"]*"', "", theirs.text())
            nothing = page.goto(f"{under}/{kind}/{NOT_THERE}{tail}")
            assert (theirs.status, body) == (404, re.sub(r'value="[^"]*"', "", nothing.text()))
    assert page.goto("/admin").status == 404
    complaints.clear()


def test_a_wrong_password_is_said_plainly_and_then_throttled(visit: Visit, complaints: list[str]) -> None:
    page = visit(None, "/sign-in")
    for _ in range(8):
        sign_in(page, "nobody@acme.example", "not it at all")
        expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
    sign_in(page, "nobody@acme.example", "not it at all")
    expect(page.get_by_role("alert")).to_contain_text("Too many failed sign-ins")
    complaints.clear()


def test_signing_out_ends_the_session(site: Site, visit: Visit) -> None:
    page = visit(None, "/sign-in")
    fill_in(page, ANN)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/")
    assert "/sign-in" in page.url
