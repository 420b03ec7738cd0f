"""An admin turns switches, sees whom that concerns, and applies it to what is there; without JavaScript."""

from axe_playwright_python.sync_playwright import Axe
from browser_site import ANN, BO, INES, Site, Visit
from playwright.sync_api import Page, expect

WEEKLY = "Product weekly"


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


def of_room(page: Page, words: str) -> None:
    """Turn the weekly's room on the list of rooms."""
    page.goto(f"/admin/rooms?q={WEEKLY}")
    page.get_by_role("button", name=words).click()
    told(page, "Those that are there already stay as they are.")


def test_an_admin_closes_a_rooms_existing_items_and_opens_them_as_listed(site: Site, visit: Visit) -> None:
    film = site.recording("acme-weekly-1-video")
    bo, admin = visit(BO, "/"), visit(INES, "/admin", java_script_enabled=False)
    admin.get_by_role("link", name="Rooms").click()
    expect(admin.get_by_role("heading", name="Rooms")).to_be_visible()

    of_room(admin, "Turn off")
    assert bo.request.get(film).status == 200
    gone = admin.get_by_role("region", name="Who loses by it")
    expect(gone).to_contain_text("Bo Nyström")
    admin.get_by_role("button", name="Apply to all").click()
    told(admin, "none remain.")
    assert bo.request.get(film).status == 404

    of_room(admin, "Turn on")
    assert bo.request.get(film).status == 404
    expect(admin.get_by_role("region", name="Who gains by it")).to_contain_text("Bo Nyström")
    items = admin.get_by_role("region", name="The items")
    expect(items).to_contain_text("Bo Nyström may then see and open")
    admin.get_by_label("I have read the list").check()
    admin.get_by_role("button", name="Apply to these").click()
    told(admin, "none remain.")
    assert bo.request.get(film).status == 200
    expect(admin.get_by_role("heading", name="Nothing to do")).to_be_visible()


def test_a_list_that_changed_before_it_was_confirmed_opens_nothing(site: Site, visit: Visit) -> None:
    film = site.recording("acme-weekly-1-video")
    admin = visit(INES, "/admin/settings", viewport={"width": 390, "height": 844}, color_scheme="dark")
    admin.get_by_label("Whoever was there may download").check()
    admin.get_by_role("button", name="Save").click()
    told(admin, "Saved.")
    waiting = admin.get_by_role("region", name="What is there already")
    expect(waiting).to_contain_text("not for download, as new ones are")
    waiting.get_by_role("link", name="(not for download, as new ones are)").click()
    faults = Axe().run(admin)
    assert faults.violations_count == 0, faults.generate_report()
    assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    admin.get_by_label("I have read the list").check()

    ann = visit(ANN, f"{film}/shares", java_script_enabled=False)
    ann.get_by_role("link", name="Take out Bo Nyström").click()
    ann.get_by_role("button", name="Take out Bo Nyström").click()
    told(ann, "was taken out")
    admin.get_by_role("button", name="Apply to these").click()
    told(admin, "have changed since you looked. Nothing was changed")

    ann.get_by_role("button", name="Put back Bo Nyström").click()
    told(ann, "is taken back")
    admin.get_by_role("link", name="Leave them as they are").click()
    admin.get_by_label("Whoever was there may download").uncheck()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("region", name="What is there already")).to_contain_text(
        "Download: all existing items stand as the switch does"
    )
