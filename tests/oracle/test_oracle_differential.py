"""The product and the oracle live through the same worlds and must give the same answers.

200,000 comparisons here; `python -m tests.oracle.long` makes millions. What once failed stays in corpus/.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.oracle.comparison import Comparison
from tests.oracle.oracle import Oracle
from tests.oracle.past import Event
from tests.oracle.product import Product, open_copy
from tests.oracle.run import compare_world, happen
from tests.oracle.shrinking import shrink
from tests.oracle.worlds import Teller

PARTS = 5
COMPARISONS = 40_000  # of each part: 200,000 in all
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))


@pytest.mark.parametrize("part", range(PARTS))
def test_product_answers_as_the_oracle_does(
    part: int,
    migrated_sqlite: Path,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    count, seed = 0, part * 1000
    while count < COMPARISONS:
        events = Teller(seed).tell(80)
        result = compare_world(events, template=migrated_sqlite, folder=tmp_path, seed=seed)
        if result.differences:
            pytest.fail(shrunk(events, seed, migrated_sqlite, tmp_path) + "\n".join(result.differences[:5]))
        count, seed = count + result.count, seed + 1
    record_testsuite_property(f"comparisons of part {part}", count)
    sys.stdout.write(f"{count:,} comparisons in {seed - part * 1000} worlds\n")
    assert count >= COMPARISONS


def shrunk(events: list[Event], seed: int, template: Path, folder: Path) -> str:
    """Give what to keep in corpus/."""
    small = shrink(
        events,
        lambda part: bool(compare_world(part, template=template, folder=folder, seed=seed).differences),
    )
    return yaml.safe_dump({"title": "…", "seed": seed, "events": small}, sort_keys=False, width=110)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_once_failed(path: Path, migrated_sqlite: Path, tmp_path: Path) -> None:
    told = yaml.safe_load(path.read_text())
    result = compare_world(told["events"], template=migrated_sqlite, folder=tmp_path, seed=told["seed"])
    assert result.differences == []


def test_a_difference_is_found_and_shrunk(migrated_sqlite: Path, tmp_path: Path) -> None:
    """The comparison itself: where the oracle alone takes an admin away, all else falls away too."""
    told = [
        {"do": "user", "account": "acme", "address": "ann@x.example", "admin": False},
        {"do": "user", "account": "acme", "address": "bo@x.example", "admin": True},
        {"do": "wait", "seconds": 5},
        {"do": "user", "account": "acme", "address": "cem@x.example", "admin": False},
        {"do": "wait", "seconds": 5},
    ]

    def differs(part: list[Event]) -> bool:
        catalog = open_copy(migrated_sqlite, tmp_path / "small.db")
        comparison = Comparison(Oracle(), Product(catalog))
        for event in part:
            happen(comparison, event)
        comparison.oracle.apply({"do": "set_admin", "who": "acme:bo@x.example", "admin": False})
        happen(comparison, {"do": "switch", "by": "acme:bo@x.example", "chat": False})
        catalog.engine.dispose()
        return comparison.differences != []

    assert shrink(told, differs) == [told[1]]
