"""One decision: with its facts from the catalog, and by the rules alone, beside pycasbin and Cedar.

By the rules alone all answer the same questions, every one that somebody in policies/stories could ask. Cedar
gets the rules translated (`cedar`), and everybody must have answered alike before anybody is timed.
"""

import os
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles
from time import perf_counter

from benchmarks.bulk import copy_to, open_sqlite
from benchmarks.cedar import Cedar, ask
from benchmarks.crowd import Crowd
from benchmarks.listing import LARGE, NOW, POLICIES, SMALL
from benchmarks.rounds import alternate
from recstore.access.decision import Allowed, Decider, Question
from recstore.access.gate import Gate
from recstore.library import Filters, Library
from recstore.model import Action, Kind
from recstore.wiring import read_policy
from tests.postgres_fixture import start_postgres
from tests.stories.simulated_world import World
from tests.stories.story import load_stories

AT_MOST = {f"with its facts, {database}, p95, ms": 0.3 for database in ("SQLite", "PostgreSQL")}

Answer = Callable[[Question], bool]


def measure() -> dict[str, float]:
    """Return microseconds of one decision by the rules, and milliseconds of one with its facts."""
    decider = Decider(read_policy(POLICIES))
    return by_the_rules(decider) | with_facts(decider) | {"load at the end": os.getloadavg()[0]}


def by_the_rules(decider: Decider) -> dict[str, float]:
    """Let all answer the questions of the stories; return microseconds for one."""
    questions = told_questions()
    cedar = Cedar(decider.policy)
    asked = {question: ask(question) for question in questions}
    answers: dict[str, Answer] = {
        "recstore, remembered": lambda question: isinstance(decider.decide(question), Allowed),
        "pycasbin alone": lambda question: ask_casbin(decider, question),
        "cedarpy alone": lambda question: cedar.allows(asked[question]),
    }
    told = {name: [answer(question) for question in questions] for name, answer in answers.items()}
    for name, found in told.items():
        if found != told["recstore, remembered"]:
            raise RuntimeError(f"{name} answers otherwise")
    figures = alternate(
        {f"{name}, µs": partial(time_each, answer, questions) for name, answer in answers.items()}
    )
    return {"questions": len(questions), **figures}


def told_questions() -> list[Question]:
    """Return every question that a story's people could ask, each once."""
    worlds = [World(story) for story in load_stories()]
    facts = {world.facts_of(name): None for world in worlds for name in world.people}
    return [Question(one, action) for one in facts for action in Action]


def ask_casbin(decider: Decider, question: Question) -> bool:
    return isinstance(decider._ask(question), Allowed)  # noqa: SLF001 - past what the decider remembers


def time_each(answer: Answer, questions: list[Question]) -> float:
    start = perf_counter()
    for question in questions:
        answer(question)
    return (perf_counter() - start) / len(questions) * 1e6


def with_facts(decider: Decider) -> dict[str, float]:
    """Let ordinary people look at one of their recordings after the other; return milliseconds."""
    large, _ = open_sqlite(LARGE)
    _, small_path = open_sqlite(SMALL)
    taken = {"SQLite": decide_often(Gate(large, decider, lambda: NOW), LARGE)}
    with start_postgres() as cluster:
        # A hundredth of the account is enough here: nothing but rows by their keys is read.
        copy = copy_to(cluster, small_path)
        taken["PostgreSQL"] = decide_often(Gate(copy, decider, lambda: NOW), SMALL)
        copy.engine.dispose()
    return {
        f"with its facts, {database}, {name}, ms": value * 1000
        for database, seconds in taken.items()
        for name, value in (("median", median(seconds)), ("p95", quantiles(seconds, n=20)[-1]))
    }


def decide_often(gate: Gate, crowd: Crowd) -> list[float]:
    """Return the seconds of each of many decisions, each in a transaction of its own."""
    library, kind = Library(gate), Kind.RECORDING
    pairs = [
        (viewer, shown.item.id)
        for viewer in crowd.viewers("ordinary")
        for shown in library.page(viewer, kind, Filters(), cursor=None, limit=50)[0]
    ]
    taken = []
    for viewer, item_id in pairs * 3:
        start = perf_counter()
        gate.look(viewer, Action.SEE, kind=kind, item_id=item_id)
        taken.append(perf_counter() - start)
    return taken[len(pairs) :]  # the first time round warms the catalog
