"""A page costs what a page costs: it reads no account from end to end, nor one by one what was taken away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from recstore.access.viewer import Viewer
from recstore.catalog.base import Base
from recstore.catalog.tables import Item, Tie
from recstore.library import THROUGH, Filters
from recstore.model import Kind
from tests.core_fixtures import Case, House

Statement = tuple[str, Any]
TABLES = set(Base.metadata.tables)


@contextmanager
def listened(engine: Engine) -> Iterator[list[Statement]]:
    """Give the statements that are executed meanwhile, with their values."""
    heard: list[Statement] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        heard.append((statement, values))

    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


def plans(engine: Engine, statements: list[Statement]) -> Iterator[str]:
    """Tell how SQLite goes about each statement, step by step."""
    with engine.connect() as connection:
        for statement, values in statements:
            if statement.startswith(("SELECT", "WITH")):
                yield from (
                    row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                )


def add_items(case: Case, relations: list[str], *, count: int) -> None:
    """Add newer items to which Bo has these ties."""
    with case.house.catalog.change(case.account_id) as tx:
        model = tx.get(Item, case.item_id)
        assert model is not None
        columns = {column.name: getattr(model, column.name) for column in Item.__table__.columns}
        for _ in range(count):
            item = Item(
                **columns | {"id": uuid4(), "ref_key": uuid4().bytes, "started_at": case.house.clock()}
            )
            tx.add(item)
            tx.session.flush()
            for relation in relations:
                tie = {"relation": relation, "kind": item.kind, "started_at": item.started_at}
                ends = {"until": None, "download": False}
                tx.add(
                    Tie(account_id=case.account_id, viewer_id=case.bo.user_id, item_id=item.id, **tie, **ends)
                )


def page(house: House, viewer: Viewer, filters: Filters) -> int:
    return len(house.recstore.library.page(viewer, Kind.RECORDING, filters, cursor=None, limit=5)[0])


@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters(text="weekly"), Filters(vmr="room-1"), *(Filters(shared=word) for word in THROUGH)],
    ids=str,
)
def test_no_statement_of_a_page_reads_a_whole_account(case: Case, filters: Filters) -> None:
    for viewer in (case.ann, case.bo, case.ada):
        page(case.house, viewer, filters)  # so that what follows finds the keys of its texts open
        with listened(case.house.catalog.engine) as heard:
            page(case.house, viewer, filters)
        steps = list(plans(case.house.catalog.engine, heard))
        assert any(step.startswith("SEARCH items") for step in steps)
        read_whole = [
            step
            for step in steps
            if step.endswith("(account_id=?)") or step.split()[:2] in [["SCAN", name] for name in TABLES]
        ]
        assert read_whole == []


def test_what_was_taken_away_is_passed_over_in_one_search(case: Case) -> None:
    with listened(case.house.catalog.engine) as before:
        assert page(case.house, case.bo, Filters()) == 1
    add_items(case, ["participant", "excluded"], count=40)
    with listened(case.house.catalog.engine) as after:
        assert page(case.house, case.bo, Filters()) == 1
    assert [statement for statement, _ in after] == [statement for statement, _ in before]


def test_a_page_of_many_costs_as_many_statements_as_a_page_of_one(case: Case) -> None:
    with listened(case.house.catalog.engine) as before:
        page(case.house, case.bo, Filters())
    add_items(case, ["participant"], count=40)
    with listened(case.house.catalog.engine) as after:
        assert page(case.house, case.bo, Filters()) == 5
    assert len(after) == len(before)
