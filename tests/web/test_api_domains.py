"""An account's domains over HTTP: the admin's way to colleagues elsewhere, and what attackers try on it."""

from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from tests.published import Published
from tests.web.acme import PASSWORD, World

DOMAINS = "/api/v1/admin/domains"
NAME = "sub.example"


def dns(world: World) -> Published:
    return cast(Published, world.recstore.domains.resolver)


def add(world: World, name: str = NAME, by: str = "ada") -> Any:
    answer = world.signed_in(by).send("POST", DOMAINS, json={"domain": name})
    assert answer.status_code == 201, answer.text
    return answer.json


def publish(world: World, domain: Any) -> None:
    dns(world).texts_of.setdefault(domain["record"]["name"], []).append(domain["record"]["value"])


def send(world: World, method: str, domain: Any, step: str = "", by: str = "ada", **document: Any) -> Any:
    options = {"json": document} if document else {}
    return world.signed_in(by).send(method, f"{DOMAINS}/{domain['id']}{step}", **options)


def register(world: World, email: str) -> UUID:
    return world.recstore.accounts.create_user(
        world.account, email=email, name="Tom Tester", admin=False, password=None
    ).id


def find(world: World, who: str) -> list[str]:
    answer = world.signed_in(who).get("/api/v1/directory?q=tom")
    return [user["id"] for user in answer.json["items"]]


def test_an_admin_proves_a_domain_and_colleagues_there_are_found_and_shared_with(world: World) -> None:
    tom = register(world, f"tom@{NAME}")
    path = f"/api/v1/recordings/{world.recording}/shares/{tom}"
    share = {"access": "shared"}
    assert find(world, "ann") == []
    refused = world.signed_in("ann").send("PUT", path, json=share)
    assert (refused.status_code, refused.json["code"]) == (400, "user_unknown")

    domain = add(world)
    assert domain == domain | {"domain": NAME, "proven_at": None, "enabled": False, "people": 1}
    assert domain["record"]["type"] == "TXT"
    early = send(world, "PATCH", domain, enabled=True)
    assert (early.status_code, early.json["code"]) == (409, "domain_unproven")
    assert send(world, "POST", domain, "/check").json["proven_at"] is None
    publish(world, domain)
    proven = send(world, "POST", domain, "/check").json
    assert proven["proven_at"] is not None
    assert find(world, "ann") == []
    enabled = send(world, "PATCH", domain, enabled=True).json
    assert enabled == proven | {"enabled": True}
    listed = world.signed_in("ada").get(DOMAINS).json["items"]
    assert [row["domain"] for row in listed] == ["acme.example", NAME]
    assert listed[1] == enabled

    assert find(world, "ann") == [str(tom)]
    assert world.signed_in("ann").send("PUT", path, json=share).status_code == 200
    assert send(world, "PATCH", domain, enabled=False).json["enabled"] is False
    assert find(world, "ann") == []
    shares = world.signed_in("ann").get(f"/api/v1/recordings/{world.recording}/shares").json
    assert str(tom) in str(shares)
    assert send(world, "DELETE", domain).status_code == 204
    assert send(world, "DELETE", domain).status_code == 404
    told = [event for event in world.events() if event.startswith("domain-")]
    assert told[1:] == [f"domain-{what}" for what in ("added", "proven", "enabled", "disabled", "removed")]


REFUSED = {
    "a public domain": ("gmail.com", 400, "domain_public"),
    "a public domain in capitals with a dot": ("GMAIL.COM.", 400, "domain_public"),
    "a domain below a public one": ("corp.gmail.com", 400, "domain_public"),
    "an address": ("ada@acme.example", 400, "bad_domain"),
    "an IP address": ("192.0.2.7", 400, "bad_domain"),
    "nothing": ("", 400, "bad_domain"),
    "what is there already": ("Acme.Example.", 409, "domain_exists"),
    "a text without end": ("a" * 1001, 400, "bad_document"),
    "no text": (7, 400, "bad_document"),
}


@pytest.mark.parametrize(("name", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_attacker_claims_what_nobody_can_claim(
    calm_world: World, name: object, status: int, code: str
) -> None:
    before = calm_world.count_rows()
    answer = calm_world.signed_in("ada").send("POST", DOMAINS, json={"domain": name})
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert calm_world.count_rows() == before


def test_dns_that_is_away_is_told_apart_from_a_missing_proof(world: World) -> None:
    domain = add(world)
    dns(world).is_away = True
    answer = send(world, "POST", domain, "/check")
    assert (answer.status_code, answer.json["code"]) == (503, "dns_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_attacker_makes_an_admins_browser_change_domains(world: World) -> None:
    domain, ada = add(world), world.signed_in("ada")
    before = world.count_rows()
    path = f"{DOMAINS}/{domain['id']}"
    for method, address, document in (
        ("POST", DOMAINS, {"domain": "evil.example"}),
        ("POST", f"{path}/check", None),
        ("PATCH", path, {"enabled": True}),
        ("DELETE", path, None),
    ):
        without = ada.client.open(address, method=method, json=document)
        elsewhere = ada.send(method, address, json=document, headers={"Origin": "https://evil.example"})
        assert (without.status_code, elsewhere.status_code) == (403, 403)
    assert world.count_rows() == before
    assert dns(world).asked == []


def test_attacker_who_is_another_accounts_admin_meets_nothing_here(world: World) -> None:
    domain, other = add(world), world.recstore.accounts.find("Other").id
    world.recstore.accounts.create_user(
        other, email="olaf@other.example", name="Olaf", admin=True, password=PASSWORD
    )
    publish(world, domain)
    assert [row["domain"] for row in world.signed_in("olaf").get(DOMAINS).json["items"]] == ["other.example"]
    for method, step, document in (
        ("POST", "/check", {}),
        ("PATCH", "", {"enabled": True}),
        ("DELETE", "", {}),
    ):
        theirs, nobody = (
            send(world, method, which, step, by="olaf", **document)
            for which in (domain, {"id": str(uuid4())})
        )
        assert (theirs.status_code, theirs.data) == (nobody.status_code, nobody.data)
        assert theirs.status_code == 404
        assert sorted(theirs.headers.items()) == sorted(nobody.headers.items())
    assert dns(world).asked == []
    # Their own claim of the same domain is possible, and our published text proves nothing there.
    theirs = add(world, by="olaf")
    assert theirs["record"]["value"] != domain["record"]["value"]
    assert send(world, "POST", theirs, "/check", by="olaf").json["proven_at"] is None


def form(world: World, who: str, path: str, **fields: str) -> Any:
    return world.signed_in(who).send("POST", path, data=fields)


def test_attacker_sends_the_pages_forms(world: World) -> None:
    domain, page = add(world), "/admin/domains"
    for who, status in (("guest", 302), ("ann", 404), ("otto", 404), ("ada", 200)):
        assert world.send(who, "GET", page).status_code == status
    before = world.count_rows()
    for who in ("ann", "otto"):
        for path, fields in (
            (page, {"domain": "evil.example"}),
            (f"{page}/{domain['id']}", {"change": "remove"}),
        ):
            assert form(world, who, path, **fields).status_code == 404
    ada = world.signed_in("ada").client
    assert ada.post(f"{page}/{domain['id']}", data={"change": "remove"}).status_code == 403
    assert form(world, "ada", f"{page}/{uuid4()}", change="remove").status_code == 404
    assert form(world, "ada", f"{page}/{domain['id']}", change="own").status_code == 303
    assert world.count_rows() == before
    assert "There is no such change; nothing was changed." in ada.get(page).text


def test_attacker_cannot_tell_a_hidden_colleague_from_nobody(world: World) -> None:
    tom, ann = register(world, "tom@gmail.com"), world.signed_in("ann")
    path = f"/api/v1/recordings/{world.recording}/shares"
    for access in ("shared", "excluded"):
        hidden, absent, outsider = (
            ann.send("PUT", f"{path}/{user_id}", json={"access": access})
            for user_id in (tom, uuid4(), world.users["otto"])
        )
        assert (hidden.status_code, hidden.json["code"]) == (400, "user_unknown")
        for answer in (absent, outsider):
            assert (answer.data, sorted(answer.headers)) == (hidden.data, sorted(hidden.headers))
    hidden, absent = (ann.send("DELETE", f"{path}/{user_id}") for user_id in (tom, uuid4()))
    assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data) == (204, b"")
    ask = "/api/v1/explain?action=open&item={}&viewer={}"
    told = [
        ann.get(ask.format(world.recording, named)).json
        for named in (tom, "tom@gmail.com", uuid4(), "nobody@gmail.com", world.users["otto"])
    ]
    assert told == [told[0]] * 5


def test_an_admin_who_appoints_finds_everybody(world: World) -> None:
    tom = register(world, "tom@gmail.com")
    found = world.signed_in("ada").get("/api/v1/admin/users?q=tom").json["items"]
    assert found == [{"id": str(tom), "name": "Tom Tester", "email": "tom@gmail.com"}]
    appoint = f"/api/v1/admin/recordings/{world.recording}/responsible"
    assert world.signed_in("ada").send("PUT", appoint, json={"user_id": str(tom)}).status_code == 204
    assert world.signed_in("ada").get("/api/v1/admin/users?q=otto").json["items"] == []
