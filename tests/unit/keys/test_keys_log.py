import os
import subprocess
import sys
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


ROOM_FOR_TWENTY_BYTES = """
import pathlib, resource, signal, sys
from keys.log import Log
log = Log(pathlib.Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
try:
    log.append({"number": 1, "text": "longer than that"})
except OSError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append({"number": 2})
"""


def test_an_entry_taken_in_part_is_an_error_and_stays_apart(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ROOM_FOR_TWENTY_BYTES, str(tmp_path / "log")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout == "The log took only a part of the entry.\n"
    assert (tmp_path / "log").read_text() == '{"number":1,"text":"\n{"number":2}\n'
