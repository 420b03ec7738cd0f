"""The story of a consent, in two browsers and a terminal: asked, signed, opened, withdrawn, refused."""

import shlex
from pathlib import Path

import pytest
from browser_site import INES, PASSWORD, Site, Visit, fill_in
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from keys.approver import Approver
from keys.consents import Approvers
from recstore.cli import main

OLGA = "olga@service.example"
SEEN = "() => document.querySelector('video').readyState >= 2"


@pytest.fixture
def key(site: Site, tmp_path: Path) -> Path:
    """The file of an approver's key that the key agent of Acme trusts."""
    approver = Approver.create(tmp_path / "approver.key", None)
    account_id = site.recstore.accounts.find("Acme").id
    Approvers(site.recstore.settings.data / "keys").add(account_id, approver.public)
    return tmp_path / "approver.key"


def sign(page: Page, key: Path) -> str:
    """Run the command that stands on the admin's page with the key of this file."""
    words = shlex.split(page.get_by_label("The command that signs").inner_text())
    done = CliRunner().invoke(main, [*words[1:-1], str(key)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_operator_opens_what_an_admin_consented_to_until_it_is_withdrawn(
    scripts: bool, site: Site, visit: Visit, key: Path, complaints: list[str]
) -> None:
    operator_email = f"{'with' if scripts else 'without'}-{OLGA}"
    site.recstore.operators.create(operator_email, password=PASSWORD)
    olga = visit(None, "/support", java_script_enabled=scripts)
    fill_in(olga, operator_email)
    olga.get_by_label("Account").fill("Acme")
    olga.get_by_label("Id of the recording or chat").fill(str(site.ids["acme-weekly-1-video"]))
    olga.get_by_label("Purpose").select_option("playback")
    olga.get_by_label("Ticket").fill("T-1")
    olga.get_by_role("button", name="Ask").click()
    expect(olga.get_by_role("status")).to_contain_text("You asked.")

    ines = visit(INES, "/admin", java_script_enabled=scripts)
    ines.get_by_role("link", name="Consents").click()
    expect(ines.get_by_role("heading", name=operator_email)).to_be_visible()
    ines.get_by_label("The line that the command printed").fill(sign(ines, key))
    ines.get_by_role("button", name="Hand in").click()
    expect(ines.get_by_role("status")).to_contain_text("The consent stands.")

    olga.goto("/support")
    olga.get_by_role("link", name="Open").click()
    expect(olga.get_by_role("heading", name="A recording, under consent")).to_be_visible()
    assert "Weekly" not in olga.content()
    if scripts:
        olga.evaluate("() => document.querySelector('video').play()")
        olga.wait_for_function(SEEN)

    ines.get_by_role("button", name=f"Withdraw the consent to {operator_email}").click()
    expect(ines.get_by_role("status")).to_contain_text("The consent is withdrawn.")
    olga.reload()
    expect(olga.get_by_text("No consent of yours covers this now.")).to_be_visible()
    assert all("404" in words for words in complaints), complaints
    complaints.clear()
