import os
from pathlib import Path

import pytest

from keys.log import Log


def test_entries_follow_each_other(tmp_path: Path) -> None:
    for number in (1, 2):  # opened again: what stands there stays
        log = Log(tmp_path / "log")
        log.append({"number": number, "text": "a\nb"})
        log.close()
    assert (tmp_path / "log").read_text() == '{"number":1,"text":"a\\nb"}\n{"number":2,"text":"a\\nb"}\n'


def test_a_line_torn_by_a_crash_stays_apart(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"number":1}\n{"num')
    log = Log(tmp_path / "log")
    log.append({"number": 2})
    log.append({"number": 3})
    log.close()
    assert (tmp_path / "log").read_text() == '{"number":1}\n{"num\n{"number":2}\n{"number":3}\n'


def test_the_log_is_private(tmp_path: Path) -> None:
    Log(tmp_path / "log").close()
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_attacker_cannot_divert_the_log_with_a_link(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Log(tmp_path / "log")
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_is_an_error() -> None:
    log = Log(Path("/dev/full"))
    with pytest.raises(OSError, match=os.strerror(28)):
        log.append({"number": 1})
    log.close()
