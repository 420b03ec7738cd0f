"""The folder of an installation: closed to others, and never under another key than the one it began with."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recstore.errors import Misconfigured
from recstore.installation import COOKIES, LOOKUP, make_secret, prepare, read_secret
from recstore.settings import Settings
from recstore.wiring import open_blobs, open_catalog


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that has been opened once."""
    settings = Settings(data=tmp_path / "data")
    open_catalog(settings).engine.dispose()
    return settings


def key_file(settings: Settings) -> Path:
    return settings.secrets_folder / LOOKUP


def test_the_same_key_opens_the_catalog_again(settings: Settings) -> None:
    before = key_file(settings).read_bytes()
    open_catalog(settings).engine.dispose()
    assert key_file(settings).read_bytes() == before
    assert [path.name for path in settings.secrets_folder.glob("*.new")] == []


def test_a_lost_lookup_key_is_told_and_not_replaced(settings: Settings) -> None:
    key_file(settings).unlink()
    with pytest.raises(Misconfigured, match="backup"):
        open_catalog(settings)
    assert not key_file(settings).exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty, as after a power cut"),
        pytest.param(bytes(31), id="too short"),
        pytest.param(bytes(33), id="too long"),
        pytest.param(bytes(32), id="another key"),
    ],
)
def test_a_lookup_key_that_is_not_the_first_one_is_refused(settings: Settings, content: bytes) -> None:
    kept = key_file(settings).read_bytes()
    key_file(settings).write_bytes(content)
    with pytest.raises(Misconfigured, match="backup"):
        open_catalog(settings)
    assert key_file(settings).read_bytes() == content
    key_file(settings).write_bytes(kept)
    open_catalog(settings).engine.dispose()


def test_a_second_host_with_a_key_of_its_own_is_refused_the_same_catalog(
    settings: Settings, tmp_path: Path
) -> None:
    second = Settings(data=tmp_path / "second", database_url=f"sqlite:///{settings.data / 'catalog.db'}")
    with pytest.raises(Misconfigured):
        open_catalog(second)


def test_first_starts_at_the_same_moment_end_with_one_key(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    prepare(settings)

    def start(_: int) -> bytes:
        make_secret(settings, LOOKUP)
        return read_secret(settings, LOOKUP)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(start, range(64)))) == 1
    with ThreadPoolExecutor(4) as threads:
        for catalog in threads.map(lambda _: open_catalog(settings), range(4)):
            catalog.engine.dispose()


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o705, 0o711])
def test_attacker_on_the_same_machine_a_folder_that_others_may_enter_is_refused(
    tmp_path: Path, mode: int
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "letter.txt").touch()
    data.chmod(mode)
    with pytest.raises(Misconfigured, match="chmod 700"):
        open_catalog(Settings(data=data))
    assert [path.name for path in data.iterdir()] == ["letter.txt"]


def test_attacker_on_the_same_machine_nothing_is_readable_even_under_an_open_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        settings = Settings(data=tmp_path / "data")
        catalog = open_catalog(settings)
        with catalog.front_desk(write=True):
            modes = {
                str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
                for path in [settings.data, *settings.data.rglob("*")]
            }
        catalog.engine.dispose()
    finally:
        os.umask(before)
    assert {name for name in modes if "catalog" in name} == {
        "data/catalog.db",
        "data/catalog.db-wal",
        "data/catalog.db-shm",
    }
    assert {f"data/secrets/{name}" for name in (LOOKUP, COOKIES)} <= modes.keys()
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_requests_to_the_store_are_signed_for_the_region_that_is_set(tmp_path: Path) -> None:
    credentials = tmp_path / "s3.json"
    credentials.write_text('{"access_key": "name", "secret_key": "secret"}')
    settings = Settings(
        data=tmp_path,
        s3_endpoint="https://s3.example",
        s3_region="eu-north-1",
        s3_credentials_file=credentials,
    )
    signed = open_blobs(settings)._client.presigned_get_object("recstore", "blob")
    assert "eu-north-1%2Fs3" in signed


def test_an_empty_folder_that_others_may_enter_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    prepare(Settings(data=data))
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
