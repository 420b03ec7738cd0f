"""The agent's own log: a line of JSON for each request, on disk before its answer leaves. No key material."""

import json
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID


class Log:
    """Append lines to one file. Safe for threads; raises OSError when a line is not on the disk."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._writing = threading.Lock()
        size = os.fstat(self._file).st_size
        self._torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one entry and wait until it is on the disk."""
        line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
        with self._writing:
            # What a crash or a full disk tore off stays visible as a line of its own.
            start = b"\n" if self._torn else b""
            self._torn = True
            written = os.write(self._file, start + line)
            if written != len(start + line):
                raise OSError("The log took only a part of the entry.")
            os.fsync(self._file)
            self._torn = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def note(home: Path, asked: str, account_id: UUID | None, *, outcome: str, **more: str) -> None:
    """Log what was done in the home itself, by a command, whether the agent runs or not."""
    log = Log(home / "log.jsonl")
    try:
        request = {"account_id": str(account_id) if account_id else None, **more}
        entry = {"at": datetime.now(UTC).isoformat(), "pid": os.getpid(), "asked": asked, "request": request}
        log.append(entry | {"outcome": outcome})
    finally:
        log.close()
