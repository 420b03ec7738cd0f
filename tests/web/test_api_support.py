"""An operator at the API: a session of their own, requests, and what they open with a customer's consent."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from keys.approver import Approver
from keys.consents import Approvers
from keys.secret import Secret
from tests.consenting import Customer
from tests.web.acme import MEDIA, PASSWORD, Browser, World

API = "/api/v1/support"
EMAIL = "olga@service.example"


@dataclass
class Service:
    """Acme with an approver, and Olga signed in as an operator."""

    world: World
    customer: Customer
    olga: Browser
    olga_id: Any
    home: Path

    def hand_in(self, **changes: Any) -> Any:
        document = self.customer.sign(self.olga_id, at=self.world.clock(), **changes)
        return self.world.signed_in("ada").send("POST", "/api/v1/admin/consents", json={"document": document})

    def distrust(self) -> None:
        """Have the agent's home trust the customer's approver no more."""
        Approvers(self.home).remove(self.customer.account_id, self.customer.approver.public.id)

    def media(self, consent_id: str) -> str:
        return f"{API}/consents/{consent_id}/recordings/{self.world.recording}/media"


@pytest.fixture
def service(world: World, agent_socket: Path, tmp_path: Path) -> Service:
    olga = world.recstore.operators.create(EMAIL, password=PASSWORD)
    home = agent_socket.parent / "keys"
    customer = Customer.of(world.account, home=home, folder=tmp_path)
    return Service(world, customer, Browser.sign_in_operator(world.app.test_client(), EMAIL), olga.id, home)


def test_an_operator_asks_an_admin_consents_and_the_operator_opens(service: Service) -> None:
    new = {"item": str(service.world.recording), "purpose": "playback", "ticket": "T-1", "account": "Acme"}
    asked = service.olga.send("POST", f"{API}/requests", json=new)
    assert asked.status_code == 201, asked.text
    [waiting] = service.world.signed_in("ada").get("/api/v1/admin/support-requests").json["items"]
    assert (waiting["operator"], waiting["item"], waiting["kind"]) == (EMAIL, new["item"], "recording")
    given = service.hand_in(items=(service.world.recording,))
    assert given.status_code == 201, given.text
    assert service.world.signed_in("ada").get("/api/v1/admin/support-requests").json["items"] == []
    [usable] = service.olga.get(f"{API}/consents").json["items"]
    answer = service.olga.get(service.media(usable["id"]))
    assert (answer.status_code, answer.data) == (200, MEDIA)
    assert "Weekly" not in str(answer.headers)
    assert service.world.events()[-2:] == ["supported", "key-asked"]


def test_messages_to_everyone_are_opened(service: Service) -> None:
    consent_id = service.hand_in().json["items"][0]["id"]
    path = f"{API}/consents/{consent_id}/transcripts/{service.world.transcript}/messages"
    assert [one["ref"] for one in service.olga.get(path).json["items"]] == ["m1"]


def test_a_withdrawn_consent_opens_nothing(service: Service) -> None:
    consent_id = service.hand_in().json["items"][0]["id"]
    ada = service.world.signed_in("ada")
    assert ada.send("DELETE", f"/api/v1/admin/consents/{consent_id}").status_code == 204
    assert service.olga.get(service.media(consent_id)).status_code == 404
    assert ada.get("/api/v1/admin/consents").json["items"][0]["standing"] == "withdrawn"


def test_a_refused_request_is_gone(service: Service) -> None:
    new = {"item": str(uuid4()), "purpose": "damage", "ticket": "T-1", "account": "Acme"}
    asked = service.olga.send("POST", f"{API}/requests", json=new).json["id"]
    ada = service.world.signed_in("ada")
    assert ada.send("DELETE", f"/api/v1/admin/support-requests/{asked}").status_code == 204
    assert service.olga.get(f"{API}/requests").json["items"] == []


def test_a_consent_that_the_agent_does_not_believe_is_refused_when_it_is_handed_in(
    service: Service, tmp_path: Path
) -> None:
    before = service.world.count_rows()
    service.customer.approver = Approver.create(tmp_path / "unknown.key", None)
    answer = service.hand_in()
    assert (answer.status_code, answer.json["code"]) == (400, "bad_consent")
    assert "No approver whom the key agent trusts signed it (unknown-approver)." in answer.json["detail"]
    assert service.world.count_rows() == before
    assert service.world.events()[-1] == "refused"


def test_admins_read_how_much_was_used_and_what_the_agent_thinks(service: Service) -> None:
    consent_id = service.hand_in().json["items"][0]["id"]
    service.olga.get(service.media(consent_id))
    ada = service.world.signed_in("ada")
    [given] = ada.get("/api/v1/admin/consents").json["items"]
    assert (given["standing"], given["used"], given["refused"]) == ("stands", 1, None)
    assert "1 of 3 openings used" in ada.get("/admin/consents").text
    service.distrust()
    [given] = ada.get("/api/v1/admin/consents").json["items"]
    assert (given["standing"], given["used"], given["refused"]) == ("stands", None, "unknown-approver")
    assert "The key agent opens nothing under it: unknown-approver" in ada.get("/admin/consents").text


def test_with_the_agent_away_consents_are_shown_and_none_is_taken(agentless: World) -> None:
    ada = agentless.signed_in("ada")
    assert ada.get("/admin/consents").status_code == 200
    olga = agentless.recstore.operators.create(EMAIL, password=None)
    document = Customer(agentless.account, Approver(Secret(bytes(32)))).sign(olga.id, at=agentless.clock())
    answer = ada.send("POST", "/api/v1/admin/consents", json={"document": document})
    assert (answer.status_code, answer.json["code"]) == (503, "keys_unavailable")


def test_what_the_agent_stops_believing_is_refused_with_its_word(service: Service) -> None:
    consent_id = service.hand_in().json["items"][0]["id"]
    service.distrust()
    answer = service.olga.get(service.media(consent_id))
    assert (answer.status_code, answer.json["code"]) == (403, "consent_refused")
    assert "unknown-approver" in answer.json["detail"]
    assert service.world.events()[-3:] == ["supported", "key-asked", "key-not-given"]


@pytest.mark.parametrize(
    ("document", "code"), [("yes", "bad_consent"), ("{}", "bad_consent"), ("", "bad_consent")]
)
def test_what_is_no_signed_consent_is_refused(service: Service, document: str, code: str) -> None:
    answer = service.world.signed_in("ada").send(
        "POST", "/api/v1/admin/consents", json={"document": document}
    )
    assert (answer.status_code, answer.json["code"]) == (400, code)


class TestSessionsApart:
    def test_attacker_comes_to_users_places_as_an_operator(self, service: Service) -> None:
        item = f"/api/v1/recordings/{service.world.recording}"
        for path in ("/api/v1/session", "/api/v1/recordings", item, f"{item}/media", "/api/v1/admin/journal"):
            assert service.olga.get(path).status_code == 401, path

    def test_attacker_comes_to_operators_places_as_an_admin(self, service: Service) -> None:
        consent_id = service.hand_in().json["items"][0]["id"]
        ada = service.world.signed_in("ada")
        for path in (f"{API}/session", f"{API}/consents", service.media(consent_id)):
            assert ada.get(path).status_code == 401, path

    def test_attacker_sends_an_operators_change_from_another_site(self, service: Service) -> None:
        new = {"item": str(uuid4()), "purpose": "damage", "ticket": "T-1", "account": "Acme"}
        answer = service.olga.client.post(f"{API}/requests", json=new, headers={"Origin": "http://localhost"})
        assert (answer.status_code, answer.json["code"]) == (403, "csrf")

    def test_attacker_guesses_an_operators_password(self, service: Service) -> None:
        client = service.world.guest()
        wrong = {"email": EMAIL, "password": "not this one at all"}
        answers = [client.post(f"{API}/session", json=wrong).status_code for _ in range(9)]
        assert answers == [401] * 8 + [429]

    def test_a_sign_in_is_a_line_in_the_log_without_a_name(
        self, service: Service, capfd: pytest.CaptureFixture[str]
    ) -> None:
        capfd.readouterr()
        sent = {"email": EMAIL, "password": PASSWORD}
        service.world.guest().post(
            f"{API}/session", json=sent
        ).close()  # it is written when the answer has left
        [line] = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
        assert (line["route"], line["status"], line["operator"]) == (
            f"{API}/session",
            200,
            str(service.olga_id),
        )
        assert "olga" not in json.dumps(line)

    def test_signed_out_is_signed_out(self, service: Service) -> None:
        assert service.olga.send("DELETE", f"{API}/session").status_code == 204
        assert service.olga.get(f"{API}/consents").status_code == 401


def test_a_consent_with_a_number_that_is_none_is_refused(service: Service) -> None:
    document = service.customer.sign(service.olga_id, at=service.world.clock())
    odd = document.replace('"openings":3', '"openings":1e999')
    answer = service.world.signed_in("ada").send("POST", "/api/v1/admin/consents", json={"document": odd})
    assert (answer.status_code, answer.json["code"]) == (400, "bad_consent")


def test_one_browser_holds_a_user_and_an_operator_and_both_go_on(service: Service) -> None:
    ada = service.world.signed_in("ada")
    new = {"item": str(uuid4()), "purpose": "damage", "ticket": "T-1", "account": "Acme"}
    olga = Browser.sign_in_operator(ada.client, EMAIL)
    assert olga.send("POST", f"{API}/requests", json=new).status_code == 201
    [asked] = ada.get("/api/v1/admin/support-requests").json["items"]
    refused = ada.send("DELETE", f"/api/v1/admin/support-requests/{asked['id']}")
    assert refused.status_code == 204, refused.text
    assert olga.send("POST", f"{API}/requests", json=new).status_code == 201
