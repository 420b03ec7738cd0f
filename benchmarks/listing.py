"""A page of 50 of a large account's recordings, as the library gives it, against a bare indexed page.

The account has 1,000,000 recordings, 5,000 people and 4 to 5 ties a recording, on SQLite and on PostgreSQL,
and a hundredth of it beside. The bare page is what somebody writes who forgot about rules: one SELECT,
ties joined with what is shown, newest first. recstore's page asks who looks, judges each item, says what may
be done with it, and makes the rows that pages and API show.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, literal, select, tuple_

from benchmarks.bulk import copy_to, open_sqlite
from benchmarks.crowd import ACCOUNT, NEWEST, Crowd, began, item
from recstore.access import cursors
from recstore.access.decision import Decider
from recstore.access.gate import Gate
from recstore.access.listing import Place
from recstore.access.viewer import Viewer
from recstore.catalog.columns import Instant
from recstore.catalog.database import Catalog
from recstore.catalog.tables import Call, Item, Tie, User, Vmr
from recstore.library import Filters, Library
from recstore.model import Kind, Relation
from recstore.wiring import read_policy
from tests.postgres_fixture import start_postgres

POLICIES = Path(__file__).parents[1] / "policies"
LARGE, SMALL = Crowd(1_000_000), Crowd(10_000)
PAGE = 50
ROUNDS = 60
NOW = NEWEST + timedelta(hours=1)

DATABASES = ("SQLite", "PostgreSQL")
PARTS = ("ordinary", "heavy", "admin")  # whose pages may not grow with the account


@dataclass(frozen=True)
class Case:
    """Whose page, and which. `relation`: the ties that the bare page follows; None for everything."""

    part: str
    relation: Relation | None = Relation.PARTICIPANT
    shared: str | None = None
    after: int | None = None  # the number of a recording: the page begins after it
    span: tuple[datetime, datetime] | None = None

    @property
    def filters(self) -> Filters:
        start, end = self.span or (None, None)
        return Filters(start=start, end=end, shared=self.shared)


CASES = {
    "ordinary": Case("ordinary"),
    "heavy": Case("heavy"),
    "admin": Case("admin", relation=None),
    "heavy, far down": Case("heavy", after=900_000),
    "heavy, a month": Case("heavy", span=(NEWEST - timedelta(days=60), NEWEST - timedelta(days=30))),
    "ordinary, by-me": Case("ordinary", relation=Relation.RESPONSIBLE, shared="by-me"),
    "8,000 taken out": Case("taken-out"),
    "8,000 shares ended": Case("ended", relation=Relation.SHARED_WITH),
}
AT_MOST = {f"{database}: {name} ÷ bare": 3.0 for database in DATABASES for name in CASES} | {
    f"{database}: {part}, 1,000,000 ÷ 10,000": 1.5 for database in DATABASES for part in PARTS
}

# What the library's page shows or judges: all but the document that was handed over.
COLUMNS = [
    *Item.__table__.columns,
    *(column for column in Call.__table__.columns if column.key != "document"),
    *(Vmr.ref.mapped(), Vmr.title.mapped(), User.id, User.name.mapped()),
]

Turn = Callable[[], None]
Query = Select[*tuple[Any, ...]]


def measure() -> dict[str, float]:
    """Return milliseconds of every page and of the bare one, then the ratios."""
    large, large_path = open_sqlite(LARGE)
    small, small_path = open_sqlite(SMALL)
    figures = compare("SQLite", large, small)
    with start_postgres() as cluster:
        large, small = copy_to(cluster, large_path), copy_to(cluster, small_path)
        figures |= compare("PostgreSQL", large, small)
        large.engine.dispose()
        small.engine.dispose()
    return figures | ratios(figures) | {"load at the end": os.getloadavg()[0]}


def compare(database: str, large: Catalog, small: Catalog) -> dict[str, float]:
    """Return the median milliseconds of every page on one kind of database; all take turns, call by call."""
    turns: dict[str, Turn] = {}
    for name, case in CASES.items():
        turns[f"{database}: {name}, ms"] = page_turn(large, LARGE, case)
        turns[f"{database}: {name}, bare, ms"] = bare_turn(large, LARGE, case)
    for part in PARTS:
        turns[f"{database}: {part}, of 10,000, ms"] = page_turn(small, SMALL, CASES[part])
    turns[f"{database}: ordinary, bare, objects, ms"] = objects_turn(large, LARGE, CASES["ordinary"])
    turns[f"{database}: ordinary, bare, driver alone, ms"] = driver_turn(large, LARGE, CASES["ordinary"])
    taken: dict[str, list[float]] = {name: [] for name in turns}
    for turn in turns.values():
        turn()
    for _ in range(ROUNDS):
        for name, turn in turns.items():
            start = perf_counter()
            turn()
            taken[name].append(perf_counter() - start)
    return {name: median(found) * 1000 for name, found in taken.items()}


def ratios(figures: dict[str, float]) -> dict[str, float]:
    found = {}
    for database in DATABASES:
        for name in CASES:
            page = figures[f"{database}: {name}, ms"]
            found[f"{database}: {name} ÷ bare"] = page / figures[f"{database}: {name}, bare, ms"]
        ordinary = figures[f"{database}: ordinary, ms"]
        for bare in ("objects", "driver alone"):
            found[f"{database}: ordinary ÷ bare, {bare}"] = (
                ordinary / figures[f"{database}: ordinary, bare, {bare}, ms"]
            )
        for part in PARTS:
            found[f"{database}: {part}, 1,000,000 ÷ 10,000"] = (
                figures[f"{database}: {part}, ms"] / figures[f"{database}: {part}, of 10,000, ms"]
            )
    return found


def page_turn(catalog: Catalog, crowd: Crowd, case: Case) -> Turn:
    """Return a turn that asks the library for a page, of one viewer after the other."""
    library = Library(Gate(catalog, Decider(read_policy(POLICIES)), lambda: NOW))
    asked = []
    for viewer in crowd.viewers(case.part):
        cursor = None
        if case.after is not None:
            with catalog.read(ACCOUNT) as tx:
                place = Place(began(case.after), UUID(item(case.after)))
                cursor = cursors.seal_cursor(tx, viewer, place.write())
        asked.append((viewer, cursor))
    turns = cycle(asked)

    def turn() -> None:
        viewer, cursor = next(turns)
        shown, _ = library.page(viewer, Kind.RECORDING, case.filters, cursor=cursor, limit=PAGE)
        for one in shown:  # what a card tells: sealed texts are opened when they are asked for
            _ = one.item.title_in(one.call), one.responsible and one.responsible.name
        check(len(shown))

    return turn


def bare_turn(catalog: Catalog, crowd: Crowd, case: Case) -> Turn:
    """Return a turn that runs the bare SELECT and takes its columns."""
    return run_turn(catalog, [bare(case, viewer, COLUMNS) for viewer in crowd.viewers(case.part)])


def objects_turn(catalog: Catalog, crowd: Crowd, case: Case) -> Turn:
    """Return a turn that makes the objects of them that the library makes."""
    shown = (Item, Call, Vmr, User)
    return run_turn(catalog, [bare(case, viewer, shown) for viewer in crowd.viewers(case.part)])


def run_turn(catalog: Catalog, queries: list[Query]) -> Turn:
    turns = cycle(queries)

    def turn() -> None:
        with catalog.read(ACCOUNT) as tx:
            check(len(tx.session.execute(next(turns)).all()))

    return turn


def driver_turn(catalog: Catalog, crowd: Crowd, case: Case) -> Turn:
    """Return a turn that runs the bare SELECT with the driver alone; nothing is made of its values."""
    texts = [
        str(bare(case, viewer, COLUMNS).compile(catalog.engine, compile_kwargs={"literal_binds": True}))
        for viewer in crowd.viewers(case.part)
    ]
    turns = cycle(texts)

    def turn() -> None:
        with closing(catalog.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            if catalog.engine.dialect.name == "postgresql":
                cursor.execute(f"SET LOCAL recstore.account = '{ACCOUNT}'")
            cursor.execute(next(turns))
            check(len(cursor.fetchall()))

    return turn


def check(shown: int) -> None:
    if shown != PAGE:
        raise RuntimeError(f"expected a page of {PAGE}, got {shown}")


def bare(case: Case, viewer: Viewer, shown: Sequence[Any]) -> Query:
    """Build the SELECT of somebody who forgot about rules."""
    query: Query = select(*shown)
    if case.relation is None:
        query = query.select_from(Item).where(Item.account_id == ACCOUNT, Item.kind == Kind.RECORDING.value)
        at, number = Item.started_at, Item.id
    else:
        query = query.select_from(Tie).join(Item, Item.id == Tie.item_id)
        query = query.where(Tie.account_id == ACCOUNT, Tie.viewer_id == viewer.user_id)
        query = query.where(Tie.relation == case.relation.value, Tie.kind == Kind.RECORDING.value)
        at, number = Tie.started_at, Tie.item_id
    if case.span is not None:
        query = query.where(at >= case.span[0], at < case.span[1])
    if case.after is not None:
        after = tuple_(literal(began(case.after), Instant()), literal(UUID(item(case.after)), Uuid()))
        query = query.where(tuple_(at, number) < after)
    query = query.join(Call, Call.id == Item.call_id).outerjoin(Vmr, Vmr.id == Call.vmr_id)
    query = query.outerjoin(User, User.id == Item.responsible_id)
    return query.order_by(at.desc(), number.desc()).limit(PAGE)
