"""Every page, light and dark, wide and narrow: no accessibility fault, no complaint, never too wide."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_site import ANN, BO, FARID, INES, Site, Visit

PAGES = {
    "sign-in": (None, "/sign-in"),
    "library": (ANN, "/"),
    "library of somebody who has nothing": (FARID, "/"),
    "search that finds nothing": (ANN, "/?q=zebra"),
    "chats": (BO, "/?show=chats"),
    "bin": (ANN, "/?show=bin"),
    "recording of the responsible person": (ANN, "/recordings/{acme-weekly-1-video}"),
    "recording of a participant": (BO, "/recordings/{acme-weekly-1-video}"),
    "recording an admin may not open": (INES, "/recordings/{acme-weekly-1-video}"),
    "moving to the bin": (ANN, "/recordings/{acme-weekly-1-video}/bin"),
    "chat alone": (BO, "/transcripts/{acme-weekly-1-chat}"),
    "shares": (ANN, "/recordings/{acme-weekly-2-video}/shares?q=a"),
    "everything, for admins": (INES, "/admin"),
    "settings": (INES, "/admin/settings"),
    "rooms": (INES, "/admin/rooms"),
    "a switch that all items follow": (INES, "/admin/settings/existing/auto_share"),
    "domains": (INES, "/admin/domains"),
    "review": (INES, "/admin/recordings/{acme-weekly-2-video}?q=a"),
}
SCREENS = {
    "wide and light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow and dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("title", PAGES)
def test_a_page_can_be_used_by_everybody(title: str, screen: str, site: Site, visit: Visit) -> None:
    email, address = PAGES[title]
    page = visit(email, "/" if email else "/sign-in", **SCREENS[screen])
    for details in open_details(page, fill_in(address, site)):
        details.click()
    faults = Axe().run(page)
    assert faults.violations_count == 0, faults.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"


def fill_in(address: str, site: Site) -> str:
    for ref, item_id in site.ids.items():
        address = address.replace(f"{{{ref}}}", str(item_id))
    return address


def open_details(page, address):
    page.goto(address)
    return page.locator("summary").all()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_page_about_nothing_can_be_used_by_everybody(
    screen: str, visit: Visit, complaints: list[str]
) -> None:
    page = visit(ANN, "/nothing/here", **SCREENS[screen])
    assert page.get_by_role("heading", level=1).inner_text() == "There is nothing here for you"
    faults = Axe().run(page)
    assert faults.violations_count == 0, faults.generate_report()
    assert [words for words in complaints if "404" not in words] == []
    complaints.clear()


def test_a_running_review_can_be_used_by_everybody(site: Site, visit: Visit) -> None:
    page = visit(INES, f"/admin/transcripts/{site.ids['acme-weekly-2-chat']}")
    page.get_by_label("Why do you look at it?").fill("Checking the pages")
    page.get_by_role("button", name="Begin the review").click()
    page.get_by_text("You are reviewing as admin.").wait_for()
    faults = Axe().run(page)
    assert faults.violations_count == 0, faults.generate_report()
