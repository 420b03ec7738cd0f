import os
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from keys.custodians.file import FileCustodian
from keys.errors import HomeUnfit
from keys.files import write_private
from keys.home import open_home
from keys.vault import Vault


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which one account has a key."""
    home = tmp_path / "home"
    with open_home(home):
        Vault(home / "accounts", custodian=FileCustodian.load(home / "root.key")).create_account(uuid4())
    return home


def test_a_fresh_home_is_private(home: Path) -> None:
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "root.key").stat().st_mode) == 0o600
    assert len((home / "root.key").read_bytes()) == 32


def test_the_root_stays_the_same(home: Path) -> None:
    root = (home / "root.key").read_bytes()
    with open_home(home):
        assert (home / "root.key").read_bytes() == root


def test_no_two_homes_have_the_same_root(home: Path, tmp_path: Path) -> None:
    with open_home(tmp_path / "other"):
        assert (tmp_path / "other" / "root.key").read_bytes() != (home / "root.key").read_bytes()


UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "root readable by the group": (lambda home: (home / "root.key").chmod(0o640), "0600"),
    "root readable by all": (lambda home: (home / "root.key").chmod(0o604), "0600"),
    "home open to the group": (lambda home: home.chmod(0o750), "0700"),
    "root cut": (lambda home: (home / "root.key").write_bytes(bytes(31)), "31 bytes"),
    "root too long": (lambda home: (home / "root.key").write_bytes(bytes(33)), "33 bytes"),
    "root missing": (lambda home: (home / "root.key").unlink(), "restore it"),
}


@pytest.mark.parametrize(
    ("spoil", "message"), [pytest.param(*case, id=title) for title, case in UNFIT.items()]
)
def test_an_unfit_home_is_refused_and_left_alone(
    home: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(home)
    before = {path: path.stat().st_mode for path in home.rglob("*")}
    with pytest.raises(HomeUnfit, match=message), open_home(home):
        pass
    assert {path: path.stat().st_mode for path in home.rglob("*")} == before


def test_attacker_cannot_link_the_root_to_a_file_of_theirs(home: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(bytes(32))
    (tmp_path / "theirs").chmod(0o600)
    (home / "root.key").unlink()
    (home / "root.key").symlink_to(tmp_path / "theirs")
    with pytest.raises(HomeUnfit), open_home(home):
        pass


def test_a_second_agent_is_refused(home: Path) -> None:
    with open_home(home), pytest.raises(HomeUnfit, match="Another key agent"), open_home(home):
        pass


def test_a_new_root_never_replaces_one(home: Path) -> None:
    before = (home / "root.key").read_bytes()
    with pytest.raises(HomeUnfit, match="exists"):
        FileCustodian.create(home / "root.key")
    assert (home / "root.key").read_bytes() == before


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"old, and longer")
    write_private(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_home_of_another_user_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    with pytest.raises(HomeUnfit, match="belongs to another user"), open_home(home):
        pass
