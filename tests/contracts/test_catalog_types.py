"""A module of tables that is imported by itself knows the types of all its columns.

A column takes its type from what it points to. If that is not known yet, a query that is built at once binds
its values without a type, and fails only where the program imports its modules in that order.
"""

import subprocess
import sys
from pathlib import Path

import pytest

CATALOG = Path(__file__).parents[2] / "recstore" / "catalog"
TABLES = sorted(path.stem for path in CATALOG.glob("*.py") if "__tablename__" in path.read_text())
LOOK = """
from sqlalchemy.types import NullType
import recstore.catalog.{module}
from recstore.catalog.base import Base
columns = [column for table in Base.metadata.tables.values() for column in table.columns]
found = [str(column) for column in columns if isinstance(column.type, NullType)]
assert not found, found
"""


@pytest.mark.parametrize("module", [*TABLES, "listed"])
def test_no_column_is_without_a_type(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(module=module)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
