"""An admin proves a domain; from then on colleagues there can be found, shared with, and hidden again."""

import pytest
from browser_site import ANN, DANA, INES, Site, Visit
from playwright.sync_api import Page, expect

from tests.dns_fixture import Zone

NAME = "believers.example"
TOM = f"tom.tester@{NAME}"


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


def row(page: Page, words: str):
    return page.get_by_role("listitem").filter(has_text=words)


@pytest.fixture
def tom(site: Site) -> str:
    """Somebody of the account with an address elsewhere; gives the name that pages show."""
    site.register(TOM, "Tom Tester")
    return "Tom Tester"


def test_an_admin_proves_a_domain_and_an_organizer_shares_with_a_colleague_there(
    site: Site, visit: Visit, zone: Zone, tom: str
) -> None:
    shares = f"{site.recording('acme-weekly-1-video')}/shares"
    ann = visit(ANN, f"{shares}?q=tester", java_script_enabled=False)
    expect(ann.get_by_text("Nobody else is found.")).to_be_visible()

    ines = visit(INES, "/admin", java_script_enabled=False)
    ines.get_by_role("link", name="Domains").click()
    ines.get_by_role("textbox", name="Domain").fill("Gmail.com")
    ines.get_by_role("button", name="Add").click()
    told(ines, "it cannot be added")
    ines.get_by_role("textbox", name="Domain").fill("BELIEVERS.example.")
    ines.get_by_role("button", name="Add").click()
    told(ines, f"{NAME} is in the list")
    expect(row(ines, NAME)).to_contain_text("Waits for its proof")
    ines.get_by_role("button", name=f"Check {NAME}").click()
    told(ines, f"{NAME} is not proven")
    zone.fault = "SERVFAIL"
    ines.get_by_role("button", name=f"Check {NAME}").click()
    told(ines, "DNS does not answer; nothing was changed")
    zone.fault = None
    name, text = (row(ines, NAME).locator("code").nth(place).inner_text() for place in (0, 2))
    zone.texts[name] = [f'"{text}"']
    ines.get_by_role("button", name=f"Check {NAME}").click()
    told(ines, f"{NAME} is proven.")
    ines.get_by_role("button", name=f"Enable {NAME}").click()
    expect(row(ines, NAME)).to_contain_text("Enabled: found by all colleagues")

    ann.reload()
    ann.get_by_role("button", name=f"Add for {tom}").click()
    told(ann, f"{tom} has access")

    ines.get_by_role("button", name=f"Disable {NAME}").click()
    told(ines, "What was shared with them stays shared.")
    dana = visit(DANA, f"{site.url}/")
    assert dana.request.get("/api/v1/directory?q=tester").json()["items"] == []
    ann.goto(f"{shares}?q=tester")
    expect(row(ann, tom)).to_contain_text("Has access")
    ann.get_by_role("link", name=f"Take away from {tom}").click()
    ann.get_by_role("button", name=f"Take away {tom}").click()
    ann.goto(f"{shares}?q=tester")
    expect(ann.get_by_text("Nobody else is found.")).to_be_visible()

    # Appointing is the admins' own choice, among everybody of the account.
    ines.goto(f"/admin/recordings/{site.ids['acme-weekly-1-video']}?q=tester")
    expect(ines.get_by_role("link", name=f"Make responsible {tom}")).to_be_visible()
    ines.goto("/admin/domains")
    ines.get_by_role("button", name=f"Remove {NAME}").click()
    expect(row(ines, NAME)).to_have_count(0)
