"""Compare the key agent's log with an account's journal, request by request. Pure: lines in, differences out.

Whoever holds the keys has the log, the account's admin has the journal. What the agent opened must stand in
both, and tell the same; so nobody used a key unseen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from recstore.model import Event

_OPENED = {"open-data-key", "open-text-keys"}

# Longer than any request takes, at the most patient setting, until the journal knows what came of it.
_SETTLED: Final = timedelta(minutes=1)

# How the agent's log and the journal's entry about the same request name the same thing.
_SAME = {
    "actor": "actor",
    "item_id": "item",
    "generation": "generation",
    "key_id": "key",
    "data_key_id": "data_key",
    "reason": "reason",
    "decision": "decision",
}


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared: `openings` agree, `differences` do not.

    `unanswered`: requests that the journal knows and the log does not, and of which nobody noted that they
    came to nothing. A process that was killed in between leaves them, and nothing after them: they opened
    nothing. Where the same process went on asking a minute later, nobody killed it, and it is a difference.
    """

    openings: int
    differences: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def reconcile(
    account: str, *, logged: Iterable[Mapping[str, Any]], journal: Iterable[Mapping[str, Any]]
) -> Reconciliation:
    """Compare all that the agent opened of an account with all that its journal says was asked."""
    asked: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    failed = set()
    last_words: dict[str, str] = {}  # of each process; times of one form, which sort as they are
    for entry in journal:
        request = entry["detail"].get("request")
        if entry["event"] == Event.KEY_NOT_GIVEN:
            failed.add(request)
        elif request is not None:
            asked[request].append(entry)
            last_words[_process(entry)] = max(entry["at"], last_words.get(_process(entry), ""))
    answered, opened, differences = set(), set(), []
    for line in logged:
        told = line.get("request", {})
        if line.get("asked") not in _OPENED or told.get("account_id") != account:
            continue
        answered.add(told["id"])
        if line["outcome"] == "opened":
            opened.add(told["id"])
            differences += _differences(told, asked.get(told["id"], []))
    unanswered = sorted(asked.keys() - answered - failed)
    for request in unanswered:
        if any(_went_on(entry, last_words[_process(entry)]) for entry in asked[request]):
            differences.append(f"{request} has no answer in the log, and the process that asked went on")
    return Reconciliation(len(opened), differences, unanswered)


def _process(entry: Mapping[str, Any]) -> str:
    """Name the process that asked; what asks but once has no name of its own."""
    return str(entry["detail"].get("process", entry["detail"]["request"]))


def _went_on(entry: Mapping[str, Any], last_word: str) -> bool:
    return datetime.fromisoformat(last_word) - datetime.fromisoformat(entry["at"]) > _SETTLED


def _differences(told: Mapping[str, Any], entries: list[Mapping[str, Any]]) -> list[str]:
    if not entries:
        return [f"{told['id']} was opened for {told['actor']}, and the journal does not know of it"]
    if "item_id" not in told:
        return []  # text keys: the journal names the request alone
    tried = [_unlike(told, entry) for entry in entries]
    best = min(tried, key=len)
    return [f"{told['id']}: journal and log name another {', '.join(best)}"] if best else []


def _unlike(told: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    # The journal says that somebody is an operator; the log has the person's id alone.
    said = {**entry["detail"], "item": entry["item"], "actor": entry["actor"].removeprefix("operator:")}
    return [name for logged, name in _SAME.items() if str(told[logged]) != str(said.get(name))]
