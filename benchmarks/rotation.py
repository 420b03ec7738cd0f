"""Rotate an account of 100,000 data keys: all re-wrapped by the real agent, and the old key destroyed."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

from keys.wrap import PublicKey, wrap_data_key
from recstore.catalog import custodies
from recstore.catalog.sealed_tables import DataKey
from recstore.embedded import EmbeddedAgent
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.wiring import Recstore, build

DATA_KEYS = 100_000
AT_MOST = {"100,000 data keys rotated, s": 60.0}


def measure() -> dict[str, float]:
    """Return seconds, and data keys a second."""
    with tempfile.TemporaryDirectory(prefix="recstore-bench-") as folder:
        home = Path(folder)
        agent = EmbeddedAgent(home / "keys", home / "socket", home / "log")
        agent.start()
        try:
            recstore = build(
                Settings(data=home / "data", keys_agent=str(home / "socket")), blobs=MemoryBlobs()
            )
            account_id = recstore.accounts.create("Bench", domains=["bench.example"]).id
            fill(recstore, account_id)
            began = perf_counter()
            assert recstore.rewrapping.rotate(account_id, lambda _: None) == []
            seconds = perf_counter() - began
            standing = recstore.coverage.standing(account_id)
            assert (standing.percent, standing.total) == (100, DATA_KEYS)
            recstore.catalog.engine.dispose()
        finally:
            agent.stop()
    return {"100,000 data keys rotated, s": seconds, "data keys a second": DATA_KEYS / seconds}


def fill(recstore: Recstore, account_id: UUID) -> None:
    """Write rows of data keys without items: rotation looks at nothing else."""
    with recstore.catalog.read(account_id) as tx:
        key = custodies.current_key(tx)
    raw = recstore.catalog.engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA foreign_keys=OFF")
        columns = "(id, item_id, generation, key_id, sealed, account_id)"
        raw.cursor().executemany(
            f"INSERT INTO {DataKey.__tablename__} {columns} VALUES (?, ?, 1, ?, ?, ?)",
            rows(account_id, key.key_id, PublicKey(key.public_key)),
        )
        raw.commit()
    finally:
        raw.invalidate()


def rows(account_id: UUID, key_id: UUID, public_key: PublicKey) -> Iterator[tuple[object, ...]]:
    for _ in range(DATA_KEYS):
        item_id, data_key_id = uuid4(), uuid4()
        sealed = wrap_data_key(
            public_key,
            os.urandom(32),
            account_id=account_id,
            item_id=item_id,
            generation=1,
            data_key_id=data_key_id,
        )
        yield data_key_id.hex, item_id.hex, key_id.hex, sealed, account_id.hex
