"""Listing equals checking: a list is what `see` allows, in order, page by page, also under changes."""

from collections.abc import Callable, Collection

from recstore.access.listing import Judged, Wanted, list_items
from recstore.library import THROUGH, Filters
from recstore.model import Kind
from tests.oracle.comparison import LISTED, Comparison
from tests.oracle.past import account_of
from tests.oracle.product import moment


def compare_lists(to: Comparison, viewers: Collection[str]) -> None:
    """Compare whole lists in every page size, and through every filter that speaks of access."""
    for viewer in viewers:
        for kind in LISTED:
            told = visible(to, viewer, kind)
            for size in range(1, len(told) + 2):
                same_list(to, told, listed(to, viewer, kind, size), viewer, kind, "in pages of", size)
            for shared, relations in THROUGH.items():
                words = {relation.value for relation in relations}
                through = [name for name in told if to.oracle.relations(viewer, name) & words]
                got = paged(to, viewer, kind, 2, Filters(shared=shared))
                same_list(to, through, got, viewer, kind, shared)
            for in_bin in (True, False):
                part = [name for name in told if to.oracle.items[name]["binned"] is in_bin]
                got = paged(to, viewer, kind, 2, Filters(in_bin=in_bin))
                same_list(to, part, got, viewer, kind, "in the bin:", in_bin)


def compare_pages_under_change(
    to: Comparison, viewer: str, kind: Kind, size: int, *, change: Callable[[], None]
) -> None:
    """Commit a change while a page is being read, then compare that page, and the one after it.

    A page shows the moment at which its reading began and nothing newer; the page after it, its own moment.
    """
    told, began = visible(to, viewer, kind), to.oracle.now
    signed_in = to.product.viewer(viewer)
    changes = iter([change])

    def meanwhile(rows: list[Judged]) -> list[Judged]:
        for happen in changes:
            happen()
        return rows

    wanted = Wanted(kind=kind)
    with to.product.catalog.read(signed_in.account_id) as tx:
        rows, place = list_items(
            to.product.gate,
            to.product.gate.reader(tx, signed_in),
            wanted,
            after=None,
            limit=size,
            keep=meanwhile,
        )
    got = [to.name_of(one.item.id) for one, _ in rows]
    same_list(to, told[:size], got, viewer, kind, "while something changed since", began)
    if place is not None:
        rest = [
            name for name in visible(to, viewer, kind) if order(to, name) < (place.started_at, place.item_id)
        ]
        with to.product.catalog.read(signed_in.account_id) as tx:
            rows, _ = list_items(
                to.product.gate, to.product.gate.reader(tx, signed_in), wanted, after=place, limit=size
            )
        got = [to.name_of(one.item.id) for one, _ in rows]
        same_list(to, rest[:size], got, viewer, kind, "the page after a change since", began)


def visible(to: Comparison, viewer: str, kind: Kind) -> list[str]:
    """Everything of the viewer's account that the oracle lets them see, newest first."""
    names = [name for name in to.items_of(account_of(viewer)) if to.product.kind_of(name) is kind]
    seen = [name for name in names if "see" in to.oracle.may(viewer, name)]
    return sorted(seen, key=lambda name: order(to, name), reverse=True)


def order(to: Comparison, name: str) -> tuple[object, object]:
    return moment(to.oracle.items[name]["began"]), to.product.item_ids[name]


def listed(to: Comparison, viewer: str, kind: Kind, size: int) -> list[str]:
    """Walk through all pages, each in a transaction of its own."""
    signed_in, names = to.product.viewer(viewer), []
    after = None
    while True:
        with to.product.catalog.read(signed_in.account_id) as tx:
            wanted = Wanted(kind=kind)
            rows, after = list_items(
                to.product.gate, to.product.gate.reader(tx, signed_in), wanted, after=after, limit=size
            )
        names += [to.name_of(one.item.id) for one, _ in rows]
        if after is None:
            return names


def paged(to: Comparison, viewer: str, kind: Kind, size: int, filters: Filters) -> list[str]:
    """Walk through all pages as the library gives them, by cursor."""
    names, cursor = [], None
    while True:
        shown, cursor = to.product.library.page(
            to.product.viewer(viewer), kind, filters, cursor=cursor, limit=size
        )
        names += [to.name_of(one.item.id) for one in shown]
        if cursor is None:
            return names


def same_list(to: Comparison, told: list[str], got: list[str], *question: object) -> None:
    """Count one comparison an item, and one for the end of the list."""
    to.count += len(told)
    to.same(told, got, *question)
