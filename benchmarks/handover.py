"""Handing over 1 GiB by one streaming PUT, against minio's own put_object of the same bytes: MiB/s.

The service receives, hashes, seals and stores; minio's client stores the bytes as they are, in parts of
the same size and as many at a time.
"""

import os
import tempfile
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from benchmarks.curl import upload
from benchmarks.rounds import alternate
from benchmarks.service import GIB, MIB, RandomBytes, Service, serving
from recstore.storage.s3 import PARALLEL, PART_SIZE

AT_LEAST = {"service ÷ minio": 0.8}


def measure() -> dict[str, float]:
    """Return everybody's MiB/s and the ratio."""
    with serving() as service, tempfile.TemporaryDirectory(prefix="recstore-bench-") as folder:
        file = Path(folder) / "recording"
        write_random(file, GIB)
        speeds = alternate(
            {
                "service": lambda: put_to_service(service, file),
                "minio": lambda: put_to_store(service, file),
            }
        )
    ratio = speeds["service"] / speeds["minio"]
    return {f"{name}, MiB/s": speed for name, speed in speeds.items()} | {"service ÷ minio": ratio}


def write_random(file: Path, length: int) -> None:
    source = RandomBytes(length)
    with file.open("wb") as target:
        while piece := source.read(MIB):
            target.write(piece)


def put_to_service(service: Service, file: Path) -> float:
    os.sync()  # nobody pays for what the one before left to write
    return upload(service.put_url(), file, f"Authorization: Bearer {service.ingest_token}")


def put_to_store(service: Service, file: Path) -> float:
    os.sync()
    length, client = file.stat().st_size, service.minio()
    with file.open("rb") as source:
        start = perf_counter()
        client.put_object(
            service.store.bucket,
            f"plain/{uuid4()}",
            source,
            length,
            part_size=PART_SIZE,
            num_parallel_uploads=PARALLEL,
        )
        return length / MIB / (perf_counter() - start)
