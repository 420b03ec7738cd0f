"""A slip of the pen in policy.csv is refused, or fails a story, or changes no answer that can ever be given.

Every slip of a line or word is tried here, and of each line's characters some; `python -m tests.oracle.slips`
tries them all.
"""

from collections import defaultdict
from pathlib import Path
from random import Random

import pytest
import yaml

from recstore.access.policy import load_policy
from tests.oracle.reachable import find_difference
from tests.oracle.slips import LINES, MODEL, RULES, SHIPPED, Slip, judge, slips

PER_KIND = 5  # slips of characters, of each line and kind
ARGUED = yaml.safe_load((Path(__file__).parent / "equivalences.yaml").read_text())
EQUIVALENT = [line for lines in ARGUED.values() for line in lines]


def chosen() -> dict[int, list[Slip]]:
    """Choose slips, by line."""
    kinds: dict[tuple[int, str], list[Slip]] = defaultdict(list)
    for slip in slips():
        kinds[slip.line, slip.kind].append(slip)
    several: dict[int, list[Slip]] = defaultdict(list)
    chance = Random(20)
    for (line, kind), found in kinds.items():
        sampled = "character" in kind or kind in {"case changed", "line broken"}
        several[line] += chance.sample(found, min(PER_KIND, len(found))) if sampled else found
    return several


CHOSEN = chosen()


@pytest.mark.parametrize("line", range(1, len(LINES) + 1), ids=lambda line: LINES[line - 1][:40])
def test_every_slip_is_noticed_or_changes_nothing(line: int) -> None:
    missed = [slip.text for slip in CHOSEN[line] if judge(slip) == "missed"]
    assert [text for text in missed if text not in EQUIVALENT] == []


@pytest.mark.parametrize("text", EQUIVALENT)
def test_what_is_argued_to_change_nothing_changes_no_answer(text: str) -> None:
    name = text.split(", ")[1]
    [number] = [n for n, line in enumerate(LINES) if line.startswith(f"p, {name}, ")]
    changed = RULES.replace(f"{LINES[number]}\n", f"{text}\n")
    assert changed != RULES
    assert find_difference(SHIPPED, load_policy(model=MODEL, rules=changed)) is None


def test_a_difference_would_be_found() -> None:
    changed = RULES.replace("shared-with, any, see and open, available", "shared-with, any, see, available")
    question = find_difference(SHIPPED, load_policy(model=MODEL, rules=changed))
    assert question is not None
    assert question.action == "open"
