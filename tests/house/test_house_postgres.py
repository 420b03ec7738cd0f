"""The private PostgreSQL that catalog tests use is what it promises to be."""

from collections.abc import Callable

import psycopg


def test_every_database_is_new_and_empty(postgres_database: Callable[[], str]) -> None:
    with psycopg.connect(postgres_database()) as first:
        first.execute("CREATE TABLE kept (id int)")
    with psycopg.connect(postgres_database()) as second:
        found = second.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (0,)


def test_the_role_is_no_superuser_and_cannot_pass_row_level_security(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
    assert role == (False, False, False, False)
