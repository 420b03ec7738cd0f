"""Eight threads, 800,000 decisions, and policies swapped meanwhile: no exception and no wrong answer."""

import threading
from random import Random

from recstore.access.decision import Allowed, Decider, Question
from recstore.access.policy import load_policy
from recstore.model import Action
from tests.oracle.slips import MODEL, RULES, SHIPPED, TOLD

THREADS, DECISIONS, SWAPS = 8, 100_000, 10
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
    # Not all that the stories ask: a new policy's first answers would take all the time.
    questions = [question for question in TOLD if question.action in {Action.OPEN, Action.SEE}][::3]
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
            for number in range(DECISIONS):
                if seed == 0 and number % (DECISIONS // SWAPS) == 0:
                    # Built anew each time: it remembers no answer yet.
                    holder.decider = Decider((STRICTER, SHIPPED)[number // (DECISIONS // SWAPS) % 2])
                decider, question = holder.decider, chance.choice(questions)
                if answer(decider, question) != right[decider.policy.version][question]:
                    wrong.append(question)
        except Exception as error:  # noqa: BLE001 - whatever it is, a thread must not lose it
            wrong.append(error)
        done.append(seed)

    threads = [threading.Thread(target=decide, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, sorted(done)) == ([], list(range(THREADS)))
