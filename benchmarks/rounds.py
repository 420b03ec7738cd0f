"""Fair rounds: everybody takes a turn in each, so that a bad minute of the machine hits all of them."""

from collections.abc import Callable, Mapping
from statistics import median

ROUNDS = 5


def alternate(turns: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """Let each take its turn in every round; return the medians of what the turns gave."""
    values: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            values[name].append(turn())
    return {name: median(found) for name, found in values.items()}
