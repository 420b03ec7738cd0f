import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.custodians.file import FileCustodian
from keys.errors import AgentRefused, HomeUnfit, Refusal
from keys.secret import Secret
from keys.vault import Vault


def key_file(world: Any) -> Path:
    return Path(world.home / "accounts" / str(world.account_id) / f"{world.account_key.key_id}.key")


def test_a_data_key_opens_under_its_own_context(world: Any) -> None:
    assert world.vault.open_data_key(world.request()) == Secret(bytes(range(32)))


def test_creating_an_account_again_gives_the_same_key(world: Any) -> None:
    assert world.vault.create_account(world.account_id) == world.account_key


def test_every_account_has_a_key_of_its_own(world: Any) -> None:
    assert world.vault.create_account(uuid4()).public_key != world.account_key.public_key


def test_many_at_once_create_one_key(world: Any) -> None:
    account_id, together = uuid4(), threading.Barrier(8)

    def create(_: int) -> Any:
        together.wait()
        return world.vault.create_account(account_id)

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(8)))
    assert made == made[:1] * 8
    assert len(list((world.home / "accounts" / str(account_id)).glob("*.key"))) == 1


def test_keys_are_there_after_a_restart(world: Any) -> None:
    custodian = FileCustodian.load(world.home / "root.key")
    again = Vault(world.home / "accounts", custodian=custodian)
    assert again.create_account(world.account_id) == world.account_key
    assert again.open_data_key(world.request()) == Secret(bytes(range(32)))


def test_key_files_are_private_and_show_nothing(world: Any) -> None:
    assert key_file(world).stat().st_mode & 0o777 == 0o600
    assert key_file(world).parent.stat().st_mode & 0o777 == 0o700
    assert len(key_file(world).read_bytes()) == 12 + 96 + 16


def test_a_key_half_made_by_a_crash_is_not_in_the_way(world: Any) -> None:
    (key_file(world).parent / "current").unlink()
    made = world.vault.create_account(world.account_id)
    assert made.key_id != world.account_key.key_id
    assert world.vault.open_data_key(world.request()) == Secret(bytes(range(32)))


REFUSED: dict[str, tuple[dict[str, Any], Refusal]] = {
    "unknown account": ({"account_id": uuid4()}, Refusal.UNKNOWN_ACCOUNT),
    "unknown key": ({"key_id": uuid4()}, Refusal.UNKNOWN_KEY),
    "another item": ({"item_id": uuid4()}, Refusal.DOES_NOT_OPEN),
    "another generation": ({"generation": 8}, Refusal.DOES_NOT_OPEN),
    "another data key": ({"data_key_id": uuid4()}, Refusal.DOES_NOT_OPEN),
    "not a sealed key": ({"sealed": b"x"}, Refusal.DOES_NOT_OPEN),
}


@pytest.mark.parametrize(
    ("change", "code"), [pytest.param(*case, id=title) for title, case in REFUSED.items()]
)
def test_what_does_not_belong_together_is_refused(world: Any, change: dict[str, Any], code: Refusal) -> None:
    with pytest.raises(AgentRefused) as refused:
        world.vault.open_data_key(world.request(**change))
    assert refused.value.code == code


def test_attacker_cannot_open_one_accounts_keys_through_another_account(world: Any) -> None:
    other = world.vault.create_account(uuid4())
    with pytest.raises(AgentRefused) as refused:
        world.vault.open_data_key(world.request(key_id=other.key_id))
    assert refused.value.code == Refusal.UNKNOWN_KEY


def test_attacker_cannot_move_a_key_file_to_another_account(world: Any) -> None:
    theirs = uuid4()
    world.vault.create_account(theirs)
    moved = world.home / "accounts" / str(theirs) / key_file(world).name
    moved.write_bytes(key_file(world).read_bytes())
    moved.chmod(0o600)
    with pytest.raises(AgentRefused) as refused:
        world.vault.open_data_key(world.request(account_id=theirs))
    assert refused.value.code == Refusal.KEY_DAMAGED


def test_attacker_cannot_put_another_key_file_in_its_place(world: Any) -> None:
    theirs = world.vault.create_account(uuid4())
    other = next((world.home / "accounts").glob(f"*/{theirs.key_id}.key"))
    key_file(world).write_bytes(other.read_bytes())
    with pytest.raises(AgentRefused) as refused:
        world.vault.create_account(world.account_id)
    assert refused.value.code == Refusal.KEY_DAMAGED


def replace_by_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


DAMAGE: dict[str, tuple[Callable[[Path], object], Refusal]] = {
    "one bit": (
        lambda p: p.write_bytes(bytes([p.read_bytes()[0] ^ 1]) + p.read_bytes()[1:]),
        Refusal.KEY_DAMAGED,
    ),
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:-1]), Refusal.KEY_DAMAGED),
    "emptied": (lambda p: p.write_bytes(b""), Refusal.KEY_DAMAGED),
    "readable by the group": (lambda p: p.chmod(0o640), Refusal.KEY_DAMAGED),
    "writable by others": (lambda p: p.chmod(0o602), Refusal.KEY_DAMAGED),
    "a link": (replace_by_link, Refusal.KEY_DAMAGED),
    "gone": (lambda p: p.unlink(), Refusal.UNKNOWN_KEY),
}


@pytest.mark.parametrize(
    ("damage", "code"), [pytest.param(*case, id=title) for title, case in DAMAGE.items()]
)
def test_a_key_file_that_was_tampered_with_opens_nothing(
    world: Any, damage: Callable[[Path], object], code: Refusal
) -> None:
    request = world.request()
    damage(key_file(world))
    with pytest.raises(AgentRefused) as refused:
        world.vault.open_data_key(request)
    assert refused.value.code == code


@pytest.mark.parametrize("content", [b"", b"not an id", b"\xff" * 36])
def test_a_damaged_name_of_the_current_key_makes_no_new_one(world: Any, content: bytes) -> None:
    (key_file(world).parent / "current").write_bytes(content)
    before = sorted(key_file(world).parent.iterdir())
    with pytest.raises(AgentRefused) as refused:
        world.vault.create_account(world.account_id)
    assert refused.value.code == Refusal.KEY_DAMAGED
    assert sorted(key_file(world).parent.iterdir()) == before


def test_a_folder_open_to_others_is_refused(world: Any) -> None:
    (world.home / "accounts").chmod(0o750)
    with pytest.raises(HomeUnfit, match="0700"):
        Vault(world.home / "accounts", custodian=FileCustodian.load(world.home / "root.key"))


def test_the_current_key_is_named_by_its_id(world: Any) -> None:
    assert UUID((key_file(world).parent / "current").read_text()) == world.account_key.key_id
