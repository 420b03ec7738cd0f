"""Private files: read by their owner alone, written whole or not at all, there after a power cut."""

import os
import stat
from pathlib import Path
from uuid import uuid4

from keys.errors import HomeUnfit


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner enters, unless it is there. Raises HomeUnfit when others may."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        _sync_folder(folder.parent)
    _refuse_others(folder, folder.lstat())


def read_private(path: Path, *, limit: int = 4096) -> bytes:
    """Read a small file. Raises FileNotFoundError, or HomeUnfit when anybody but its owner could have."""
    # O_NOFOLLOW: a link put in its place must not make us read, and trust, another file.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        _refuse_others(path, os.fstat(file.fileno()))
        return file.read(limit)


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place whole: a crash leaves the old one or the new one, never half of one."""
    fresh = path.with_name(f".{path.name}.{uuid4()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        # Before the rename: else the name may reach the disk ahead of the bytes.
        os.fsync(file.fileno())
    fresh.rename(path)
    _sync_folder(path.parent)


def move(path: Path, to: Path) -> None:
    """Move a file onto another, so that it stays there after a power cut."""
    path.rename(to)
    _sync_folder(to.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there, so that it does not come back after a power cut."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _refuse_others(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise HomeUnfit(f"{path} belongs to another user: give it to the one that runs the key agent.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        fit = "0700" if stat.S_ISDIR(found.st_mode) else "0600"
        raise HomeUnfit(f"{path} is open to other users: set its permissions to {fit}.")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
