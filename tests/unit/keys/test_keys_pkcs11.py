"""What only a token does: keys that cannot leave, PINs that lock, lost sessions, processes that fork."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from uuid import uuid4

import pkcs11
import pytest

from keys.__main__ import main
from keys.custodians.pkcs11 import Pkcs11Custodian, Place
from keys.errors import DoesNotOpen, RootRefused, RootUnavailable
from keys.home import open_home
from keys.secret import Secret
from tests.contracts.soft_token import LABEL, MODULE, SoftToken

HELD = Secret(bytes(range(96)))


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    token = SoftToken(tmp_path_factory.mktemp("token"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(token.settings))
        yield token


@pytest.fixture
def label() -> str:
    return token_hex(4)


@pytest.fixture
def custodian(token: SoftToken, label: str) -> Pkcs11Custodian:
    return Pkcs11Custodian(token.place(label), create=True)


def test_attacker_with_the_pin_cannot_take_the_root_out(custodian: Pkcs11Custodian) -> None:
    assert custodian._key is not None
    for attribute in (pkcs11.Attribute.VALUE,):
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            custodian._key[attribute]
    with pytest.raises(pkcs11.exceptions.PKCS11Error):
        custodian._key[pkcs11.Attribute.EXTRACTABLE] = True


@pytest.mark.parametrize("loose", ["A.EXTRACTABLE: True", "A.SENSITIVE: False", "A.DECRYPT: False"])
def test_a_key_that_may_leave_or_not_work_is_no_root(token: SoftToken, label: str, loose: str) -> None:
    token.make(label, "{A.SENSITIVE: True, A.EXTRACTABLE: False} | {" + loose + "}")
    with pytest.raises(RootRefused):
        Pkcs11Custodian(token.place(label))


def test_a_key_that_is_there_is_not_made_again(
    token: SoftToken, label: str, custodian: Pkcs11Custodian
) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    assert Pkcs11Custodian(token.place(label), create=True).unwrap(wrapped, context=b"c") == HELD


def test_two_keys_of_one_name_are_refused(token: SoftToken, label: str, custodian: Pkcs11Custodian) -> None:
    token.make(label, "{A.SENSITIVE: True, A.EXTRACTABLE: False}")
    with pytest.raises(RootRefused, match="2 keys"):
        Pkcs11Custodian(token.place(label))


def test_a_key_destroyed_under_a_running_custodian(
    token: SoftToken, label: str, custodian: Pkcs11Custodian
) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    token.do("key.destroy()", label)
    with pytest.raises(RootRefused):
        custodian.unwrap(wrapped, context=b"c")


def test_a_missing_key_is_made_only_when_asked(token: SoftToken, label: str) -> None:
    for _ in range(2):
        with pytest.raises(RootRefused, match="0 keys"):
            Pkcs11Custodian(token.place(label))


def test_a_lost_session_is_opened_again(custodian: Pkcs11Custodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    pkcs11.lib(str(MODULE)).reinitialize()  # what pulling the token does to every session
    assert custodian.unwrap(wrapped, context=b"c") == HELD
    pkcs11.lib(str(MODULE)).finalize()  # and what a library does that ends behind our back
    assert custodian.unwrap(wrapped, context=b"c") == HELD


def test_a_wrong_pin_is_tried_once(
    token: SoftToken, label: str, custodian: Pkcs11Custodian, tmp_path: Path
) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    right = token.pin_file.read_text()
    token.pin_file.write_text("wrong-pin")
    try:
        pkcs11.lib(str(MODULE)).reinitialize()
        with pytest.raises(RootRefused, match="PinIncorrect"):
            custodian.unwrap(wrapped, context=b"c")
        for _ in range(20):
            with pytest.raises(RootRefused, match="not tried again"):
                custodian.unwrap(wrapped, context=b"c")
    finally:
        token.pin_file.write_text(right)
    # The right PIN does not help the running custodian, and the token has not locked itself.
    with pytest.raises(RootRefused, match="not tried again"):
        custodian.unwrap(wrapped, context=b"c")
    assert Pkcs11Custodian(token.place(label)).unwrap(wrapped, context=b"c") == HELD


def test_attacker_of_another_user_cannot_give_the_pin(token: SoftToken, label: str) -> None:
    token.pin_file.chmod(0o644)
    try:
        with pytest.raises(RootRefused, match="HomeUnfit"):
            Pkcs11Custodian(token.place(label), create=True)
    finally:
        token.pin_file.chmod(0o600)


WRONG: dict[str, Place] = {
    "no such library": Place(module=Path("nowhere.so"), token="t", key="k", pin_file=Path("pin")),
    "a library of something else": Place(module=Path("libc.so.6"), token="t", key="k", pin_file=Path("pin")),
    "no such token": Place(module=MODULE, token="another token", key="k", pin_file=Path("pin")),
}


@pytest.mark.parametrize("place", [pytest.param(place, id=title) for title, place in WRONG.items()])
def test_a_wrong_setting_shows_at_once(token: SoftToken, place: Place) -> None:
    with pytest.raises(RootUnavailable):
        Pkcs11Custodian(place)


def test_no_pin_file(token: SoftToken, label: str, tmp_path: Path) -> None:
    with pytest.raises(RootRefused, match="FileNotFoundError"):
        Pkcs11Custodian(token.place(label, pin_file=tmp_path / "none"), create=True)


FORK = """
import os, signal, sys
from pathlib import Path
from keys.__main__ import main
from keys.custodians.pkcs11 import Pkcs11Custodian, Place
from keys.secret import Secret
module, token, key, pin = sys.argv[1:]
custodian = Pkcs11Custodian(Place(module=Path(module), token=token, key=key, pin_file=Path(pin)), create=True)
wrapped = custodian.wrap(Secret(b"held"), context=b"c")
child = os.fork()
signal.alarm(20)
assert custodian.unwrap(wrapped, context=b"c") == Secret(b"held")
if child:
    assert os.waitpid(child, 0)[1] == 0
    assert custodian.unwrap(wrapped, context=b"c") == Secret(b"held")
"""


def test_a_fork_opens_a_session_of_its_own(token: SoftToken, label: str) -> None:
    place = token.place(label)
    where = [str(place.module), place.token, place.key, str(place.pin_file)]
    subprocess.run([sys.executable, "-c", FORK, *where], check=True, timeout=60, env=os.environ)


def test_damage_is_told_from_a_token_that_is_ill(custodian: Pkcs11Custodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    with pytest.raises(DoesNotOpen):
        custodian.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), context=b"c")
    assert custodian.unwrap(wrapped, context=b"c") == HELD


def test_the_root_of_a_home_goes_to_a_token_and_back(token: SoftToken, label: str, tmp_path: Path) -> None:
    """`rotate-root --custodian FILE`: the root in a file is gone, and everything opens as before."""
    home, settings, account_id = tmp_path / "home", tmp_path / "custodian.toml", uuid4()
    with open_home(home) as agent:
        key = agent.account_key(account_id)
    command = ["rotate-root", "--home", str(home), "--custodian", str(settings)]
    settings.write_text(
        f'custodian = "pkcs11"\nmodule = "{MODULE}"\ntoken = "{LABEL}"\nkey = "{label}"\n'
        f'pin_file = "{token.pin_file}"\n'
    )
    assert main(command) == 0
    assert not (home / "root.key").exists()
    with open_home(home) as agent:
        assert agent.account_key(account_id) == key
    settings.write_text('custodian = "file"\n')
    assert main(command) == 0
    token.do("key.destroy()", label)  # it is needed no more
    with open_home(home) as agent:
        assert agent.account_key(account_id) == key


def test_a_token_that_is_not_there_leaves_the_root_in_its_file(
    token: SoftToken, label: str, tmp_path: Path
) -> None:
    home, settings, account_id = tmp_path / "home", tmp_path / "custodian.toml", uuid4()
    with open_home(home) as agent:
        key = agent.account_key(account_id)
    settings.write_text(
        f'custodian = "pkcs11"\nmodule = "{MODULE}"\ntoken = "no such"\nkey = "{label}"\n'
        f'pin_file = "{token.pin_file}"\n'
    )
    assert main(["rotate-root", "--home", str(home), "--custodian", str(settings)]) == 1
    with open_home(home) as agent:
        assert agent.account_key(account_id) == key
