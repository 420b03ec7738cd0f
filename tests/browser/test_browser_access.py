"""Why, who, and may I: an organizer, a colleague with a link, and an admin find their answers."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_site import ANN, BO, DANA, FARID, INES, Site, Visit
from playwright.sync_api import Page, expect


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


def outline(page: Page) -> str:
    """Give what a screen reader would read of the drawing, in its order."""
    return json.dumps(page.locator("main").aria_snapshot(), ensure_ascii=False)


def test_an_organizer_sees_drawn_who_can_see_it_and_who_never_can(site: Site, visit: Visit) -> None:
    page = visit(ANN, f"{site.recording('acme-partners-1-video')}/shares", java_script_enabled=False)
    page.get_by_role("link", name="Drawn, with the reasons").click()
    expect(page.get_by_role("heading", name="3 people can see it")).to_be_visible()
    read = outline(page)
    order = [
        *("Responsible", "Ann Lindqvist", "Was in the call", "Dana Kovacs", "Admin, by review only"),
        *("Inés Duarte", "Beyond the wall of the account", "Not of this account: never", "Åsa Öberg"),
    ]
    places = [read.index(words) for words in order]
    assert places == sorted(places)


def test_a_participant_asks_why_and_is_told_whom_to_ask(site: Site, visit: Visit) -> None:
    page = visit(BO, "/")
    card = page.locator("li.row", has_text="Weekly: pilot start")
    card.get_by_role("link", name="Why can I see this?").click()
    expect(page.get_by_role("heading", name="Why can I see this?")).to_be_visible()
    expect(page.locator("main")).to_contain_text("You were in this call")
    expect(page.get_by_role("region", name="Whom to ask")).to_contain_text(
        "Ann Lindqvist, who is responsible"
    )


def test_a_participant_who_is_refused_is_led_to_why(site: Site, visit: Visit, complaints: list[str]) -> None:
    page = visit(BO, f"{site.recording('acme-weekly-1-video')}/shares")
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
    expect(page.locator("main")).to_contain_text("You asked: Decide who else may")
    page.get_by_role("link", name="Why can I not, and whom do I ask?").click()
    expect(page.get_by_role("heading", name="Why can I not do this?")).to_be_visible()
    assert all("403" in words for words in complaints), complaints
    complaints.clear()


def test_a_colleague_with_a_link_asks_and_the_organizer_answers(
    site: Site, visit: Visit, complaints: list[str]
) -> None:
    recording = site.recording("acme-weekly-2-video")
    colleague = visit(FARID, recording, java_script_enabled=False)
    expect(colleague.get_by_role("heading", name="There is nothing here for you")).to_be_visible()
    colleague.get_by_label("A word to whoever answers for it").fill("I was ill that day.")
    colleague.get_by_role("button", name="Request access").click()
    told(colleague, "You asked. If there is something under this link")

    organizer = visit(ANN, "/", java_script_enabled=False)
    organizer.get_by_role("link", name="Requests (1)").click()
    request = organizer.locator("li.person", has_text="Farid Haddad")
    expect(request).to_contain_text("I was ill that day.")
    request.get_by_role("button", name="Give access Farid Haddad").click()
    told(organizer, "Farid Haddad has access now.")
    expect(organizer.get_by_role("heading", name="Nobody is waiting")).to_be_visible()

    colleague.goto("/")
    expect(colleague.get_by_role("link", name="Weekly: pilot start")).to_be_visible()
    organizer.goto(f"{recording}/shares")
    organizer.get_by_role("link", name="Take away from Farid Haddad").click()
    organizer.get_by_role("button", name="Take away Farid Haddad").click()
    assert all("404" in words for words in complaints), complaints
    complaints.clear()


def test_an_admin_sees_the_drawing_and_cannot_change_it(site: Site, visit: Visit) -> None:
    page = visit(INES, f"/admin/recordings/{site.ids['acme-weekly-2-video']}")
    page.get_by_role("link", name="Who can see this, and why").click()
    expect(page.get_by_role("heading", name="Who can see this, and why")).to_be_visible()
    expect(page.get_by_role("link", name="Change it")).to_have_count(0)


def test_the_drawing_fits_a_small_screen(site: Site, visit: Visit) -> None:
    size = {"width": 360, "height": 740}
    page = visit(ANN, f"{site.recording('acme-weekly-1-video')}/access", viewport=size)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    for address in ("why", "what-if?change=switches"):
        page.goto(f"{site.recording('acme-weekly-1-video')}/{address}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


PAGES = {
    "the drawing": (ANN, "/recordings/{}/access"),
    "why": (BO, "/recordings/{}/why?action=download"),
    "what a change would do": (ANN, "/recordings/{}/bin"),
    "requests": (ANN, "/access-requests"),
    "asking": (FARID, "/recordings/{}"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("email", "address"), PAGES.values(), ids=PAGES)
def test_the_pages_have_no_known_barriers(
    site: Site, visit: Visit, complaints: list[str], email: str, address: str, scheme: str
) -> None:
    page = visit(email, address.format(site.ids["acme-weekly-1-video"]), color_scheme=scheme)
    faults = Axe().run(page)
    assert faults.violations_count == 0, faults.generate_report()
    if email == FARID:
        complaints.clear()  # that the page is not there is what it says


def test_dana_sees_nothing_of_requests_that_are_not_hers(site: Site, visit: Visit) -> None:
    page = visit(DANA, "/access-requests")
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()
