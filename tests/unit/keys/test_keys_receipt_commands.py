"""Whoever holds a receipt checks it with one command, offline; the key comes from the home that signed."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from keys.__main__ import main
from keys.home import open_home
from keys.protocol import REQUESTS, write_message
from keys.receipts import receipt_key


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose agent destroyed an account's keys; its receipt lies beside it."""
    home, account_id = tmp_path / "home", uuid4()
    with open_home(home) as agent:
        agent.account_key(account_id)
        asked = {"id": uuid4(), "account_id": account_id}
        agent.answer(write_message("destroy-account", asked, kinds=REQUESTS), pid=1)
    kept = home / "accounts" / str(account_id) / "destroyed"
    (tmp_path / "receipt.json").write_bytes(kept.read_bytes())
    return home


Capture = pytest.CaptureFixture[str]


def key_of(home: Path, capsys: Capture) -> str:
    assert main(["receipt-key", "--home", str(home)]) == 0
    return capsys.readouterr().out.strip()


def check(receipt: Path, key: str) -> int:
    return main(["check-receipt", str(receipt), "--key", key])


def test_a_receipt_is_checked_with_the_homes_key(home: Path, capsys: Capture) -> None:
    key = key_of(home, capsys)
    assert check(home.parent / "receipt.json", key) == 0
    said = capsys.readouterr().out
    assert said.startswith("signed with this key: ")
    assert '"destroyed": "account"' in said
    assert said.count("\n") == 1


def test_the_key_is_printed_while_the_agent_runs(home: Path, capsys: Capture) -> None:
    with open_home(home):
        assert key_of(home, capsys)


def test_a_home_that_signed_nothing_says_so_and_makes_no_key(tmp_path: Path, capsys: Capture) -> None:
    with open_home(tmp_path / "home"):
        pass
    assert main(["receipt-key", "--home", str(tmp_path / "home")]) == 1
    assert "No receipt was ever signed" in capsys.readouterr().err
    assert not (tmp_path / "home" / "receipts.key").exists()


ALTERED: dict[str, Callable[[bytes], bytes]] = {
    "another account": lambda receipt: receipt.replace(b'"account":"', b'"account":"0'),
    "another kind": lambda receipt: receipt.replace(b'"destroyed":"account"', b'"destroyed":"data-key"'),
    "cut off": lambda receipt: receipt[:-2],
    "empty": lambda _: b"",
    "not text": lambda _: b"\xff",
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED.keys())
def test_attacker_alters_a_receipt(home: Path, capsys: Capture, alter: Callable[[bytes], bytes]) -> None:
    path, key = home.parent / "receipt.json", key_of(home, capsys)
    path.write_bytes(alter(path.read_bytes()))
    assert check(path, key) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("key", ["", "no base64!", "AAAA", "A" * 43 + "="])
def test_attacker_names_another_key(home: Path, capsys: Capture, key: str) -> None:
    assert check(home.parent / "receipt.json", key) == 1


def test_the_key_in_a_receipt_is_the_homes(home: Path, capsys: Capture) -> None:
    receipt = (home.parent / "receipt.json").read_text()
    assert b64encode(receipt_key(receipt)).decode() == key_of(home, capsys)
