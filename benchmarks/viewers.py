"""What keys add to a first byte, warm and cold; and how long until each of 1,000 viewers has theirs.

Measured where a stream asks for its key, with the entry in the journal and the real agent. What comes before
(the decision, with its own entry) and after (the store) is not in it: `seeks` has the whole.
"""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import perf_counter
from uuid import UUID

from benchmarks.seeks import percentile
from benchmarks.service import EMAIL, Service, serving
from recstore.access.grant import Grant
from recstore.access.viewer import Viewer
from recstore.catalog import items, people
from recstore.catalog.desk import Session
from recstore.catalog.sealed_tables import DataKey
from recstore.cli.supervisor import THREADS
from recstore.errors import Unavailable
from recstore.model import Action, Kind

VIEWERS = 1000
RECORDINGS = 1000
ALONE = 200  # viewers who come one after the other
SIZE = 1 << 10

AT_MOST = {
    "a held key, p95 ms": 3.0,
    "a key asked for, p95 ms": 10.0,
    "viewers who were told to come back": 0.0,
}

Asked = tuple[Grant, DataKey]


def measure() -> dict[str, float]:
    """Return milliseconds of a viewer alone, and seconds until all of a crowd have their keys."""
    with serving() as service:
        recordings = [service.hand_over(SIZE) for _ in range(RECORDINGS)]
        alone = ask_the_gate(service, recordings[:ALONE])
        on_one = ask_the_gate(service, recordings[:1] * VIEWERS)
        on_many = ask_the_gate(service, recordings)
        cold = [milliseconds(service, asked) for asked in alone]
        held = [milliseconds(service, asked) for asked in alone]
        one, one_failed = crowd(service, on_one)
        many, many_failed = crowd(service, on_many)
    return {
        "a held key, p50 ms": percentile(held, 50),
        "a held key, p95 ms": percentile(held, 95),
        "a key asked for, p50 ms": percentile(cold, 50),
        "a key asked for, p95 ms": percentile(cold, 95),
        "1,000 viewers of one recording, s": one,
        "1,000 viewers of a recording each, s": many,
        "viewers who were told to come back": one_failed + many_failed,
    }


def ask_the_gate(service: Service, recordings: list[UUID]) -> list[Asked]:
    """Open each recording in a session of its own, up to the point where its key is needed."""
    return [grant_and_key(service, item_id) for item_id in recordings]


def grant_and_key(service: Service, item_id: UUID) -> Asked:
    grant = service.recstore.gate.open(signed_in(service), Action.OPEN, kind=Kind.RECORDING, item_id=item_id)
    with service.recstore.catalog.read(service.account_id) as tx:
        item = items.by_id(tx, item_id)
        if item is None:
            raise LookupError(item_id)
        _, keys = items.manifest(tx, item)
    [key] = keys.values()
    return grant, key


def signed_in(service: Service) -> Viewer:
    """Sign Ann in once more, without the password that would take longer than all else."""
    recstore, now = service.recstore, service.recstore.clock()
    with recstore.catalog.read(service.account_id) as tx:
        user = people.by_email(tx, EMAIL)
        if user is None:
            raise LookupError(EMAIL)
    session = Session(
        id=uuid.uuid4(),
        token_hash=uuid.uuid4().bytes,
        account_id=service.account_id,
        user_id=user.id,
        created_at=now,
        expires_at=now + timedelta(hours=1),
        ended_at=None,
    )
    with recstore.catalog.front_desk(write=True) as desk:
        desk.session.add(session)
    return Viewer(service.account_id, session.user_id, session.id)


def milliseconds(service: Service, asked: Asked) -> float:
    start = perf_counter()
    service.recstore.custody.data_key(*asked)
    return (perf_counter() - start) * 1000


def crowd(service: Service, viewers: list[Asked]) -> tuple[float, int]:
    """Let all come at once, on as many threads as the service has; return seconds, and the luckless."""

    def has_luck(asked: Asked) -> bool:
        try:
            service.recstore.custody.data_key(*asked)
        except Unavailable:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        start = perf_counter()
        lucky = list(threads.map(has_luck, viewers))
        return perf_counter() - start, lucky.count(False)
