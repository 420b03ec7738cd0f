"""The data keys that must never open again: a list that only grows, on the disk before it is answered for.

    shredded    account (16 bytes) ‖ data key (16 bytes), for each

It outlives a sealed key that comes back from a backup: the agent refuses it.
"""

import os
import threading
from pathlib import Path
from typing import Final
from uuid import UUID

from keys.files import write_private

_LENGTH: Final = 32


class Shredded:
    """The list, in memory as a set: about 150 bytes for each. For one process, safe for its threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._adding = threading.Lock()
        lines = _read(path)
        self._all, self._count = set(lines), len(lines)

    def has(self, account_id: UUID, data_key_id: UUID) -> bool:
        """Say whether this data key was shredded."""
        return account_id.bytes + data_key_id.bytes in self._all

    def add(self, account_id: UUID, data_key_id: UUID) -> None:
        """Write a data key down for good. Raises OSError when that is not on the disk."""
        line = account_id.bytes + data_key_id.bytes
        with self._adding:
            if line in self._all:
                return
            if not self._path.exists():
                write_private(self._path, b"")  # its name on the disk, too
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "wb") as file:
                # Not appended: a line that a crash tore off is written over.
                file.seek(self._count * _LENGTH)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            self._all.add(line)
            self._count += 1


def _read(path: Path) -> list[bytes]:
    lines = path.read_bytes() if path.exists() else b""
    whole = len(lines) - len(lines) % _LENGTH
    # Two lists that somebody put together may name a data key twice.
    return [lines[start : start + _LENGTH] for start in range(0, whole, _LENGTH)]
