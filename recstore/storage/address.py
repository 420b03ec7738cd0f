"""Where the embedded store answers and what signs requests to it: made once, kept beside the blobs.

Only the file's owner can read it. Blobs survive a change of ports, but running clients would not notice it.
"""

import json
import os
import random
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

SERVICES = ("s3", "master", "volume", "filer", "admin")
GRPC_OFFSET = 10_000  # SeaweedFS listens for gRPC at each HTTP port plus this
PORTS = range(12_000, 22_000)  # plus the offset they are still below those that Linux gives to clients


@dataclass(frozen=True, slots=True)
class Address:
    """One port for each service, and the store's only credentials."""

    ports: dict[str, int]
    access_key: str = field(default_factory=lambda: secrets.token_hex(10))
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def endpoint(self) -> str:
        """The URL of the S3 service."""
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def taken(self) -> list[int]:
        """The ports that something listens on already."""
        return [port for port in self.ports.values() if not _is_free(port)]


def load(path: Path) -> Address | None:
    """Read the address that was kept, if there is one."""
    return Address(**json.loads(path.read_text())) if path.exists() else None


def keep(address: Address, path: Path) -> None:
    """Write the address so that only its owner can read it, as a whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(address), file)
    fresh.replace(path)


def choose_ports() -> dict[str, int]:
    """Choose a port for each service that is free together with its gRPC port."""
    candidates = random.sample(PORTS, len(PORTS))  # at random, so that stores starting together rarely meet
    free = (port for port in candidates if _is_free(port))
    return {service: next(free) for service in SERVICES}


def _is_free(port: int) -> bool:
    return all(_can_bind(number) for number in (port, port + GRPC_OFFSET))


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as SeaweedFS does after a restart
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
