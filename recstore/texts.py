"""Have the catalog's text keys opened by the key agent, many at a time, and hold them for less than a minute.

Every request to the agent has its entry in the account's journal first, with the id that stands in the
agent's log. A held key gives no right: which rows are shown to whom is decided before their text is opened.
"""

import os
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from threading import Lock, Timer
from time import monotonic
from uuid import UUID, uuid4

from keys.client import Agent, OpenTextKeys
from keys.errors import AgentRefused, KeysError, Refusal
from keys.protocol import MOST_TEXT_KEYS
from keys.reasons import Reason
from keys.secret import Secret
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.reading import Noted
from recstore.catalog.text_tables import TextKey
from recstore.clock import Clock, utc_now
from recstore.custody import answered, code_of
from recstore.errors import Damaged, KeysUnavailable
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import SYSTEM
from recstore.lock_watch import LockWatch
from recstore.model import Event

HOLD = 55.0  # seconds from before the question, not extended by use; architecture, point 8, allows 60
SWEEP_SECONDS = 2.0
MOST_HELD = 4096

Id = tuple[UUID, UUID]  # account, text key


class TextKeys:
    """Gives open text keys to whoever reads rows (`catalog.reading`). Safe for threads."""

    def __init__(
        self, catalog: Catalog, holding: Callable[[UUID, UUID], Agent], clock: Clock, watch: LockWatch
    ) -> None:
        self._catalog = catalog
        self._holding = holding  # gives the agent that holds this version of this account's key
        self._clock = clock
        self._watch = watch
        watch.tell(self.forget)
        self._forgotten = 0
        self._lock = Lock()
        self._held: OrderedDict[Id, tuple[Secret, float]] = OrderedDict()
        self._asking: dict[UUID, Lock] = {}
        self._failed: dict[UUID, tuple[float, str]] = {}  # when the agent last gave nothing, in what words
        self._sweeper: Timer | None = None

    def key(
        self, account_id: UUID, key_id: UUID, *, soon: Iterable[UUID], within: Transaction | None
    ) -> Secret:
        """Give a text key, opened now or less than a minute ago; with it, others that will be asked for.

        Raises KeysUnavailable, JournalUnavailable, Damaged.
        """
        held = self._find(account_id, key_id)
        if held is not None:
            return held
        began = monotonic()
        with self._alone(account_id, within):
            # Whoever waited for their turn shares what the one before them was given, or was not.
            held = self._find(account_id, key_id)
            if held is not None:
                return held
            failed, words = self._failed.get(account_id, (0.0, ""))
            if failed > began:
                raise KeysUnavailable(words)
            return self._open(account_id, key_id, soon, within)

    def note_failed(self, account_id: UUID, noted: Sequence[Noted]) -> None:
        """Write again what a change noted of its openings: it came to nothing, the openings did not."""
        with self._catalog.change(account_id) as tx:
            for event, detail in noted:
                log.append(tx, event, actor=SYSTEM, at=self._clock(), detail=detail)

    def forget(self, account_id: UUID | None = None) -> None:
        """Drop the keys that are held, of one account or of all."""
        with self._lock:
            self._forgotten += 1
            for place in [place for place in self._held if account_id in {None, place[0]}]:
                del self._held[place]

    def _alone(self, account_id: UUID, within: Transaction | None) -> AbstractContextManager[object]:
        """Let one thread of an account ask at a time. A change has its turn by the account's lock already."""
        if within is not None:
            return nullcontext()
        with self._lock:
            return self._asking.setdefault(account_id, Lock())

    def _open(
        self, account_id: UUID, key_id: UUID, soon: Iterable[UUID], within: Transaction | None
    ) -> Secret:
        try:
            return self._ask(account_id, key_id, soon, within)
        except Damaged:
            # One of the others may be what does not open.
            return self._ask(account_id, key_id, None, within)
        except KeysUnavailable as error:
            self._failed[account_id] = (monotonic(), str(error))
            raise

    def _ask(
        self, account_id: UUID, key_id: UUID, soon: Iterable[UUID] | None, within: Transaction | None
    ) -> Secret:
        """Have a key opened by one request; with it, unless `soon` is None, as many others as that takes."""
        asked, since, forgotten = uuid4(), monotonic(), self._forgotten
        with self._noting(account_id, within) as tx:
            wanted = tx.get(TextKey, key_id)
            if wanted is None:
                raise Damaged("The key of a text in the catalog is not there.")
            others = self._others(tx, wanted, soon) if soon is not None else []
            together = [wanted, *others]
            detail: dict[str, Scalar] = {"request": str(asked), "keys": len(together), "process": _process()}
            entry = self._note(tx, Event.CATALOG_OPENED, detail)
        # By the system's own clock, as the agent's is: this is about the request's age.
        request = _request(together, asked, decision=str(entry))
        opened = self._opened(request, within)
        with self._lock:
            # What was forgotten meanwhile must not come back: it may be locked by now.
            if forgotten == self._forgotten:
                self._hold(account_id, request.text_key_ids, opened, since=since)
        return opened[0]

    def _noting(self, account_id: UUID, within: Transaction | None) -> AbstractContextManager[Transaction]:
        return nullcontext(within) if within else self._catalog.change(account_id)

    def _note(self, tx: Transaction, event: Event, detail: dict[str, Scalar]) -> int:
        tx.noted.append((event, detail))
        return log.append(tx, event, actor=SYSTEM, at=self._clock(), detail=detail)

    def _others(self, tx: Transaction, wanted: TextKey, soon: Iterable[UUID]) -> list[TextKey]:
        """Choose what else to open: what will be asked for, then what is not settled, which is mostly little.

        All of one request are opened with one version of the account's key.
        """
        met = (key_id for key_id in soon if self._find(tx.account_id, key_id) is None)
        found = tx.get_all(TextKey, list(islice(met, MOST_TEXT_KEYS)))
        unsettled = tx.select(TextKey).where(TextKey.settled_at.is_(None)).limit(MOST_TEXT_KEYS)
        found |= {row.id: row for row in tx.session.scalars(unsettled)}
        fitting = (
            row
            for row in found.values()
            if row.id != wanted.id
            and row.key_id == wanted.key_id
            and self._find(tx.account_id, row.id) is None
        )
        return list(islice(fitting, MOST_TEXT_KEYS - 1))

    def _opened(self, request: OpenTextKeys, within: Transaction | None) -> list[Secret]:
        account_id = request.account_id
        with answered():
            agent = self._holding(account_id, request.key_id)
            self._watch.follow(agent, account_id)
            try:
                return agent.open_text_keys(request)
            except KeysError as error:
                detail: dict[str, Scalar] = {"request": str(request.id), "code": code_of(error)}
                with self._noting(account_id, within) as tx:
                    self._note(tx, Event.KEY_NOT_GIVEN, detail)
                if isinstance(error, AgentRefused) and error.code is Refusal.DOES_NOT_OPEN:
                    raise Damaged("The key of a text in the catalog does not open.") from error
                raise

    def _find(self, account_id: UUID, key_id: UUID) -> Secret | None:
        with self._lock:
            secret, since = self._held.get((account_id, key_id), (None, 0.0))
            if secret is None or monotonic() - since >= HOLD:
                return None
            self._held.move_to_end((account_id, key_id))
            return secret

    def _hold(self, account_id: UUID, ids: list[UUID], opened: list[Secret], *, since: float) -> None:
        for key_id, secret in zip(ids, opened, strict=True):
            self._held[account_id, key_id] = secret, since
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        self._sweep_later()

    def _sweep(self) -> None:
        """Forget old keys also where nobody asks any more."""
        oldest = monotonic() - HOLD
        with self._lock:
            for place in [place for place, (_, since) in self._held.items() if since <= oldest]:
                del self._held[place]
            self._sweeper = None
            if self._held:
                self._sweep_later()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = Timer(SWEEP_SECONDS, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()


def _process() -> str:
    """Name this process for journal and log."""
    return f"{socket.gethostname()} {os.getpid()}"


def _request(rows: list[TextKey], request_id: UUID, *, decision: str) -> OpenTextKeys:
    return OpenTextKeys(
        id=request_id,
        account_id=rows[0].account_id,
        key_id=rows[0].key_id,
        text_key_ids=[row.id for row in rows],
        sealed=[row.sealed for row in rows],
        actor=_process(),
        reason=Reason.CATALOG,
        decision=decision,
        at=utc_now(),
    )
