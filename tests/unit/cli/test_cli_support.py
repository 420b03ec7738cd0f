"""`recstore operator`, `support`, `consent`: an operator's way and the customer's, as scripts see them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.consents import Approvers
from keys.grants import read_approver_key
from tests.films import film_of
from tests.unit.cli.shell import Shell

FILM = film_of(b"film" * 1000)
PASSWORD = "correct horse battery"
LINE = {"ref": "m", "at": "2026-11-20T09:00:00Z", "sender": "p1", "to": "everyone", "body": "hello"}
CALL = {
    "ref": "standup-1",
    "started_at": "2026-11-20T09:00:00Z",
    "vmr": {"ref": "room-1", "title": "Weekly", "organizer": "ann@acme.example"},
    "participants": [
        {
            "ref": "p1",
            "name": "Ann",
            "authenticated": None,
            "intervals": [["2026-11-20T09:00:00Z", None]],
        }
    ],
}


@dataclass
class Office:
    """Acme with a recording and a chat, and an approver whose key lies in `folder`."""

    shell: Shell
    folder: Path
    account: str
    item: str
    chat: str

    def operator(self, name: str) -> tuple[str, str]:
        """Name an operator; gives address and id."""
        email = f"{name}@service.example"
        told = self.shell.answer("operator", "create", email, "--password-stdin", typed=f"{PASSWORD}\n")
        return email, told["id"]

    def support(self, *words: str, email: str, password: str = PASSWORD) -> Any:
        return self.shell.run("support", *words, "--operator", email, typed=f"{password}\n")

    def sign(self, operator_id: str, *options: str) -> str:
        """Sign without the service: the command takes no data folder."""
        key = str(self.folder / "approver.key")
        what = ("--account", self.account, "--operator", operator_id, "--purpose", "playback")
        what += ("--ticket", "T-1", "--key", key, *(options or ("--item", self.item)))
        done = self.shell.run_alone("consent", "grant", *what)
        assert done.exit_code == 0, done.stderr
        return str(done.stdout)

    def submit(self, document: str) -> Any:
        return self.shell.run("consent", "submit", "-", "--account", "Acme", typed=document)

    def consented(self, operator_id: str, *options: str) -> str:
        done = self.submit(self.sign(operator_id, *options))
        assert done.exit_code == 0, done.stderr
        return str(json.loads(done.stdout)["id"])


@pytest.fixture(scope="module")
def office(shell: Shell, core_agent: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("office")
    (folder / "call.json").write_text(json.dumps(CALL))
    (folder / "film.mp4").write_bytes(FILM)
    (folder / "chat.json").write_text(json.dumps({"messages": [LINE]}))
    account = shell.answer("account", "create", "Acme", "--domain", "acme.example")["id"]
    files = ("--recording", str(folder / "film.mp4"), "--transcript", str(folder / "chat.json"))
    handed = shell.answer("ingest", str(folder / "call.json"), *files)
    key = ("keys", "approver", "create", "--no-passphrase", "--out", str(folder / "approver.key"))
    public = read_approver_key(json.loads(shell.run_alone(*key).stdout)["public_key"])
    Approvers(core_agent.parent / "keys").add(UUID(account), public)
    return Office(shell, folder, account, handed["recording"]["id"], handed["transcript"]["id"])


def test_asked_signed_submitted_opened_withdrawn_refused(office: Office, tmp_path: Path) -> None:
    email, olga = office.operator("olga")
    asked = office.support(
        *("request", office.item, "--account", "Acme", "--purpose", "playback", "--ticket", "T-1"),
        email=email,
    )
    assert (asked.exit_code, json.loads(asked.stdout).keys()) == (0, {"id", "until"})
    consent = office.consented(olga)
    [usable] = json.loads(office.support("consents", email=email).stdout)["consents"]
    assert (usable["id"], usable["items"], usable["account"]) == (consent, [office.item], "Acme")

    opened = office.support("open", office.item, "--out", str(tmp_path / "film"), email=email)
    assert (opened.exit_code, json.loads(opened.stdout)["kind"]) == (0, "recording"), opened.stderr
    assert ((tmp_path / "film").read_bytes(), (tmp_path / "film").stat().st_mode & 0o077) == (FILM, 0)
    assert "Weekly" not in opened.stdout + opened.stderr

    shell = office.shell
    [given] = shell.answer("consent", "list", "--account", "Acme")["consents"]
    assert (given["operator_email"], given["standing"], given["used"]) == (email, "stands", 1)
    withdrawn = shell.answer("consent", "withdraw", consent, "--account", "Acme")
    assert withdrawn == {"id": consent, "withdrawn": True}
    refused = office.support("open", office.item, "--out", str(tmp_path / "again"), email=email)
    assert (refused.exit_code, "(not_found)" in refused.stderr) == (1, True)
    assert not (tmp_path / "again").exists()


def test_attacker_opens_more_often_than_agreed(office: Office, tmp_path: Path) -> None:
    email, omar = office.operator("omar")
    consent = office.consented(omar, "--all", "--openings", "1")
    of = ("--consent", consent, "--out")
    assert office.support("open", office.item, *of, str(tmp_path / "1"), email=email).exit_code == 0
    other = office.support("open", office.chat, *of, str(tmp_path / "2"), email=email)
    assert (other.exit_code, other.stdout, "used-up" in other.stderr) == (1, "", True)
    assert not (tmp_path / "2").exists()


def test_a_chat_is_opened_as_a_line_for_each_message(office: Office, tmp_path: Path) -> None:
    email, olaf = office.operator("olaf")
    office.consented(olaf, "--all")
    done = office.support("open", office.chat, "--out", str(tmp_path / "chat"), email=email)
    assert (done.exit_code, json.loads((tmp_path / "chat").read_text())["body"]) == (0, "hello"), done.stderr


def test_attacker_hands_in_what_was_not_signed_so(office: Office) -> None:
    _, otto = office.operator("otto")
    before = office.shell.answer("consent", "list", "--account", "Acme")
    document = json.loads(office.sign(otto))
    document["consent"]["openings"] = 99
    altered = json.dumps(document, sort_keys=True, separators=(",", ":"))
    for forged, word in ((altered, "bad-signature"), ("yes", "no signed consent")):
        done = office.submit(forged)
        assert (done.exit_code, word in done.stderr, done.stderr.count("\n")) == (1, True, 1)
    assert office.shell.answer("consent", "list", "--account", "Acme") == before


def test_a_deactivated_operator_comes_in_no_more(office: Office, tmp_path: Path) -> None:
    email, ole = office.operator("ole")
    office.consented(ole)
    assert office.shell.answer("operator", "deactivate", email) == {
        "id": ole,
        "email": email,
        "active": False,
    }
    done = office.support("open", office.item, "--out", str(tmp_path / "film"), email=email)
    assert (done.exit_code, "(sign_in_refused)" in done.stderr) == (1, True)
    again = office.shell.run("operator", "deactivate", email)
    assert (again.exit_code, "(operator_unknown)" in again.stderr) == (1, True)
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(("request", "1", "--purpose", "playback", "--ticket", "T-1"), 2, "UUID", id="no id"),
        pytest.param(
            ("request", str(uuid4()), "--purpose", "curiosity", "--ticket", "T-1"),
            2,
            "curiosity",
            id="no purpose",
        ),
        pytest.param(
            ("request", str(uuid4()), "--purpose", "damage", "--ticket", "of Eve"),
            1,
            "(bad_ticket)",
            id="no ticket",
        ),
        pytest.param(("open", str(uuid4()), "--out", "nowhere"), 1, "(not_found)", id="no consent"),
    ],
)
def test_is_refused(office: Office, words: tuple[str, ...], code: int, told: str) -> None:
    email = "oona@service.example"
    office.shell.run("operator", "create", email, "--password-stdin", typed=f"{PASSWORD}\n")
    done = office.support(*words, email=email)
    assert (done.exit_code, told in done.stderr, done.stdout) == (code, True, "")


def test_attacker_guesses_the_password(office: Office) -> None:
    email, _ = office.operator("ona")
    done = office.support("consents", email=email, password="not this one at all")
    assert (done.exit_code, "(sign_in_refused)" in done.stderr, done.stdout) == (1, True, "")


def test_a_consent_names_items_or_all(office: Office) -> None:
    words = (
        "--account",
        office.account,
        "--operator",
        str(uuid4()),
        "--purpose",
        "damage",
        "--ticket",
        "T-1",
    )
    key = ("--key", str(office.folder / "approver.key"))
    for items in ((), ("--all", "--item", office.item)):
        done = office.shell.run_alone("consent", "grant", *words, *key, *items)
        assert (done.exit_code, "Name items" in done.stderr) == (2, True)
