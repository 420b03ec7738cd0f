"""Keys are replaced, re-wrapped, shredded and destroyed; re-wrapped only to whom they were released."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.__main__ import main
from keys.errors import BadReceipt, Refusal
from keys.protocol import ANSWERS, REQUESTS, AccountKey, OpenRequest, write_message
from keys.public_keys import fingerprint, write_public_key
from keys.receipts import read_receipt, receipt_key
from keys.release import write_released
from keys.secret import Secret
from keys.shredded import Shredded
from keys.unwrap import PrivateKey
from keys.wrap import PublicKey, data_key_context, text_key_context, wrap_text_key

DATA_KEY = Secret(bytes(range(32)))


def ask(world: Any, says: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    asked = {"id": uuid4(), "account_id": world.account_id, **fields}
    return world.answer(write_message(says, asked, kinds=REQUESTS))


def rotate(world: Any, replaces: UUID | None = None) -> AccountKey:
    said, answer = ask(world, "rotate-key", replaces=replaces or world.account_key.key_id)
    assert said == "account"
    return AccountKey(key_id=answer["key_id"], public_key=answer["public_key"])


def rewrap(world: Any, *requests: OpenRequest, to: AccountKey, **changes: Any) -> tuple[str, dict[str, Any]]:
    fields = {
        "key_id": requests[0].key_id,
        "to": to.key_id,
        "fingerprint": fingerprint(to),
        "ids": [each.data_key_id for each in requests],
        "item_ids": [each.item_id for each in requests],
        "generations": [each.generation for each in requests],
        "sealed": [each.sealed for each in requests],
    }
    return ask(world, "rewrap", **fields | changes)


def shred(world: Any, request: OpenRequest) -> str:
    said, answer = ask(
        world,
        "shred",
        item_id=request.item_id,
        generation=request.generation,
        data_key_id=request.data_key_id,
        sha256=hashlib.sha256(request.sealed).digest(),
    )
    assert said == "receipt"
    return str(answer["receipt"])


def refused(answer: tuple[str, dict[str, Any]]) -> Refusal:
    said, fields = answer
    assert said == "refused"
    code: Refusal = fields["code"]
    return code


def test_a_replaced_key_goes_on_opening_until_it_is_destroyed(world: Any) -> None:
    old = world.request()
    new = rotate(world)
    assert new.key_id != world.account_key.key_id
    assert world.ask(old)[0] == "opened"
    assert ask(world, "destroy-key", key_id=old.key_id)[0] == "receipt"
    assert refused(world.ask(replace(old, id=uuid4()))) == Refusal.UNKNOWN_KEY


def test_asked_twice_to_replace_a_key_it_makes_one(world: Any) -> None:
    assert rotate(world) == rotate(world)


def test_a_rewrapped_data_key_opens_under_the_new_key_and_the_same_context(world: Any) -> None:
    old = world.request()
    new = rotate(world)
    said, answer = rewrap(world, old, to=new)
    assert (said, answer["codes"]) == ("rewrapped", [None])
    moved = replace(old, id=uuid4(), key_id=new.key_id, sealed=answer["sealed"][0])
    said, opened = world.ask(moved)
    assert said == "opened"
    assert world.reply_key.open(opened["sealed"], moved, attempt=1) == [DATA_KEY]
    for change in ({"item_id": uuid4()}, {"generation": 8}, {"data_key_id": uuid4()}):
        assert refused(world.ask(replace(moved, id=uuid4(), **change))) == Refusal.DOES_NOT_OPEN


def test_a_text_key_is_rewrapped_as_a_text_key(world: Any) -> None:
    text_key_id, new = uuid4(), rotate(world)
    public = PublicKey(world.account_key.public_key)
    sealed = wrap_text_key(public, DATA_KEY.reveal(), account_id=world.account_id, text_key_id=text_key_id)
    request = replace(world.request(), data_key_id=text_key_id, sealed=sealed)
    assert rewrap(world, request, to=new)[1]["codes"] == [Refusal.DOES_NOT_OPEN]
    _, answer = rewrap(world, request, to=new, item_ids=[None], generations=[0])
    private = world.vault.key_to_rewrap(world.account_id, new.key_id)
    opened = private.open_text_key(answer["sealed"][0], account_id=world.account_id, text_key_id=text_key_id)
    assert opened == DATA_KEY


def test_one_damaged_data_key_does_not_hold_up_the_others(world: Any) -> None:
    good, bad = world.request(), world.request(sealed=bytes(1168))
    _, answer = rewrap(world, good, bad, to=rotate(world))
    assert answer["codes"] == [None, Refusal.DOES_NOT_OPEN]
    assert answer["sealed"][1] is None


class TestRelease:
    """Only who has the agent's home lets an account's keys go to another holder."""

    @pytest.fixture
    def theirs(self) -> tuple[PrivateKey, AccountKey]:
        private = PrivateKey.generate()
        return private, AccountKey(key_id=uuid4(), public_key=private.public_key().raw)

    def test_attacker_cannot_have_a_data_key_rewrapped_to_a_key_of_their_own(
        self, world: Any, theirs: Any
    ) -> None:
        assert refused(rewrap(world, world.request(), to=theirs[1])) == Refusal.NOT_RELEASED
        assert [(line["asked"], line["code"]) for line in world.logged()] == [("rewrap", "not-released")]

    def test_attacker_cannot_use_the_release_of_another_account(self, world: Any, theirs: Any) -> None:
        other = uuid4()
        world.vault.create_account(other)
        write_released(world.home / "accounts", other, theirs[1])
        assert refused(rewrap(world, world.request(), to=theirs[1])) == Refusal.NOT_RELEASED

    def test_attacker_cannot_move_a_release_between_accounts(self, world: Any, theirs: Any) -> None:
        other = uuid4()
        world.vault.create_account(other)
        write_released(world.home / "accounts", other, theirs[1])
        accounts = world.home / "accounts"
        (accounts / str(other) / "released").rename(accounts / str(world.account_id) / "released")
        assert refused(rewrap(world, world.request(), to=theirs[1])) == Refusal.NOT_RELEASED

    def test_attacker_cannot_go_back_to_a_key_that_was_replaced(self, world: Any) -> None:
        new = rotate(world)
        request = world.request(key_id=new.key_id)
        assert refused(rewrap(world, request, to=world.account_key)) == Refusal.NOT_RELEASED

    def test_what_was_released_opens_with_the_new_holder_alone(self, world: Any, theirs: Any) -> None:
        private, key = theirs
        write_released(world.home / "accounts", world.account_id, key)
        request = world.request()
        _, answer = rewrap(world, request, to=key)
        opened = private.open_data_key(
            answer["sealed"][0],
            account_id=world.account_id,
            item_id=request.item_id,
            generation=request.generation,
            data_key_id=request.data_key_id,
        )
        assert opened == DATA_KEY
        assert ask(world, "destroy-key", key_id=request.key_id)[0] == "receipt"
        assert refused(world.ask(request)) == Refusal.UNKNOWN_KEY
        assert refused(rewrap(world, request, to=key)) == Refusal.NOT_RELEASED

    def test_attacker_cannot_put_another_public_key_under_the_id_that_it_was_released_to(
        self, world: Any, theirs: Any
    ) -> None:
        """Whoever asks says which key they mean: sealed to another, everything would be lost."""
        key = replace(theirs[1], public_key=PrivateKey.generate().public_key().raw)
        write_released(world.home / "accounts", world.account_id, theirs[1])
        assert refused(rewrap(world, world.request(), to=key)) == Refusal.NOT_RELEASED
        assert rewrap(world, world.request(), to=theirs[1])[0] == "rewrapped"

    def test_attacker_cannot_use_a_release_for_a_key_that_was_made_later(
        self, world: Any, theirs: Any
    ) -> None:
        write_released(world.home / "accounts", world.account_id, theirs[1])
        new = rotate(world)
        request = world.request(key_id=new.key_id)
        assert refused(rewrap(world, request, to=theirs[1])) == Refusal.NOT_RELEASED
        assert refused(ask(world, "destroy-key", key_id=new.key_id)) == Refusal.NOT_RELEASED

    def test_an_older_key_follows_after_the_current_one_has_gone(self, world: Any, theirs: Any) -> None:
        old, new = world.request(), rotate(world)
        write_released(world.home / "accounts", world.account_id, theirs[1])
        assert ask(world, "destroy-key", key_id=new.key_id)[0] == "receipt"
        assert rewrap(world, old, to=theirs[1])[0] == "rewrapped"
        assert ask(world, "destroy-key", key_id=old.key_id)[0] == "receipt"
        assert not (world.home / "accounts" / str(world.account_id) / "released").exists()

    def test_a_release_stands_in_the_log(self, world: Any, theirs: Any, tmp_path: Path) -> None:
        file = tmp_path / "theirs.json"
        file.write_text(write_public_key(world.account_id, theirs[1]))
        place = ["--home", str(world.home), "--account", str(world.account_id)]
        assert main(["release", *place, "--to", str(file)]) == 0
        line = world.logged()[-1]
        assert (line["asked"], line["outcome"]) == ("release", "released")
        assert line["request"]["fingerprint"] == fingerprint(theirs[1])

    def test_the_current_key_is_not_destroyed_unless_it_was_released(self, world: Any) -> None:
        assert refused(ask(world, "destroy-key", key_id=world.account_key.key_id)) == Refusal.NOT_RELEASED
        assert world.ask(world.request())[0] == "opened"


class TestDestroying:
    def test_the_receipt_names_key_and_account_and_is_the_same_again(self, world: Any) -> None:
        rotate(world)
        old = world.account_key.key_id
        _, first = ask(world, "destroy-key", key_id=old)
        _, again = ask(world, "destroy-key", key_id=old)
        assert first["receipt"] == again["receipt"]
        statement = read_receipt(first["receipt"], key=world.vault.receipts.public())
        assert statement == {
            "destroyed": "account-key",
            "account": str(world.account_id),
            "key": str(old),
            "at": "2026-11-21T12:00:00+00:00",
        }

    def test_a_key_that_never_was_gets_no_receipt(self, world: Any) -> None:
        assert refused(ask(world, "destroy-key", key_id=uuid4())) == Refusal.UNKNOWN_KEY

    def test_attacker_cannot_bring_a_destroyed_key_back_from_a_backup(self, world: Any) -> None:
        request = world.request()
        path = world.home / "accounts" / str(world.account_id) / f"{request.key_id}.key"
        kept = path.read_bytes()
        rotate(world)
        ask(world, "destroy-key", key_id=request.key_id)
        path.write_bytes(kept)
        path.chmod(0o600)
        assert refused(world.ask(request)) == Refusal.UNKNOWN_KEY


class TestShredding:
    def test_attacker_cannot_open_a_shredded_data_key_that_came_back(self, world: Any) -> None:
        request = world.request()
        shred(world, request)
        assert refused(world.ask(request)) == Refusal.SHREDDED

    def test_attacker_cannot_have_a_shredded_data_key_rewrapped(self, world: Any) -> None:
        request = world.request()
        shred(world, request)
        _, answer = rewrap(world, request, to=rotate(world))
        assert (answer["sealed"], answer["codes"]) == ([None], [Refusal.SHREDDED])

    def test_it_counts_after_a_restart_and_for_this_data_key_alone(self, world: Any) -> None:
        request, other = world.request(), world.request()
        shred(world, request)
        listed = Shredded(world.home / "shredded")
        assert listed.has(world.account_id, request.data_key_id)
        assert not listed.has(uuid4(), request.data_key_id)
        assert world.ask(other)[0] == "opened"

    def test_a_list_that_names_a_data_key_twice_loses_none_when_it_grows(self, world: Any) -> None:
        """Somebody put two backups of it together."""
        path, ids = world.home / "shredded", [uuid4(), uuid4(), uuid4()]
        for data_key_id in ids[:2]:
            Shredded(path).add(world.account_id, data_key_id)
        path.write_bytes(path.read_bytes()[:32] + path.read_bytes())
        Shredded(path).add(world.account_id, ids[2])
        after = Shredded(path)
        assert all(after.has(world.account_id, data_key_id) for data_key_id in ids)

    @pytest.mark.parametrize("torn", [1, 31])
    def test_a_line_that_a_crash_tore_off_is_written_over(self, world: Any, torn: int) -> None:
        path, first, second = world.home / "shredded", uuid4(), uuid4()
        Shredded(path).add(world.account_id, first)
        path.write_bytes(path.read_bytes() + bytes(torn))
        Shredded(path).add(world.account_id, second)
        after = Shredded(path)
        assert after.has(world.account_id, first)
        assert after.has(world.account_id, second)
        assert path.stat().st_size == 64

    def test_the_receipt_names_what_was_shredded(self, world: Any) -> None:
        request = world.request()
        receipt = shred(world, request)
        assert read_receipt(receipt, key=world.vault.receipts.public()) == {
            "destroyed": "data-key",
            "account": str(world.account_id),
            "item": str(request.item_id),
            "generation": 7,
            "data_key": str(request.data_key_id),
            "sealed_sha256": hashlib.sha256(request.sealed).hexdigest(),
            "at": "2026-11-21T12:00:00+00:00",
        }

    def test_an_account_that_is_not_here_gets_no_receipt(self, world: Any) -> None:
        world.account_id = uuid4()
        with pytest.raises(AssertionError):
            shred(world, world.request())


FORGERIES: dict[str, Callable[[str], str]] = {
    "another item": lambda receipt: receipt.replace('"generation":7', '"generation":8'),
    "another kind": lambda receipt: receipt.replace('"data-key"', '"account-key"'),
    "no receipt": lambda _: "{}",
    "not JSON": lambda _: "receipt",
    "a list": lambda _: "[]",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_attacker_cannot_forge_a_receipt(world: Any, forge: Callable[[str], str]) -> None:
    forged = forge(shred(world, world.request()))
    with pytest.raises(BadReceipt):
        read_receipt(forged, key=world.vault.receipts.public())


def test_attacker_cannot_pass_off_their_own_signature(world: Any) -> None:
    receipt = shred(world, world.request())
    assert receipt_key(receipt) == world.vault.receipts.public()
    with pytest.raises(BadReceipt):
        read_receipt(receipt, key=bytes(32))


def test_the_two_contexts_never_meet() -> None:
    account_id, item_id = uuid4(), uuid4()
    data = data_key_context(account_id=account_id, item_id=item_id, generation=0, data_key_id=item_id)
    assert len(data) != len(text_key_context(account_id=account_id, text_key_id=item_id))


def test_the_tables_of_messages_are_complete() -> None:
    assert {"rewrap", "rotate-key", "destroy-key", "shred", "read-receipt-key"} <= REQUESTS.keys()
    assert {"rewrapped", "receipt", "receipt-key"} <= ANSWERS.keys()


class TestDestroyingAnAccount:
    """Every private key goes, and no message makes, opens or re-wraps anything of this account again."""

    def destroy(self, world: Any) -> str:
        said, answer = ask(world, "destroy-account")
        assert said == "receipt"
        return str(answer["receipt"])

    def test_nothing_is_made_opened_or_rewrapped_afterwards(self, world: Any) -> None:
        request, new = world.request(), rotate(world)
        self.destroy(world)
        assert list((world.home / "accounts" / str(world.account_id)).glob("*.key")) == []
        assert refused(world.ask(request)) == Refusal.DESTROYED
        assert refused(ask(world, "create-account")) == Refusal.DESTROYED
        assert refused(ask(world, "rotate-key", replaces=new.key_id)) == Refusal.DESTROYED
        assert refused(rewrap(world, request, to=new)) == Refusal.DESTROYED
        assert refused(ask(world, "destroy-key", key_id=request.key_id)) == Refusal.DESTROYED

    def test_the_receipt_is_the_same_again(self, world: Any) -> None:
        receipt = self.destroy(world)
        assert self.destroy(world) == receipt
        assert read_receipt(receipt, key=world.vault.receipts.public()) == {
            "destroyed": "account",
            "account": str(world.account_id),
            "at": "2026-11-21T12:00:00+00:00",
        }

    def test_cut_off_after_the_receipt_it_opens_nothing_and_goes_on(self, world: Any) -> None:
        folder = world.home / "accounts" / str(world.account_id)
        kept = {path: path.read_bytes() for path in folder.iterdir()}
        self.destroy(world)
        for path, content in kept.items():  # as if the process had ended before it removed them
            path.write_bytes(content)
            path.chmod(0o600)
        assert refused(world.ask(world.request())) == Refusal.DESTROYED
        self.destroy(world)
        assert [path.name for path in folder.iterdir()] == ["destroyed"]

    def test_attacker_destroys_no_account_but_the_named(self, world: Any) -> None:
        other = uuid4()
        world.vault.create_account(other)
        assert refused(ask(world, "destroy-account", account_id=uuid4())) == Refusal.UNKNOWN_ACCOUNT
        ask(world, "destroy-account", account_id=other)
        assert world.ask(world.request())[0] == "opened"

    def test_data_keys_are_still_confirmed_as_shredded(self, world: Any) -> None:
        request = world.request()
        self.destroy(world)
        assert shred(world, request)
