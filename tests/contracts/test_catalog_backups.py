"""Backups of the catalog without its sealed keys, and of those alone, as docs/operators.md says."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from recstore.catalog import sealed_keys
from recstore.catalog.database import Catalog
from recstore.catalog.sealed_tables import DataKey
from tests.core_fixtures import House, build_house, copy_catalog, furnish
from tests.postgres_fixture import ROLE, find_programs

TABLES = [table.__tablename__ for table in sealed_keys.TABLES]
DOCUMENT = (Path(__file__).parents[2] / "docs" / "operators.md").read_text()


def sealed(house: House) -> list[bytes]:
    case = furnish(house)
    with house.catalog.read(case.account_id) as tx:
        return [row.sealed for row in tx.session.scalars(tx.select(DataKey))]


def test_the_document_names_every_table_of_sealed_keys() -> None:
    for table in TABLES:
        assert f"--exclude-table-data={table}" in DOCUMENT
        assert f"--table={table}" in DOCUMENT
        assert f"DELETE FROM {table}" in DOCUMENT


def test_sqlite(tmp_path: Path, migrated_sqlite: Path, core_agent: Path) -> None:
    catalog = copy_catalog(migrated_sqlite, tmp_path)
    (key,) = sealed(build_house(tmp_path, catalog, core_agent))
    catalog.engine.dispose()
    lite = ["sqlite3", str(tmp_path / "catalog.db")]
    subprocess.run([*lite, f"VACUUM INTO '{tmp_path}/without-keys.db'"], check=True)
    emptied = "; ".join([f"DELETE FROM {table}" for table in TABLES] + ["VACUUM"])
    subprocess.run(["sqlite3", str(tmp_path / "without-keys.db"), emptied], check=True)
    assert key in (tmp_path / "catalog.db").read_bytes()
    assert key not in (tmp_path / "without-keys.db").read_bytes()
    keys = subprocess.run([*lite, f".dump {' '.join(TABLES)}"], check=True, capture_output=True).stdout
    assert key.hex().encode() in keys.lower()


@pytest.fixture
def postgres_house(tmp_path: Path, migrated_postgres: Catalog, core_agent: Path) -> House:
    return build_house(tmp_path, migrated_postgres, core_agent)


def test_postgresql(postgres_house: House, postgres_database: Callable[[], str], tmp_path: Path) -> None:
    (key,) = sealed(postgres_house)
    source = _as_superuser(postgres_house.catalog.engine.url.render_as_string(hide_password=False))
    catalog, keys = tmp_path / "catalog.sql", tmp_path / "keys.sql"
    _run("pg_dump", *(f"--exclude-table-data={table}" for table in TABLES), f"--file={catalog}", source)
    _run("pg_dump", "--data-only", *(f"--table={table}" for table in TABLES), f"--file={keys}", source)
    assert key.hex() not in catalog.read_text()
    restored = _as_superuser(postgres_database())
    for file, there in ((catalog, False), (keys, True)):
        _run("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={file}", restored)
        with psycopg.connect(restored) as connection:
            found = connection.execute("SELECT count(*) FROM data_keys WHERE sealed = %s", [key]).fetchone()
        assert found == (int(there),)


def test_nobody_without_the_right_dumps_some_of_the_rows_unnoticed(postgres_house: House) -> None:
    """recstore's own role sees one account at a time: its dump stops with an error, and is not half a one."""
    own = postgres_house.catalog.engine.url.render_as_string(hide_password=False)
    with pytest.raises(subprocess.CalledProcessError):
        _run("pg_dump", "--data-only", "--table=data_keys", own)


def _as_superuser(url: str) -> str:
    return url.replace(f"//{ROLE}@", "//postgres@")


def _run(program: str, *words: str) -> None:
    subprocess.run([find_programs() / program, *words], check=True, capture_output=True)
