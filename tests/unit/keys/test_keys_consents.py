"""The forgery matrix: an operator's request, with every way in which its consent can be wrong."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.approver import Approver
from keys.consents import Consents
from keys.errors import AgentRefused, BadConsent, HomeUnfit, Refusal
from keys.grants import (
    LABEL,
    MOST_BYTES,
    MOST_ITEMS,
    ApproverKey,
    Consent,
    Kind,
    Purpose,
    SignedConsent,
    read_approver_key,
    read_signed,
    signed_bytes,
    write_signed,
)
from keys.passphrase_file import Cost
from keys.protocol import REQUESTS, OpenRequest, write_message
from keys.reasons import Reason
from keys.secret import Secret

OLGA = UUID(int=7)
ITEM = UUID(int=8)
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)


@pytest.fixture
def approver(world: Any, tmp_path: Path) -> Approver:
    """The customer's own key, which the agent's home was told of."""
    found = Approver.create(tmp_path / "approver.key", None)
    Consents(world.home).approvers.add(world.account_id, found.public)
    return found


def agreed(world: Any, by: Approver, /, **changes: Any) -> Consent:
    """What the customer agreed to, but for the changes: one opening of one item by Olga, within an hour."""
    return Consent(
        **{
            "account_id": world.account_id,
            "operator_id": OLGA,
            "items": (ITEM,),
            "purpose": Purpose.PLAYBACK,
            "ticket": "T-1",
            "not_before": world.now,
            "not_after": world.now + timedelta(hours=1),
            "openings": 1,
            "nonce": bytes(16),
            "approver": by.public.id,
        }
        | changes
    )


def asking(world: Any, signed: SignedConsent | bytes | None, **changes: Any) -> OpenRequest:
    """Ask as Olga's session does, with a consent."""
    from keys.wrap import PublicKey, wrap_data_key

    consent = write_signed(signed) if isinstance(signed, SignedConsent) else signed
    data_key_id = uuid4()
    usual = {"item_id": ITEM, "actor": str(OLGA), "reason": Reason.OPERATOR_SUPPORT, "purpose": "playback"}
    request: OpenRequest = world.request(**usual | {"consent": consent, "data_key_id": data_key_id} | changes)
    sealed = wrap_data_key(
        PublicKey(world.account_key.public_key),
        bytes(range(32)),
        account_id=world.account_id,
        item_id=request.item_id,
        generation=7,
        data_key_id=data_key_id,
    )
    return replace(request, sealed=sealed)


def test_a_consent_opens_what_it_is_for(world: Any, approver: Approver) -> None:
    request = asking(world, approver.sign(agreed(world, approver)))
    said, answer = world.ask(request)
    assert said == "opened"
    assert world.reply_key.open(answer["sealed"], request, attempt=1) == [Secret(bytes(range(32)))]
    [entry] = world.logged()
    logged = read_signed(base64.b64decode(entry["request"]["consent"]))
    assert (logged.consent.ticket, entry["request"]["purpose"], entry["outcome"]) == (
        "T-1",
        "playback",
        "opened",
    )


def test_a_consent_for_all_opens_any_item(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver, items=None))
    assert world.ask(asking(world, signed, item_id=uuid4()))[0] == "opened"


AGREED: dict[str, tuple[dict[str, Any], Refusal]] = {
    "for another account": ({"account_id": uuid4()}, Refusal.UNKNOWN_APPROVER),
    "for another item": ({"items": (uuid4(),)}, Refusal.OTHER_ITEM),
    "for another operator": ({"operator_id": uuid4()}, Refusal.OTHER_OPERATOR),
    "for another purpose": ({"purpose": Purpose.DAMAGE}, Refusal.OTHER_PURPOSE),
    "by a key that is not there": ({"approver": "0" * 32}, Refusal.UNKNOWN_APPROVER),
}


@pytest.mark.parametrize(("changes", "code"), AGREED.values(), ids=AGREED)
def test_attacker_uses_a_consent(world: Any, approver: Approver, changes: Any, code: Refusal) -> None:
    assert_refused(world, asking(world, approver.sign(agreed(world, approver, **changes))), code)


ASKED: dict[str, tuple[dict[str, Any], Refusal]] = {
    "without any": ({"consent": None}, Refusal.NO_CONSENT),
    "with words in its place": ({"consent": b"they said yes"}, Refusal.NO_CONSENT),
    "for an item that is not named": ({"item_id": uuid4()}, Refusal.OTHER_ITEM),
    "as another operator": ({"actor": str(uuid4())}, Refusal.OTHER_OPERATOR),
    "for a purpose that was not agreed to": ({"purpose": "security"}, Refusal.OTHER_PURPOSE),
    "and says no purpose": ({"purpose": None}, Refusal.OTHER_PURPOSE),
    "in another account": ({"account_id": uuid4()}, Refusal.OTHER_ACCOUNT),
}


@pytest.mark.parametrize(("changes", "code"), ASKED.values(), ids=ASKED)
def test_attacker_asks(world: Any, approver: Approver, changes: Any, code: Refusal) -> None:
    assert_refused(world, asking(world, approver.sign(agreed(world, approver)), **changes), code)


@pytest.mark.parametrize(
    ("moved", "code"),
    [
        pytest.param(timedelta(seconds=-1), Refusal.EARLY, id="early"),
        pytest.param(timedelta(0), None, id="the first moment"),
        pytest.param(timedelta(hours=1, microseconds=-1), None, id="the last moment"),
        pytest.param(timedelta(hours=1), Refusal.EXPIRED, id="expired"),
    ],
)
def test_attacker_comes_at_another_time(
    world: Any, approver: Approver, moved: timedelta, code: Refusal | None
) -> None:
    signed = approver.sign(agreed(world, approver))
    world.now += moved
    said, answer = world.ask(asking(world, signed))
    assert (said, answer.get("code")) == ("refused" if code else "opened", code)


def test_attacker_signs_with_a_key_of_their_own(world: Any, approver: Approver, tmp_path: Path) -> None:
    own = Approver.create(tmp_path / "own.key", None)
    assert_refused(world, asking(world, own.sign(agreed(world, own))), Refusal.UNKNOWN_APPROVER)
    pretending = own.sign(agreed(world, approver))  # in the name of the customer's key
    assert_refused(world, asking(world, pretending), Refusal.BAD_SIGNATURE)


def test_attacker_uses_the_key_of_another_accounts_approver(
    world: Any, approver: Approver, tmp_path: Path
) -> None:
    other = Approver.create(tmp_path / "other.key", None)
    Consents(world.home).approvers.add(uuid4(), other.public)
    assert_refused(world, asking(world, other.sign(agreed(world, other))), Refusal.UNKNOWN_APPROVER)


def test_attacker_has_a_signature_over_the_same_bytes_without_the_label(
    world: Any, approver: Approver
) -> None:
    consent = agreed(world, approver)
    bare = signed_bytes(consent).removeprefix(LABEL)
    signed = SignedConsent(consent=consent, kind=Kind.ED25519, signature=approver._key.sign(bare))
    assert_refused(world, asking(world, signed), Refusal.BAD_SIGNATURE)


def test_attacker_flips_any_one_bit(world: Any, approver: Approver) -> None:
    """Of every byte that is sent: whatever it makes of the consent, it opens nothing."""
    honest = write_signed(approver.sign(agreed(world, approver)))
    consents, opened = Consents(world.home), []
    for place in range(len(honest)):
        altered = bytearray(honest)
        altered[place] ^= 1 << (place % 8)
        request = asking(world, bytes(altered))
        try:
            consents.judge(request, now=world.now)
            opened.append(place)
        except AgentRefused as refused:
            if place % 100 == 0:  # each of these waits for the log to be on the disk
                assert_refused(world, request, refused.code)
    assert opened == []
    assert world.ask(asking(world, honest))[0] == "opened"


FIELDS: dict[str, Any] = {
    "account": str(uuid4()), "operator": str(uuid4()), "items": "all", "purpose": "security", "ticket": "T-2",
    "not_before": "2026-11-21T11:30:00+00:00", "not_after": "2026-11-21T15:30:00+00:00", "openings": 100,
    "nonce": "f" * 32, "approver": "f" * 32, "version": 2,
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_attacker_rewrites_a_field(world: Any, approver: Approver, field: str) -> None:
    signed = json.loads(write_signed(approver.sign(agreed(world, approver))))
    assert signed["consent"].keys() == FIELDS.keys()
    signed["consent"][field] = FIELDS[field]
    said, answer = world.ask(asking(world, json.dumps(signed).encode()))
    assert said == "refused"
    assert answer["code"] in {Refusal.BAD_SIGNATURE, Refusal.UNKNOWN_APPROVER, Refusal.NO_CONSENT}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("openings", "1e999"),
        ("openings", "-1e999"),
        ("openings", "NaN"),
        ("not_before", '"0001-01-01T00:00:00+12:00"'),
    ],
)
def test_attacker_writes_what_no_number_or_year_can_be(
    world: Any, approver: Approver, field: str, value: str
) -> None:
    signed = json.loads(write_signed(approver.sign(agreed(world, approver))))
    signed["consent"][field] = "VALUE"
    if field == "not_before":
        signed["consent"]["not_after"] = "0001-01-01T01:00:00+12:00"
    text = json.dumps(signed, sort_keys=True, separators=(",", ":")).replace('"VALUE"', value)
    assert_refused(world, asking(world, text.encode()), Refusal.NO_CONSENT)


def test_attacker_opens_more_often_than_agreed(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver, openings=2))
    for decision, code in (("1", None), ("2", None), ("1", None), ("3", Refusal.USED_UP), ("2", None)):
        answer = world.ask(asking(world, signed, decision=decision))[1]
        assert answer.get("code") == code, decision


def test_attacker_has_other_items_opened_under_one_decision(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver, items=None))
    assert world.ask(asking(world, signed, decision="1"))[0] == "opened"
    assert_refused(world, asking(world, signed, decision="1", item_id=uuid4()), Refusal.USED_UP)


def test_attacker_writes_a_second_opening_into_the_name_of_a_decision(world: Any, approver: Approver) -> None:
    signed, other = approver.sign(agreed(world, approver, items=None)), uuid4()
    assert world.ask(asking(world, signed, decision=f'1", "{other}"]\n["1'))[0] == "opened"
    assert_refused(world, asking(world, signed, decision="1", item_id=other), Refusal.USED_UP)


def test_attacker_repeats_a_request(world: Any, approver: Approver) -> None:
    request = asking(world, approver.sign(agreed(world, approver)))
    assert world.ask(request)[0] == "opened"
    assert_refused(world, request, Refusal.REPLAYED)


def test_a_second_attempt_is_the_same_opening(world: Any, approver: Approver) -> None:
    request = asking(world, approver.sign(agreed(world, approver)))
    assert [world.ask(request, attempt=attempt)[0] for attempt in (1, 2)] == ["opened", "opened"]


def test_the_count_outlives_the_agent(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver))
    assert world.ask(asking(world, signed, decision="1"))[0] == "opened"
    world.agent._consents = Consents(world.home)
    assert_refused(world, asking(world, signed, decision="2"), Refusal.USED_UP)


def test_attacker_goes_on_after_the_consent_was_withdrawn(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver, openings=9))
    assert world.ask(asking(world, signed))[0] == "opened"
    fields = {"id": uuid4(), "account_id": world.account_id, "nonce": bytes(16)}
    assert world.answer(write_message("withdraw-consent", fields, kinds=REQUESTS))[0] == "withdrawn"
    assert_refused(world, asking(world, signed), Refusal.WITHDRAWN)


# title → (what differs in the consent, how much later it is checked, what the agent says of it)
CHECKED: dict[str, tuple[dict[str, Any], timedelta, Refusal | None]] = {
    "as it should be": ({}, timedelta(0), None),
    "early, but of use later": ({}, timedelta(seconds=-1), None),
    "expired": ({}, timedelta(hours=1), Refusal.EXPIRED),
    "for another account": ({"account_id": uuid4()}, timedelta(0), Refusal.OTHER_ACCOUNT),
    "by a key that is not there": ({"approver": "0" * 32}, timedelta(0), Refusal.UNKNOWN_APPROVER),
}


def check(world: Any, document: bytes) -> tuple[str, dict[str, Any]]:
    fields = {"id": uuid4(), "account_id": world.account_id, "consent": document}
    said, answer = world.answer(write_message("check-consent", fields, kinds=REQUESTS))
    return said, answer


@pytest.mark.parametrize(("changes", "later", "code"), CHECKED.values(), ids=CHECKED)
def test_a_consent_is_checked_before_it_is_used(
    world: Any, approver: Approver, changes: Any, later: timedelta, code: Refusal | None
) -> None:
    document = write_signed(approver.sign(agreed(world, approver, **changes)))
    world.now += later
    assert check(world, document)[1].get("code") == code


def test_checking_tells_what_was_used_and_uses_nothing(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver, openings=2))
    for decision, used in (("1", 1), ("1", 1), ("2", 2)):
        assert world.ask(asking(world, signed, decision=decision))[0] == "opened"
        for _ in range(3):
            assert check(world, write_signed(signed))[1]["used"] == used
    flipped = write_signed(replace(signed, signature=bytes(64)))
    assert check(world, flipped)[1]["code"] == Refusal.BAD_SIGNATURE
    assert check(world, b"yes")[1]["code"] == Refusal.NO_CONSENT


def test_attacker_goes_on_after_the_approver_was_removed(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver, openings=9))
    Consents(world.home).approvers.remove(world.account_id, approver.public.id)
    assert_refused(world, asking(world, signed), Refusal.UNKNOWN_APPROVER)


def test_attacker_makes_the_approvers_file_open_to_others(world: Any, approver: Approver) -> None:
    (world.home / "approvers" / str(world.account_id) / approver.public.id).chmod(0o666)
    assert_refused(world, asking(world, approver.sign(agreed(world, approver))), Refusal.UNKNOWN_APPROVER)


def test_what_does_not_open_uses_nothing_up(world: Any, approver: Approver) -> None:
    signed = approver.sign(agreed(world, approver))
    assert_refused(world, asking(world, signed, decision="1", generation=6), Refusal.DOES_NOT_OPEN)
    assert world.ask(asking(world, signed, decision="2"))[0] == "opened"


def test_no_other_reason_looks_at_a_consent(world: Any, approver: Approver) -> None:
    request = asking(world, b"nothing of the kind", reason=Reason.PLAYBACK)
    assert world.ask(request)[0] == "opened"


def assert_refused(world: Any, request: OpenRequest, code: Refusal) -> None:
    """Refused with this code, and logged with it."""
    said, answer = world.ask(request)
    assert (said, answer.get("code")) == ("refused", code)
    assert (world.logged()[-1]["outcome"], world.logged()[-1]["code"]) == ("refused", code)


BOUNDS: dict[str, Callable[[Consent], Consent]] = {
    "longer than four hours": lambda one: replace(
        one, not_after=one.not_before + timedelta(hours=4, seconds=1)
    ),
    "over before it begins": lambda one: replace(one, not_after=one.not_before),
    "for no opening": lambda one: replace(one, openings=0),
    "for a thousand openings": lambda one: replace(one, openings=1000),
    "for no item": lambda one: replace(one, items=()),
    "for too many items": lambda one: replace(one, items=tuple(uuid4() for _ in range(MOST_ITEMS + 1))),
    "for an item named twice": lambda one: replace(one, items=(ITEM, ITEM)),
    "with a short nonce": lambda one: replace(one, nonce=bytes(8)),
    "with a sentence for a ticket": lambda one: replace(one, ticket="He said that the film is about Eve"),
    "with no ticket": lambda one: replace(one, ticket=""),
    "in the name of no key": lambda one: replace(one, approver="../root.key"),
}


@pytest.mark.parametrize("change", BOUNDS.values(), ids=BOUNDS)
def test_no_consent_is_signed(world: Any, approver: Approver, change: Callable[[Consent], Consent]) -> None:
    with pytest.raises(BadConsent):
        approver.sign(change(agreed(world, approver)))


def test_the_largest_consent_fits_into_a_message(world: Any, approver: Approver) -> None:
    items = tuple(uuid4() for _ in range(MOST_ITEMS))
    written = write_signed(approver.sign(agreed(world, approver, items=items, ticket="T" * 40, openings=100)))
    assert len(written) <= MOST_BYTES
    body = world.body(asking(world, written, actor="a" * 200, decision="d" * 200, on_behalf_of="b" * 200))
    assert len(body) <= 8192


@pytest.mark.parametrize("text", ["", "ed25519", "ed25519:AAAA", "rsa:" + "A" * 44, "ed25519:" + "*" * 44])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(BadConsent, match="ed25519:BASE64"):
        read_approver_key(text)


class TestTheApproversFile:
    def ask(self, new: bool) -> Secret:
        return Secret(b"correct horse battery")

    def test_signs_again_after_it_was_opened(self, tmp_path: Path) -> None:
        made = Approver.create(tmp_path / "key", self.ask, cost=CHEAP)
        assert Approver.load(tmp_path / "key", self.ask).public == made.public
        assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600

    def test_attacker_with_the_file_and_another_passphrase_gets_nothing(self, tmp_path: Path) -> None:
        Approver.create(tmp_path / "key", self.ask, cost=CHEAP)
        with pytest.raises(HomeUnfit, match="is wrong"):
            Approver.load(tmp_path / "key", lambda new: Secret(b"wrong horse battery"))

    def test_never_replaces_another(self, tmp_path: Path) -> None:
        Approver.create(tmp_path / "key", None)
        before = (tmp_path / "key").read_bytes()
        with pytest.raises(HomeUnfit, match="exists"):
            Approver.create(tmp_path / "key", None)
        assert (tmp_path / "key").read_bytes() == before


class TestTheCommandsOfTheHome:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "keys", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_an_approver_is_added_listed_and_removed_and_a_consent_withdrawn(
        self, world: Any, tmp_path: Path
    ) -> None:
        approver = Approver.create(tmp_path / "key", None)
        signed = approver.sign(agreed(world, approver, openings=9))
        where = ("--home", str(world.home), "--account", str(world.account_id))
        assert_refused(world, asking(world, signed), Refusal.UNKNOWN_APPROVER)
        assert self.run("approver", "add", *where, str(approver.public)).stdout.strip() == approver.public.id
        assert self.run("approver", "list", *where).stdout.split() == [
            approver.public.id,
            str(approver.public),
        ]
        assert world.ask(asking(world, signed))[0] == "opened"
        assert self.run("consent", "withdraw", *where, "00" * 16).returncode == 0
        assert_refused(world, asking(world, signed), Refusal.WITHDRAWN)
        assert self.run("approver", "remove", *where, approver.public.id).returncode == 0
        assert_refused(world, asking(world, signed), Refusal.UNKNOWN_APPROVER)
        again = self.run("approver", "remove", *where, approver.public.id)
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)

    def test_a_folder_that_is_no_home_is_left_alone(self, tmp_path: Path) -> None:
        key = str(ApproverKey(Kind.ED25519, bytes(32)))
        done = self.run("approver", "add", "--home", str(tmp_path), "--account", str(uuid4()), key)
        assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
