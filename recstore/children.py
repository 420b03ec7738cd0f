"""Child processes: where their words go, and how they end."""

import os
import subprocess
from pathlib import Path
from typing import BinaryIO


def open_log(path: Path) -> BinaryIO:
    """Open a child's log to append to, readable by its owner alone."""
    return open(path, "ab", opener=_owner_only)


def end(child: subprocess.Popen[bytes], *, patience: float) -> None:
    """Ask a child to end, wait `patience` seconds, then insist; lets go of its standard input too."""
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdin:
        child.stdin.close()


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
