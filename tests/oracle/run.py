"""Live through a world twice and compare as it goes: what tests, corpus and the long run share."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.oracle.comparison import LISTED, Comparison
from tests.oracle.lists import compare_lists, compare_pages_under_change
from tests.oracle.oracle import Oracle
from tests.oracle.past import Event
from tests.oracle.product import Product, open_copy

EVERY = 4  # events between two comparisons of everything that is decided


def compare_world(events: Sequence[Event], *, template: Path, folder: Path, seed: int = 0) -> Comparison:
    """Apply each event to both and compare: its outcome, then decisions, and at the end lists and counts too.

    `template` is an empty, migrated SQLite catalog. Stops at the first moment at which something differs.
    """
    path = folder / "catalog.db"
    catalog = open_copy(template, path)
    try:
        return _live(Comparison(Oracle(), Product(catalog)), events, Random(seed))
    finally:
        catalog.engine.dispose()
        for rest in folder.glob("catalog.db*"):
            rest.unlink()


def _live(comparison: Comparison, events: Sequence[Event], chance: Random) -> Comparison:
    *most, last = range(len(events))
    for number in most:
        happen(comparison, events[number])
        if number % EVERY == EVERY - 1:
            comparison.decisions()
        if comparison.differences:
            return comparison
    users = list(comparison.oracle.left)
    some = chance.sample(users, min(4, len(users)))
    comparison.decisions()
    compare_lists(comparison, users)
    comparison.counts(users)
    comparison.gate(some)
    if users and not comparison.differences:
        compare_pages_under_change(
            comparison,
            chance.choice(users),
            chance.choice(LISTED),
            chance.randint(1, 3),
            change=lambda: happen(comparison, events[last]),
        )
        comparison.decisions()
    return comparison


def happen(comparison: Comparison, event: Event) -> None:
    """Let an event happen in both, and compare whether it was done or refused."""
    told = comparison.oracle.apply(event)
    comparison.same(told, comparison.product.apply(event), "done:", event)
    if event["do"] == "apply" and told:
        comparison.same(comparison.oracle.effects, comparison.product.effects, "effects:", event)
