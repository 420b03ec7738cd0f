"""The key agent as a process of its own, and what it is asked to open."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from keys.client import AccountKey, OpenRequest
from keys.reasons import Reason
from keys.wrap import PublicKey, wrap_data_key

DATA_KEY = bytes(range(32))
ACCOUNT = UUID(bytes=b"A" * 16)


def start(folder: Path, *more: str, **how: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "keys", "serve", "--home", str(folder / "home")]
    command += ["--socket", str(folder / "socket"), *more]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, umask=0, **how)


@contextmanager
def running(folder: Path, *more: str, **how: Any) -> Iterator[subprocess.Popen[str]]:
    with start(folder, *more, **how) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline() == "agent ready\n", process.stderr.read()
            yield process
        finally:
            process.kill()


def request(key: AccountKey, account_id: UUID = ACCOUNT) -> OpenRequest:
    ids = {"account_id": account_id, "item_id": uuid4(), "data_key_id": uuid4()}
    return OpenRequest(
        **ids,
        id=uuid4(),
        generation=1,
        key_id=key.key_id,
        sealed=wrap_data_key(PublicKey(key.public_key), DATA_KEY, **ids, generation=1),
        actor="user-1",
        on_behalf_of=None,
        reason=Reason.PLAYBACK,
        decision="decision-1",
        at=datetime.now(UTC),
    )
