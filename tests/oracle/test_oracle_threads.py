"""Eight threads, 800,000 decisions, and policies swapped meanwhile: no exception and no wrong answer."""

import threading
from collections.abc import Iterator
from random import Random

from recstore.access.decision import Allowed, Decider, Question
from recstore.access.policy import Policy, load_policy
from tests.oracle.slips import MODEL, RULES, SHIPPED, TOLD

THREADS, DECISIONS = 8, 100_000
# Takes `open` from those who were there: a policy that answers some questions otherwise.
STRICTER = load_policy(
    model=MODEL,
    rules=RULES.replace("participant, any, see and open,", "participant, any, see,"),
)


class Holder:
    """Where the product holds its decider: one reference."""

    def __init__(self) -> None:
        self.decider = Decider(SHIPPED)


def answer(decider: Decider, question: Question) -> bool:
    return isinstance(decider.decide(question), Allowed)


def test_threads_and_swaps() -> None:
    # A few of those that the stories ask, so that a new policy's first answers do not take all the time.
    questions = Random(8).sample(list(TOLD), 150)
    right = {
        policy.version: {question: answer(decider, question) for question in questions}
        for policy in (SHIPPED, STRICTER)
        for decider in [Decider(policy)]
    }
    assert right[SHIPPED.version] != right[STRICTER.version]
    holder, wrong, done = Holder(), [], []

    def decide(seed: int) -> None:
        chance = Random(seed)
        try:
            for _ in range(DECISIONS):
                decider, question = holder.decider, chance.choice(questions)
                if answer(decider, question) != right[decider.policy.version][question]:
                    wrong.append(question)
        except Exception as error:  # noqa: BLE001 - whatever it is, a thread must not lose it
            wrong.append(error)
        done.append(seed)

    threads = [threading.Thread(target=decide, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    swaps = 0
    for policy in policies():
        if len(done) == THREADS:
            break
        holder.decider = Decider(policy)  # built anew each time: it remembers no answer yet
        swaps += 1
        threads[0].join(0.5)
    for thread in threads:
        thread.join()
    assert (wrong, len(done)) == ([], THREADS)
    assert swaps >= 3


def policies() -> Iterator[Policy]:
    while True:
        yield from (STRICTER, SHIPPED)
