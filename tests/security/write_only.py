"""A process that only hands over: `python -m tests.security.write_only ACCOUNT BYTES`, settings as always.

Hands over a call, a recording of so many bytes and a chat, says so as JSON, and waits until its standard
input ends.
"""

import hashlib
import json
import sys
from uuid import UUID

from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.settings import read_settings
from recstore.wiring import build_intake
from tests.films import FTYP
from tests.web.acme import CALL, CHAT


class Film:
    """An MP4 file of many bytes, none of which needs to be kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._at = 0

    def read(self, size: int, /) -> bytes:
        start, self._at = self._at, min(self._at + size, self._size)
        return film_bytes(start, self._at)


def film_bytes(start: int, stop: int) -> bytes:
    """Give a range of any such film: its head, then its every kibibyte different."""
    first = start // 1024
    kibibytes = (hashlib.sha256(b"%d" % number).digest() * 32 for number in range(first, stop // 1024 + 1))
    whole = bytearray(b"".join(kibibytes))
    if first == 0:
        whole[: len(FTYP)] = FTYP
    return bytes(whole[start - first * 1024 : stop - first * 1024])


def main() -> None:
    account_id, size = UUID(sys.argv[1]), int(sys.argv[2])
    intake = build_intake(read_settings())
    received = [
        intake.calls.put(account_id, "hour", json.dumps(CALL).encode(), actor=SYSTEM),
        intake.recordings.put(
            account_id, "hour", "film", Body(Film(size), limit=size), Described(), actor=SYSTEM
        ),
        intake.transcripts.put(account_id, "hour", "chat", json.dumps(CHAT).encode(), actor=SYSTEM),
    ]
    sys.stdout.write(json.dumps([[str(one.id), one.is_new] for one in received]) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
