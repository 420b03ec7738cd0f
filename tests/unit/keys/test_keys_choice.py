"""Which custodian a home has, and that another root than its own is noticed at the start."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from keys.custodians.cache import Cached
from keys.custodians.choice import choose
from keys.custodians.file import FileCustodian
from keys.custodians.pkcs11 import Pkcs11Custodian
from keys.errors import HomeUnfit, RootRefused
from keys.files import write_private
from keys.home import open_home
from keys.vault import Vault
from tests.contracts import kms_stub
from tests.contracts.kms_stub import ARN, Fault, KmsStub
from tests.contracts.soft_token import SoftToken


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home


@pytest.fixture
def stub() -> Iterator[KmsStub]:
    with kms_stub.serving() as stub:
        yield stub


def settle(home: Path, text: str) -> None:
    write_private(home / "custodian.toml", text.encode())


def kms(home: Path, stub: KmsStub, *, key: str = "one") -> None:
    write_private(home / "aws.json", json.dumps({"access_key": "AKIATEST", "secret_key": "s"}).encode())
    settle(
        home,
        f'custodian = "kms"\nkey = "{ARN}{key}"\nendpoint = "{stub.endpoint}"\n'
        f'credentials_file = "{home}/aws.json"\n',
    )


def test_without_settings_it_is_a_plain_file(home: Path) -> None:
    assert isinstance(choose(home, fresh=True), FileCustodian)
    assert len((home / "root.key").read_bytes()) == 32


def test_a_passphrase_from_the_file_in_the_settings(home: Path, tmp_path: Path) -> None:
    write_private(home / "words", b"a long passphrase\n")
    settle(home, f'custodian = "passphrase"\npassphrase_file = "{home}/words"\n')
    with open_home(home):
        pass
    assert not (home / "root.key").exists()
    with open_home(home):
        pass
    write_private(home / "words", b"another passphrase\n")
    with pytest.raises(HomeUnfit, match="is wrong, or"), open_home(home):
        pass


def test_a_token(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = SoftToken(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(token.settings))
    place = token.place("root")
    settle(
        home,
        f'custodian = "pkcs11"\nmodule = "{place.module}"\ntoken = "{place.token}"\nkey = "root"\n'
        f'pin_file = "{place.pin_file}"\n',
    )
    for _ in range(2):
        with open_home(home):
            pass
    assert isinstance(choose(home, fresh=False), Pkcs11Custodian)
    token.do("key.destroy()", "root")
    for _ in range(2):
        # A second root is not made in the place of one that accounts' keys are under.
        with pytest.raises(RootRefused, match="0 keys"), open_home(home):
            pass


def test_kms_has_a_cache_in_front(home: Path, stub: KmsStub) -> None:
    kms(home, stub)
    assert isinstance(choose(home, fresh=True), Cached)
    with open_home(home):
        pass
    assert stub.asked == ["Encrypt"], "the key is tried before the first account needs it"
    with open_home(home):
        pass
    assert stub.asked == ["Encrypt", "Decrypt"]


def test_a_root_that_cannot_be_used_keeps_the_agent_from_starting(home: Path, stub: KmsStub) -> None:
    kms(home, stub)
    with stub.failing(Fault.DISABLED), pytest.raises(RootRefused), open_home(home):
        pass
    assert not (home / "root.check").exists()


def use_other_root(home: Path) -> None:
    (home / "root.key").unlink()
    FileCustodian.create(home / "root.key")


def lose_root(home: Path) -> None:
    (home / "root.key").unlink()


def change_kind(home: Path) -> None:
    write_private(home / "words", b"a long passphrase\n")
    settle(home, f'custodian = "passphrase"\npassphrase_file = "{home}/words"\n')


def damage_check(home: Path) -> None:
    (home / "root.check").write_bytes(bytes(60))


WRONG_ROOTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "another root": (use_other_root, "not the root"),
    "no root": (lose_root, "restore it"),
    "a custodian of another kind": (change_kind, "restore it"),
    "a damaged check": (damage_check, "not the root"),
}


@pytest.mark.parametrize("has_accounts", [False, True], ids=["no account yet", "an account"])
@pytest.mark.parametrize(
    ("spoil", "message"), [pytest.param(*case, id=title) for title, case in WRONG_ROOTS.items()]
)
def test_attacker_cannot_slip_in_a_root_of_theirs(
    home: Path, spoil: Callable[[Path], None], message: str, has_accounts: bool
) -> None:
    with open_home(home):
        if has_accounts:
            Vault(home / "accounts", custodian=FileCustodian.load(home / "root.key")).create_account(uuid4())
    spoil(home)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with pytest.raises(HomeUnfit, match=message), open_home(home):
        pass
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_another_key_of_kms_is_noticed_at_the_start(home: Path, stub: KmsStub) -> None:
    kms(home, stub)
    with open_home(home):
        pass
    kms(home, stub, key="two")
    with pytest.raises(HomeUnfit, match="not the root"), open_home(home):
        pass


def test_a_home_from_before_there_was_a_check_gets_one(home: Path) -> None:
    with open_home(home):
        Vault(home / "accounts", custodian=FileCustodian.load(home / "root.key")).create_account(uuid4())
    (home / "root.check").unlink()
    with open_home(home):
        pass
    assert (home / "root.check").exists()


UNFIT: dict[str, tuple[str, str]] = {
    "not TOML": ("custodian = ", "TOML"),
    "no kind": ("key = 'k'", "custodian is one of"),
    "an unknown kind": ("custodian = 'tpm'", "custodian is one of"),
    "a list of kinds": ("custodian = ['file']", "custodian is one of"),
    "a misspelt setting": ("custodian = 'kms'\nkye = 'k'", "takes texts called"),
    "a setting missing": ("custodian = 'pkcs11'\nmodule = 'm'", "takes texts called"),
    "a setting of another kind": ("custodian = 'file'\nkey = 'k'", "takes texts called"),
    "a number": ("custodian = 'kms'\nkey = 7", "takes texts called"),
    "a passphrase in it": ("custodian = 'passphrase'\npassphrase = 'p'", "takes texts called"),
    "credentials that are none": ("custodian = 'kms'\nkey = 'k'\ncredentials_file = 'none'", "access_key"),
}


@pytest.mark.parametrize(
    ("text", "message"), [pytest.param(*case, id=title) for title, case in UNFIT.items()]
)
def test_settings_that_leave_a_doubt_are_refused(home: Path, text: str, message: str) -> None:
    settle(home, text)
    with pytest.raises(HomeUnfit, match=message):
        choose(home, fresh=True)
    assert not (home / "root.key").exists()


def test_attacker_of_another_user_cannot_have_written_the_settings(home: Path) -> None:
    settle(home, "custodian = 'file'")
    (home / "custodian.toml").chmod(0o664)
    with pytest.raises(HomeUnfit, match="0600"):
        choose(home, fresh=True)
