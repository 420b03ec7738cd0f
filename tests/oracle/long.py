"""The long comparison: python -m tests.oracle.long --comparisons 5000000

Goes from seed to seed until so many answers were compared, on as many processes as --processes says. A world
that fails is shrunk and kept in corpus/, which `make test` replays; the run goes on and ends with status 1.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count
from pathlib import Path

import yaml

from recstore.catalog.database import Catalog
from recstore.catalog.migrate import migrate
from tests.oracle.past import Event
from tests.oracle.product import DECIDER, SECRET
from tests.oracle.run import compare_world
from tests.oracle.shrinking import shrink
from tests.oracle.worlds import Teller

CORPUS = Path(__file__).parent / "corpus"
FIRST_SEED = 1_000_000  # far from those of the suite
LENGTH = 100
Compared = tuple[int, int, list[str], set[str]]  # seed, comparisons, differences, rules that decided


def compare_seed(seed: int, template: Path) -> Compared:
    """Compare one world; if it fails, shrink it and keep it."""
    events = Teller(seed).tell(LENGTH)
    with tempfile.TemporaryDirectory() as folder:
        result = compare_world(events, template=template, folder=Path(folder), seed=seed)
        if result.differences:
            keep(
                seed,
                shrink(events, lambda part: fails(part, template, Path(folder), seed)),
                result.differences,
            )
    return seed, result.count, result.differences, result.rules


def fails(events: list[Event], template: Path, folder: Path, seed: int) -> bool:
    return bool(compare_world(events, template=template, folder=folder, seed=seed).differences)


def keep(seed: int, events: list[Event], differences: list[str]) -> None:
    """Write a world for the corpus. The title is for a person to improve."""
    told = {"title": differences[0], "seed": seed, "events": events}
    (CORPUS / f"seed-{seed}.yaml").write_text(yaml.safe_dump(told, sort_keys=False, width=110))


def run(comparisons: int, processes: int) -> int:
    """Compare until there are enough; print figures as they grow; give the number of failing worlds."""
    began, done, worlds, failing = time.monotonic(), 0, 0, 0
    # Messages are judged behind a filter that names no rule: theirs is not seen here.
    idle = {rule.name for rule in DECIDER.policy.rules} - {"direct-message"}
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(processes) as pool:
        template = make_template(Path(folder))
        seeds = count(FIRST_SEED)
        running = {pool.submit(compare_seed, next(seeds), template) for _ in range(processes)}
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for seed, compared, differences, rules in results(finished):
                done, worlds, failing = done + compared, worlds + 1, failing + bool(differences)
                idle -= rules
                if differences:
                    say(f"seed {seed}: {differences[0]}")
                if worlds % 20 == 0:
                    say(f"{done:,} comparisons, {worlds} worlds, {time.monotonic() - began:.0f} s")
                if done < comparisons:
                    running.add(pool.submit(compare_seed, next(seeds), template))
    say(f"{done:,} comparisons in {worlds} worlds, {failing} failing, {time.monotonic() - began:.0f} s")
    say(f"rules that decided nothing: {', '.join(sorted(idle)) or 'none'}")
    return failing


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def results(finished: set[Future[Compared]]) -> Iterator[Compared]:
    for future in finished:
        yield future.result()


def make_template(folder: Path) -> Path:
    """Make an empty, migrated catalog to copy."""
    path = folder / "template.db"
    catalog = Catalog(f"sqlite:///{path}", secret=SECRET)
    migrate(catalog.engine)
    catalog.engine.dispose()
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--comparisons", type=int, default=5_000_000)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    sys.exit(run(arguments.comparisons, arguments.processes) > 0)
