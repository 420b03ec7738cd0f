"""An account's domains: added, proven in DNS, enabled, and what attackers try with them."""

import json
import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest

from recstore.access.viewer import Viewer
from recstore.domains import MOST, Claimed, Domains
from recstore.errors import BadInput, Conflict, DnsUnavailable, NotThere, RecstoreError
from recstore.journal.entry import find_fault
from tests.core_fixtures import JOURNAL, Case, House, furnish
from tests.published import Published

NAME = "sub.example"


def domains(house: House) -> Domains:
    return house.recstore.domains


def dns(house: House) -> Published:
    return cast(Published, domains(house).resolver)


def publish(house: House, claimed: Claimed) -> None:
    dns(house).texts_of[claimed.record_name] = ["v=spf1 -all", claimed.record_text]


def prove(house: House, admin: Viewer, name: str = NAME) -> Claimed:
    claimed = domains(house).add(admin, name)
    publish(house, claimed)
    return domains(house).check(admin, claimed.id)


def told(case: Case) -> list[str]:
    return [event for event in case.house.events(case.account_id) if event.startswith("domain-")]


def test_a_domain_from_its_adding_to_its_end(any_case: Case) -> None:
    house, ada = any_case.house, any_case.ada
    [first] = domains(house).read(ada)  # named when the account was created
    assert (first.domain, first.proven_at, first.enabled, first.people) == ("acme.example", None, False, 3)

    claimed = domains(house).add(ada, " Sub.Example. ")
    assert (claimed.domain, claimed.proven_at, claimed.enabled, claimed.people) == (NAME, None, False, 0)
    assert claimed.record_name == "_recstore-challenge.sub.example"
    assert claimed.record_text.startswith("recstore-domain=")
    assert len(claimed.record_text) > 48

    assert domains(house).check(ada, claimed.id).proven_at is None
    publish(house, claimed)
    assert domains(house).check(ada, claimed.id).proven_at == house.clock()
    assert dns(house).asked == [claimed.record_name] * 2
    assert domains(house).enable(ada, claimed.id, enabled=True).enabled
    assert domains(house).enable(ada, claimed.id, enabled=True).enabled
    assert not domains(house).enable(ada, claimed.id, enabled=False).enabled
    domains(house).remove(ada, claimed.id)
    assert domains(house).read(ada) == [first]
    assert told(any_case) == [
        *("domain-added", "domain-added", "domain-proven"),
        *("domain-enabled", "domain-disabled", "domain-removed"),
    ]
    assert find_fault(house.journal(any_case.account_id)) is None


def test_the_journal_says_who_and_which_and_keeps_the_name_erasable(case: Case) -> None:
    claimed = domains(case.house).add(case.ada, NAME)
    line = case.house.journal(case.account_id)[-1]
    entry = json.loads(line.text)
    assert (entry["actor"], entry["detail"]) == (str(case.ada.user_id), {"domain": str(claimed.id)})
    assert NAME not in line.text
    assert json.loads(line.private or "") == {"domain": NAME}
    assert claimed.token not in line.text + (line.private or "")


def test_a_proof_may_be_asked_anew_and_one_that_is_gone_ends(case: Case) -> None:
    house = case.house
    claimed = prove(house, case.ada)
    domains(house).enable(case.ada, claimed.id, enabled=True)
    house.clock.move(minutes=30)
    again = domains(house).check(case.ada, claimed.id)
    assert (again.proven_at, again.enabled) == (house.clock(), True)
    dns(house).texts_of.clear()
    gone = domains(house).check(case.ada, claimed.id)
    assert (gone.proven_at, gone.enabled) == (None, False)
    assert told(case)[-2:] == ["domain-proven", "domain-unproven"]
    domains(house).check(case.ada, claimed.id)
    assert told(case)[-1] == "domain-unproven"
    assert told(case).count("domain-unproven") == 1


@pytest.mark.parametrize("is_proven", [False, True])
def test_dns_that_is_away_proves_nothing_and_disproves_nothing(case: Case, is_proven: bool) -> None:
    house = case.house
    claimed = prove(house, case.ada) if is_proven else domains(house).add(case.ada, NAME)
    house.open_texts(case.account_id)
    dns(house).is_away, before = True, house.snapshot(case.account_id)
    with pytest.raises(DnsUnavailable):
        domains(house).check(case.ada, claimed.id)
    assert house.snapshot(case.account_id) == before


def test_dns_that_is_slow_holds_nobody_up(case: Case) -> None:
    house = case.house
    claimed = domains(house).add(case.ada, NAME)
    publish(house, claimed)
    dns(house).meanwhile = lambda: domains(house).add(case.ada, "another.example")
    assert domains(house).check(case.ada, claimed.id).proven_at
    assert len(domains(house).read(case.ada)) == 3


def test_attacker_removes_and_claims_again_while_an_old_proof_is_looked_up(case: Case) -> None:
    house = case.house
    claimed = domains(house).add(case.ada, NAME)
    publish(house, claimed)

    def swap() -> None:
        dns(house).meanwhile = lambda: None
        domains(house).remove(case.ada, claimed.id)
        domains(house).add(case.ada, NAME)

    dns(house).meanwhile = swap
    with pytest.raises(NotThere):
        domains(house).check(case.ada, claimed.id)
    assert [row.proven_at for row in domains(house).read(case.ada)] == [None, None]


def test_an_admin_who_loses_the_office_during_a_look_up_proves_nothing(case: Case) -> None:
    house = case.house
    claimed = domains(house).add(case.ada, NAME)
    publish(house, claimed)
    dns(house).meanwhile = lambda: house.deactivate(case.ada)
    with pytest.raises(NotThere):
        domains(house).check(case.ada, claimed.id)
    assert "domain-proven" not in told(case)


TOO_LONG = ".".join(["a" * 60] * 4 + ["example"])  # a domain still, but no room for the challenge
Attempt = Callable[[Case, Claimed], Any]
REFUSALS: dict[str, tuple[str, Attempt]] = {
    "a public domain": ("domain_public", lambda case, _: domains(case.house).add(case.ada, "gmail.com")),
    "one below it": ("domain_public", lambda case, _: domains(case.house).add(case.ada, "My.Gmail.com.")),
    "what is no domain": (
        "bad_domain",
        lambda case, _: domains(case.house).add(case.ada, "ann@acme.example"),
    ),
    "a name too long to prove": (
        "bad_domain",
        lambda case, _: domains(case.house).add(case.ada, TOO_LONG),
    ),
    "one that is there": ("domain_exists", lambda case, _: domains(case.house).add(case.ada, "SUB.example.")),
    "enabling without a proof": (
        "domain_unproven",
        lambda case, claimed: domains(case.house).enable(case.ada, claimed.id, enabled=True),
    ),
    "one that is nowhere": ("not_found", lambda case, _: domains(case.house).check(case.ada, uuid.uuid4())),
    "adding, by a user": ("not_found", lambda case, _: domains(case.house).add(case.ann, "new.example")),
    "reading, by a user": ("not_found", lambda case, _: domains(case.house).read(case.ann)),
    "checking, by a user": (
        "not_found",
        lambda case, claimed: domains(case.house).check(case.ann, claimed.id),
    ),
    "enabling, by a user": (
        "not_found",
        lambda case, claimed: domains(case.house).enable(case.bo, claimed.id, enabled=False),
    ),
    "removing, by a user": (
        "not_found",
        lambda case, claimed: domains(case.house).remove(case.bo, claimed.id),
    ),
}


UNNOTED = {"what is no domain", "a name too long to prove", "reading, by a user"}  # slips, and no change


@pytest.mark.parametrize("title", REFUSALS)
def test_what_is_refused_changes_nothing_and_leaves_its_entry(case: Case, title: str) -> None:
    code, attempt = REFUSALS[title]
    claimed = domains(case.house).add(case.ada, NAME)
    noted = [] if title in UNNOTED else [code]
    with case.house.only_noted(case.account_id, *noted), pytest.raises(RecstoreError) as refused:
        attempt(case, claimed)
    assert refused.value.code == code
    assert dns(case.house).asked == []


def test_a_refused_claim_leaves_who_tried_what_and_not_the_name(case: Case) -> None:
    with pytest.raises(BadInput):
        domains(case.house).add(case.ada, "my.gmail.com")
    line = case.house.journal(case.account_id)[-1]
    entry = json.loads(line.text)
    assert (entry["actor"], entry["detail"]["action"]) == (str(case.ada.user_id), "add a domain")
    assert "gmail" not in line.text + (line.private or "")


@pytest.mark.parametrize("was_there", [True, False])
def test_attacker_holds_back_an_answer_of_dns_until_the_record_changed(case: Case, was_there: bool) -> None:
    """What was asked first is answered last, and must not win over what was asked after it."""
    house = case.house
    claimed = domains(house).add(case.ada, NAME)
    if was_there:
        publish(house, claimed)

    def ask_again() -> None:
        dns(house).meanwhile = lambda: None
        house.clock.move(seconds=5)
        old = dict(dns(house).texts_of)
        dns(house).texts_of.clear()
        if not was_there:
            publish(house, claimed)
        domains(house).check(case.ada, claimed.id)
        dns(house).texts_of = old  # the answer that is still on its way

    dns(house).meanwhile = ask_again
    answered = domains(house).check(case.ada, claimed.id)
    assert (answered.proven_at is not None) is not was_there


def test_there_is_an_end_to_adding(case: Case) -> None:
    for number in range(MOST - 1):
        domains(case.house).add(case.ada, f"d{number}.example")
    with pytest.raises(BadInput) as refused:
        domains(case.house).add(case.ada, "one-more.example")
    assert refused.value.code == "too_many_domains"


class TestAttackerInAnotherAccount:
    def test_reaches_no_domain_of_this_one(self, any_case: Case) -> None:
        house, claimed = any_case.house, domains(any_case.house).add(any_case.ada, NAME)
        eve, before = furnish(house).ada, house.snapshot(any_case.account_id, leave_out=JOURNAL)
        assert NAME not in {row.domain for row in domains(house).read(eve)}
        for attempt in (
            lambda: domains(house).check(eve, claimed.id),
            lambda: domains(house).enable(eve, claimed.id, enabled=False),
            lambda: domains(house).remove(eve, claimed.id),
        ):
            with pytest.raises(NotThere):
                attempt()
        assert house.snapshot(any_case.account_id, leave_out=JOURNAL) == before

    def test_cannot_use_the_proof_that_this_one_published(self, any_case: Case) -> None:
        house, other = any_case.house, furnish(any_case.house)
        prove(house, any_case.ada)
        theirs = domains(house).add(other.ada, NAME)
        assert domains(house).check(other.ada, theirs.id).proven_at is None
        with pytest.raises(Conflict):
            domains(house).enable(other.ada, theirs.id, enabled=True)

    def test_cannot_keep_this_one_from_proving_it_too(self, any_case: Case) -> None:
        house, other = any_case.house, furnish(any_case.house)
        prove(house, other.ada)
        mine = domains(house).add(any_case.ada, NAME)
        dns(house).texts_of[mine.record_name].append(mine.record_text)
        assert domains(house).check(any_case.ada, mine.id).proven_at

    def test_cannot_use_the_proof_of_one_domain_for_another(self, case: Case) -> None:
        proven, other = prove(case.house, case.ada), domains(case.house).add(case.ada, "other.example")
        dns(case.house).texts_of[other.record_name] = [proven.record_text]
        assert domains(case.house).check(case.ada, other.id).proven_at is None

    def test_cannot_use_an_old_proof_after_it_was_removed(self, case: Case) -> None:
        claimed = prove(case.house, case.ada)
        domains(case.house).remove(case.ada, claimed.id)
        again = domains(case.house).add(case.ada, NAME)
        assert again.token != claimed.token
        assert domains(case.house).check(case.ada, again.id).proven_at is None


@pytest.mark.parametrize(
    "text",
    ["RECSTORE-DOMAIN={}", " recstore-domain={}", "recstore-domain={} ", "{}", "recstore-domain={}=", ""],
)
def test_a_text_that_only_resembles_the_proof_is_none(case: Case, text: str) -> None:
    claimed = domains(case.house).add(case.ada, NAME)
    dns(case.house).texts_of[claimed.record_name] = [text.format(claimed.token)]
    assert domains(case.house).check(case.ada, claimed.id).proven_at is None


def test_a_new_account_starts_with_domains_that_still_want_a_proof(house: House) -> None:
    create = house.recstore.accounts.create
    name = f"Account {uuid.uuid4()}"
    account_id = create(name, domains=["Acme.example", "acme.example.", "bücher.example"]).id
    assert house.events(account_id) == ["account-created", "domain-added", "domain-added"]
    ada = house.user(account_id, "ada", admin=True)
    found = [(row.domain, row.proven_at, row.enabled) for row in domains(house).read(ada)]
    assert found == [("acme.example", None, False), ("xn--bcher-kva.example", None, False)]
    for wrong, code in (("gmail.com", "domain_public"), ("acme", "bad_domain")):
        with pytest.raises(BadInput) as refused:
            create(f"{name} again", domains=[wrong])
        assert refused.value.code == code
    assert create(f"{name} again", domains=["acme.example"]).name == f"{name} again"
