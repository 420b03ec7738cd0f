"""The code keeps its habits, and each of them would be missed: a breach of each is planted and found."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import habits
from tests.house.habits import Modules
from tests.house.house import modules

# habit → planted module, and what it says
BREACHES: dict[Callable[[Modules], list[str]], list[tuple[str, str]]] = {
    habits.reach_behind_the_agent: [
        ("recstore.library", "import keys.vault"),
        ("recstore.library", "from keys import custodians"),
        ("web.planted", "def view():\n    from keys.agent import KeyAgent"),
    ],
    habits.think_impurely: [
        ("recstore.access.facts", "late = datetime.now()"),
        ("recstore.sealing.planted", "nonce = os.urandom(12)"),
        ("recstore.model", "words = open('words').read()"),
        ("recstore.access.policy", "print('loaded')"),
    ],
    habits.read_the_environment: [
        ("web.app", "import os\nport = os.environ['PORT']"),
        ("recstore.wiring", "import os\nport = os.getenv('PORT')"),
    ],
    habits.ask_the_time: [
        ("recstore.sharing", "late = datetime.now(UTC)"),
        ("web.watch", "day = date.today()"),
    ],
    habits.reveal: [
        ("recstore.custody", "key = secret.reveal()"),
        ("web.streaming", "see = Secret.reveal"),
    ],
    habits.swallow: [
        ("web.logs", "try:\n    write()\nexcept Exception:\n    pass"),
        ("web.logs", "try:\n    write()\nexcept:\n    failed = True"),
    ],
    habits.grow_long: [
        ("recstore.library", "x = 1\n" * (habits.LINES_OF_A_FILE + 1)),
        ("recstore.library", "def long():\n" + "    x = 1\n" * habits.LINES_OF_A_FUNCTION),
    ],
    habits.have_vague_names: [
        ("recstore.utils", ""),
        ("web.helpers.dates", ""),
    ],
}
PLANTED = [(habit, name, text) for habit, breaches in BREACHES.items() for name, text in breaches]


@pytest.mark.parametrize("habit", BREACHES, ids=lambda habit: habit.__name__)
def test_no_module_is_found_to(habit: Callable[[Modules], list[str]]) -> None:
    assert habit(modules()) == []


@pytest.mark.parametrize(
    ("habit", "name", "text"), PLANTED, ids=[f"{each[0].__name__}-{each[1]}" for each in PLANTED]
)
def test_a_planted_breach_is_found(
    tmp_path: Path, habit: Callable[[Modules], list[str]], name: str, text: str
) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(text)
    found = habit({name: planted})
    assert [each.split(":")[0] for each in found] == [name]


def test_those_listed_for_the_bytes_of_a_secret_still_need_them() -> None:
    known = modules()
    needed = {name for name in habits.REVEAL if "reveal()" in known[name].read_text()}
    assert needed == habits.REVEAL.keys()
