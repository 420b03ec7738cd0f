"""An operator and a customer: what consent opens, and that nothing opens without, whatever rows there are."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from keys.approver import Approver
from keys.grants import Purpose, read_signed, write_signed
from recstore.catalog.consents import ConsentRow
from recstore.errors import BadInput, Conflict, KeysUnavailable, NotThere, Refused, Throttled
from recstore.model import Event, Kind
from recstore.operators import KnownOperator
from recstore.support import MOST_WAITING
from tests.consenting import Customer
from tests.core_fixtures import MEDIA, Case

PASSWORD = "correct horse battery"


@dataclass
class Support:
    """The usual case, with Olga, who runs the service, and the customer's approver."""

    case: Case
    home: Path
    customer: Customer
    olga: KnownOperator

    @property
    def recstore(self) -> Any:
        return self.case.house.recstore

    def given(self, document: str) -> UUID:
        row: ConsentRow = self.recstore.consents.hand_in(self.case.ada, document)
        return row.id

    def signed(self, **changes: Any) -> str:
        return self.customer.sign(self.olga.id, at=self.case.house.clock(), **changes)

    def planted(self, document: bytes, *, operator_id: UUID | None = None) -> UUID:
        """A row that somebody with the database wrote, past the product."""
        clock, account_id = self.case.house.clock, self.case.account_id
        row = ConsentRow(
            account_id=account_id,
            id=uuid.uuid4(),
            operator_id=operator_id or self.olga.id,
            nonce=uuid.uuid4().bytes,
            document=document,
            not_after=clock() + timedelta(hours=1),
            given_at=clock(),
            withdrawn_at=None,
            expiry_noted=False,
        )
        from recstore.catalog import operators

        with self.case.house.catalog.change(account_id) as tx:
            tx.add(row)
            operators.note_account(tx.session, self.olga.id, account_id)
        return row.id

    def open(self, consent_id: UUID, item_id: UUID | None = None, kind: Kind = Kind.RECORDING) -> bytes:
        content = self.recstore.support.open(self.olga, consent_id, kind, item_id or self.case.item_id)
        return b"".join(content.read(0, content.length))

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line.text) for line in self.case.house.journal(self.case.account_id)]

    def agents_log(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in (self.home / "log.jsonl").read_text().splitlines()]
        return [line for line in lines if line["request"].get("account_id") == str(self.case.account_id)]


@pytest.fixture
def support(any_case: Case, core_agent: Path, tmp_path: Path) -> Support:
    house, home = any_case.house, core_agent.parent / "keys"
    email = f"olga-{uuid.uuid4()}@service.example"
    house.recstore.operators.create(email, password=PASSWORD)
    signed_in = house.recstore.operators.sign_in(email, PASSWORD, origin="192.0.2.1")
    customer = Customer.of(any_case.account_id, home=home, folder=tmp_path)
    return Support(any_case, home, customer, signed_in.operator)


def test_an_operator_opens_with_consent_and_the_customer_reads_it_in_the_journal(support: Support) -> None:
    consent_id = support.given(support.signed(items=(support.case.item_id,)))
    assert support.open(consent_id) == MEDIA
    [entry] = [one for one in support.journal() if one["event"] == "supported"]
    assert (entry["event"], entry["actor"], entry["item"]) == (
        "supported",
        f"operator:{support.olga.id}",
        str(support.case.item_id),
    )
    assert entry["detail"]["rule"] == "consented-supports"
    assert entry["detail"]["session"] == str(consent_id)
    opened = support.agents_log()[-1]
    assert (opened["outcome"], opened["request"]["actor"], opened["request"]["decision"]) == (
        "opened",
        str(support.olga.id),
        str(entry["index"]),
    )


def test_a_long_look_is_one_opening(support: Support) -> None:
    consent_id = support.given(support.signed(openings=1))
    for _ in range(3):
        assert support.open(consent_id) == MEDIA
        support.case.house.clock.move(seconds=50)  # no key is held that long
    assert support.case.house.events(support.case.account_id).count("supported") == 1


Forge = Callable[[Support], str | bytes]
OTHER = uuid.uuid4()

# what the operator's side has written into the database → what stops it: the gate's facts, or the agent
FORGERIES: dict[str, tuple[Forge, str]] = {
    "nothing of the kind": (lambda one: b"yes", "gate"),
    "early": (lambda one: sign(one, not_before=1, not_after=2), "gate"),
    "expired": (lambda one: sign(one, not_before=-2, not_after=-1), "gate"),
    "for another account": (lambda one: one.signed(account_id=OTHER), "gate"),
    "for another item": (lambda one: one.signed(items=(OTHER,)), "gate"),
    "for another operator": (lambda one: one.customer.sign(OTHER, at=one.case.house.clock()), "gate"),
    "signed by the operator's own key": (lambda one: own(one), "unknown-approver"),
    "signed by the operator in the customer's name": (lambda one: own(one, named=True), "bad-signature"),
    "made longer": (
        lambda one: altered(
            one, not_after=one.case.house.clock().replace(microsecond=0) + timedelta(hours=3)
        ),
        "bad-signature",
    ),
    "made for more openings": (lambda one: altered(one, openings=99), "bad-signature"),
    "made for another purpose": (lambda one: altered(one, purpose=Purpose.SECURITY), "bad-signature"),
    "with another ticket": (lambda one: altered(one, ticket="T-2"), "bad-signature"),
    "with another nonce": (lambda one: altered(one, nonce=bytes(16)), "bad-signature"),
    "with one bit of its signature flipped": (lambda one: flipped(one), "bad-signature"),
}


def sign(one: Support, **hours: int) -> str:
    at = one.case.house.clock().replace(microsecond=0)
    return one.signed(**{name: at + timedelta(hours=number) for name, number in hours.items()})


def own(one: Support, *, named: bool = False) -> bytes:
    path = one.case.house.recstore.settings.data / f"{uuid.uuid4()}.key"
    approver = Approver.create(path, None)
    name = one.customer.approver.public.id if named else approver.public.id
    consent = one.customer.consent(one.olga.id, at=one.case.house.clock(), approver=name)
    return write_signed(approver.sign(consent))


def altered(one: Support, **changes: Any) -> bytes:
    signed = read_signed(one.signed().encode())
    return write_signed(replace(signed, consent=replace(signed.consent, **changes)))


def flipped(one: Support) -> bytes:
    signed = read_signed(one.signed().encode())
    return write_signed(replace(signed, signature=bytes([signed.signature[0] ^ 1]) + signed.signature[1:]))


@pytest.mark.parametrize(("forge", "stopped_by"), FORGERIES.values(), ids=FORGERIES)
def test_attacker_writes_a_row_into_the_database(support: Support, forge: Forge, stopped_by: str) -> None:
    document = forge(support)
    consent_id = support.planted(document.encode() if isinstance(document, str) else document)
    before = len(support.agents_log())
    with pytest.raises((NotThere, Refused)) as refused:
        support.open(consent_id)
    logged = support.agents_log()[before:]
    if stopped_by == "gate":
        assert isinstance(refused.value, NotThere)
        assert logged == []
        if document != b"yes":  # what is no consent is not looked for in any account
            assert support.journal()[-1]["event"] == "refused"
        return
    assert refused.value.code == "consent_refused"
    assert [(line["outcome"], line["code"]) for line in logged] == [("refused", stopped_by)]
    events = [(entry["event"], entry["detail"].get("code")) for entry in support.journal()[-3:]]
    assert events == [("supported", None), ("key-asked", None), ("key-not-given", stopped_by)]


def test_attacker_opens_more_often_than_agreed(support: Support) -> None:
    consent_id = support.given(support.signed(openings=1))
    other = support.case.house.record(support.case.account_id, ref="rec-2")
    assert support.open(consent_id) == MEDIA
    with pytest.raises(Refused, match="used-up"):
        support.open(consent_id, other)
    assert support.journal()[-1]["detail"]["code"] == "used-up"


def test_attacker_replays_a_consent_as_another_row(support: Support) -> None:
    document = support.signed(openings=1)
    assert support.open(support.given(document)) == MEDIA
    again = support.planted(document.encode())
    with pytest.raises(Refused, match="used-up"):
        support.open(again)
    with pytest.raises(Conflict):
        support.given(document)


def test_attacker_without_a_session_uses_a_consent(support: Support) -> None:
    consent_id = support.given(support.signed())
    support.recstore.operators.sign_out(support.olga)
    with pytest.raises(NotThere):
        support.open(consent_id)


def test_attacker_is_another_operator(support: Support) -> None:
    consent_id = support.given(support.signed())
    otto = replace(support.olga, id=uuid.uuid4())
    with pytest.raises(NotThere):
        support.recstore.support.open(otto, consent_id, Kind.RECORDING, support.case.item_id)


def test_a_withdrawn_consent_ends_what_streams_and_the_agent_knows(support: Support) -> None:
    consent_id = support.given(support.signed())
    content = support.recstore.support.open(support.olga, consent_id, Kind.RECORDING, support.case.item_id)
    support.recstore.consents.withdraw(support.case.ada, consent_id)
    with pytest.raises(NotThere):
        content.gate.still_holds(content.grant)
    assert support.agents_log()[-1]["asked"] == "withdraw-consent"
    with support.case.house.catalog.change(support.case.account_id) as tx:  # the operator puts the row back
        row = tx.get(ConsentRow, consent_id)
        assert row is not None
        row.withdrawn_at = None
    support.case.house.clock.move(seconds=50)
    with pytest.raises(Refused, match="withdrawn"):
        support.open(consent_id)


def test_the_agent_being_away_is_no_refusal(support: Support, monkeypatch: pytest.MonkeyPatch) -> None:
    consent_id = support.given(support.signed())

    def away(*_: object) -> None:
        raise KeysUnavailable("away")

    monkeypatch.setattr(type(support.recstore.custody), "data_key", away)
    with pytest.raises(KeysUnavailable):
        support.open(consent_id)


def test_a_chat_is_opened_without_what_was_sent_to_single_people(support: Support) -> None:
    house = support.case.house
    messages = [house.message("m1", "p1", "everyone"), house.message("m2", "p1", ["p2"], "between us")]
    chat = house.chat(support.case.account_id, messages)
    consent_id = support.given(support.signed())
    content = support.recstore.support.open(support.olga, consent_id, Kind.TRANSCRIPT, chat)
    assert [one["ref"] for one in support.recstore.playback.messages(content.grant)] == ["m1"]


class TestRequests:
    def ask(self, support: Support, item_id: UUID | None = None, **changes: Any) -> Any:
        usual = {"purpose": "playback", "ticket": "T-1"} | changes
        account = str(support.case.account_id)
        return support.recstore.support.ask(support.olga, account, item_id or support.case.item_id, **usual)

    def test_an_admin_sees_who_asks_for_what_and_grants(self, support: Support) -> None:
        asked = self.ask(support)
        [waiting] = support.recstore.consents.waiting(support.case.ada)
        assert (waiting.request.id, waiting.operator) == (asked.id, support.olga.email)
        assert waiting.item.id == support.case.item_id
        support.given(support.signed(items=(support.case.item_id,)))
        assert support.recstore.consents.waiting(support.case.ada) == []
        assert support.case.house.events(support.case.account_id)[-2:] == ["consent-asked", "consent-given"]

    def test_a_request_tells_nothing_of_whether_the_item_is_there(self, support: Support) -> None:
        self.ask(support, uuid.uuid4())
        [waiting] = support.recstore.consents.waiting(support.case.ada)
        assert waiting.item is None

    def test_an_admin_refuses(self, support: Support) -> None:
        asked = self.ask(support)
        support.recstore.consents.refuse(support.case.ada, asked.id)
        assert support.recstore.support.waiting(support.olga) == []
        assert support.case.house.events(support.case.account_id)[-1] == "consent-refused"
        with pytest.raises(NotThere):
            support.recstore.consents.refuse(support.case.ada, asked.id)

    def test_a_request_lapses_after_twelve_hours(self, support: Support) -> None:
        self.ask(support)
        clock = support.case.house.clock
        clock.move(hours=12, microseconds=-1)
        ada = support.case.house.session(support.case.account_id, support.case.ada.user_id)
        assert len(support.recstore.consents.waiting(ada)) == 1
        clock.move(microseconds=1)
        assert support.recstore.consents.waiting(ada) == []
        assert support.case.house.events(support.case.account_id)[-1] == "consent-lapsed"

    def test_the_end_of_a_consent_is_in_the_journal(self, support: Support) -> None:
        support.given(support.signed())
        support.case.house.clock.move(hours=1)
        [given] = support.recstore.consents.read(support.case.ada)
        assert given.standing == "expired"
        assert support.case.house.events(support.case.account_id)[-1] == "consent-expired"
        support.recstore.consents.read(support.case.ada)
        assert support.case.house.events(support.case.account_id).count(Event.CONSENT_EXPIRED) == 1

    def test_attacker_buries_an_admin_in_requests(self, support: Support) -> None:
        for number in range(MOST_WAITING):
            self.ask(support, ticket=f"T-{number}")
        with pytest.raises(Throttled):
            self.ask(support)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            pytest.param({"purpose": "curiosity"}, "bad_purpose", id="for a purpose that there is not"),
            pytest.param({"ticket": "about Eve's film"}, "bad_ticket", id="with a sentence for a ticket"),
        ],
    )
    def test_is_refused(self, support: Support, changes: dict[str, str], code: str) -> None:
        before = support.case.house.snapshot(support.case.account_id)
        with pytest.raises(BadInput) as refused:
            self.ask(support, **changes)
        assert refused.value.code == code
        assert support.case.house.snapshot(support.case.account_id) == before

    def test_attacker_is_no_admin(self, support: Support) -> None:
        asked = self.ask(support)
        consent_id = support.given(support.signed())
        service, ann = support.recstore.consents, support.case.ann
        for call in (
            lambda: service.waiting(ann),
            lambda: service.read(ann),
            lambda: service.hand_in(ann, support.signed()),
            lambda: service.refuse(ann, asked.id),
            lambda: service.withdraw(ann, consent_id),
        ):
            with pytest.raises(NotThere):
                call()
