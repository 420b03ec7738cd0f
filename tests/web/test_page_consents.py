"""An operator asks on a page, an admin answers on another; the command between them is run as it stands."""

import re
import shlex
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from keys.consents import Approvers
from keys.grants import read_approver_key
from recstore.cli import main
from tests.web.acme import MEDIA, PASSWORD, Browser, World

EMAIL = "olga@service.example"
COMMAND = re.compile(r"<pre[^>]*><code>(.*?)</code>", re.DOTALL)


@dataclass
class Desk:
    """Acme, whose approver's key lies in `folder`; Olga, who is an operator; Ada, who is its admin."""

    world: World
    folder: Path
    olga: Browser

    @property
    def ada(self) -> Browser:
        return self.world.signed_in("ada")

    def ask(self, **changed: Any) -> Any:
        form = {"account": "Acme", "item": self.world.recording, "purpose": "playback", "ticket": "T-1"}
        return self.olga.send("POST", "/support", data=form | changed, follow_redirects=True)

    def sign(self) -> str:
        """Run the command that the admin's page shows, and give what it printed."""
        found = COMMAND.search(self.ada.get("/admin/consents").text)
        assert found
        words = shlex.split(unescape(found[1]))
        done = CliRunner().invoke(main, [*words[1:-1], str(self.folder / words[-1])])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def hand_in(self, document: str) -> str:
        answer = self.ada.send("POST", "/admin/consents", data={"document": document}, follow_redirects=True)
        return str(answer.text)

    def address(self) -> str:
        """Give the address under which the operator's page opens the item."""
        found = re.search(r'href="(/support/opened\?[^"]+)"', self.olga.get("/support").text)
        assert found
        return unescape(found[1])

    def agree(self) -> str:
        self.ask()
        self.hand_in(self.sign())
        return self.address()


@pytest.fixture
def desk(world: World, agent_socket: Path, tmp_path: Path) -> Desk:
    world.recstore.operators.create(EMAIL, password=PASSWORD)
    command = ["keys", "approver", "create", "--no-passphrase", "--out", str(tmp_path / "approver.key")]
    public_key = re.search(r"ed25519:[^\"]+", CliRunner().invoke(main, command).stdout)
    assert public_key
    Approvers(agent_socket.parent / "keys").add(world.account, read_approver_key(public_key[0]))
    return Desk(world, tmp_path, Browser.sign_in_operator(world.app.test_client(), EMAIL))


def test_an_operator_asks_an_admin_signs_and_the_operator_opens(desk: Desk) -> None:
    assert "You asked." in desk.ask().text
    page = desk.ada.get("/admin/consents").text
    assert (EMAIL in page, "Weekly, budget" in page, "ticket T-1" in page) == (True, True, True)
    assert "The consent stands." in desk.hand_in(desk.sign())
    assert "Nobody asks." in desk.ada.get("/admin/consents").text
    shown = desk.olga.get(desk.address()).text
    source = re.search(r'<video[^>]* src="([^"]+)"', shown)
    assert source
    assert desk.olga.get(source[1]).data == MEDIA
    assert desk.world.events().count("supported") == 1  # the page and the player are one opening
    assert desk.ask(item=desk.world.transcript).status_code == 200


def test_operators_see_no_title_on_any_page(desk: Desk) -> None:
    address = desk.agree()
    for shown in (desk.olga.get("/support"), desk.olga.get(address)):
        assert str(desk.world.recording) in shown.text
        assert "Weekly" not in shown.text


def test_messages_to_everyone_are_shown(desk: Desk) -> None:
    desk.ask(item=desk.world.transcript)
    desk.hand_in(desk.sign())
    page = desk.olga.get(desk.address()).text
    assert "hello all" in page
    assert "between us" not in page


def test_an_admin_withdraws_and_the_operators_page_is_gone(desk: Desk) -> None:
    address = desk.agree()
    assert desk.olga.get(address).status_code == 200
    form = re.search(r'action="(/admin/consents/[^"]+)"', desk.ada.get("/admin/consents").text)
    assert form
    assert "is withdrawn" in desk.ada.send("POST", form[1], follow_redirects=True).text
    assert form[1] not in desk.ada.get("/admin/consents").text
    answer = desk.olga.get(address)
    assert answer.status_code == 404
    assert "No consent of yours covers this now." in answer.text
    assert desk.world.events()[-1] == "refused"


def test_an_admin_refuses(desk: Desk) -> None:
    desk.ask()
    form = re.search(r'action="(/admin/support-requests/[^"]+)"', desk.ada.get("/admin/consents").text)
    assert form
    assert "The request is refused." in desk.ada.send("POST", form[1], follow_redirects=True).text
    assert str(desk.world.recording) not in desk.olga.get("/support").text


def test_a_request_for_what_is_not_there_offers_no_command(desk: Desk) -> None:
    desk.ask(item=uuid4())
    page = desk.ada.get("/admin/consents").text
    assert "something that is not here" in page
    assert not COMMAND.search(page)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        pytest.param({"item": "the film of Eve"}, "An item&#39;s id looks like", id="without an id"),
        pytest.param({"purpose": "curiosity"}, "A purpose is one of", id="for a purpose that there is not"),
        pytest.param({"ticket": "about Eve's film"}, "A ticket has up to", id="with a sentence for a ticket"),
        pytest.param({"account": "Nobody"}, "There is no such account", id="of an account that there is not"),
    ],
)
def test_a_request_is_refused_with_a_word(desk: Desk, changed: dict[str, str], words: str) -> None:
    before = desk.world.count_rows()
    assert words in desk.ask(**changed).text
    assert desk.world.count_rows() == before


def test_what_is_no_signed_consent_is_refused_with_a_word(desk: Desk) -> None:
    before = desk.world.count_rows()
    assert "This is no signed consent." in desk.hand_in("yes")
    assert desk.world.count_rows() == before


def test_an_operator_signs_in_and_out(desk: Desk) -> None:
    client = desk.world.guest()
    assert client.get("/support").headers["Location"] == "/support/sign-in"
    wrong = client.post("/support/sign-in", data={"email": EMAIL, "password": "not this one"})
    assert (wrong.status_code, "is not right" in wrong.text) == (401, True)
    right = client.post("/support/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert (right.status_code, right.headers["Location"]) == (303, "/support")
    page = client.get("/support").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert client.post("/support/sign-out", data={"csrf_token": token[1]}).status_code == 303
    assert client.get("/support").status_code == 302


def test_attacker_sends_an_operators_form_from_another_site(desk: Desk) -> None:
    before = desk.world.count_rows()
    answer = desk.olga.client.post("/support", data={"item": str(desk.world.recording)})
    assert answer.status_code == 403
    assert desk.world.count_rows() == before
