"""Ask the key agent for data keys, each request in the journal first, and turn its errors into ours.

A held key saves a player's next range the way to the agent. It gives no right: the gate is asked first, for
every range. It counts for one key, place and sign-in only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID, uuid4

from keys.client import Agent, OpenRequest
from keys.errors import AgentRefused, KeysError, Refusal, WrongAnswer
from keys.reasons import Reason
from keys.secret import Secret
from recstore.access.grant import Grant
from recstore.agents import Agents
from recstore.catalog.database import Catalog
from recstore.catalog.sealed_tables import DataKey
from recstore.clock import Clock
from recstore.errors import KeyReplaced, KeysLocked, KeysUnavailable, NotThere
from recstore.held_keys import HeldKeys, Place
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.lock_watch import LockWatch
from recstore.model import Action, Event

REASONS = {
    Action.OPEN: Reason.PLAYBACK,
    Action.DOWNLOAD: Reason.EXPORT,
    Action.EXPORT: Reason.EXPORT,
    Action.REVIEW: Reason.REVIEW,
    Action.SUPPORT: Reason.OPERATOR_SUPPORT,
}
LOCKED = "The keys of this account are locked: nothing opens until whoever locked them unlocks them."


@contextmanager
def answered() -> Iterator[None]:
    """Turn any fault or refusal of the key agent into KeysUnavailable, a lock into KeysLocked."""
    try:
        yield
    except AgentRefused as error:
        if error.code is Refusal.LOCKED:
            raise KeysLocked(LOCKED) from error
        if error.code in {Refusal.DESTROYED, Refusal.SHREDDED}:
            raise NotThere from error
        # Known here and not there: destroyed after a rotation.
        kind = KeyReplaced if error.code is Refusal.UNKNOWN_KEY else KeysUnavailable
        raise kind(f"The key agent refuses this ({error.code}).") from error
    except KeysError as error:
        raise KeysUnavailable("The key agent did not open this now; nothing was lost.") from error


class Custody:
    """Has data keys opened for a Grant, under the journal entry that allowed it. Safe for threads."""

    def __init__(self, agents: Agents, catalog: Catalog, clock: Clock, watch: LockWatch) -> None:
        self.agents = agents
        self._catalog = catalog
        self._clock = clock
        self._watch = watch
        self._held = HeldKeys(clock)
        self._process = uuid4()
        watch.tell(self._held.forget)

    def check(self) -> None:
        """Raise KeysUnavailable unless the agent answers."""
        with answered():
            self.agents.service.check()

    def check_unlocked(self, account_id: UUID) -> None:
        """Raise KeysLocked if an agent told that the account's keys are locked. Asks nobody."""
        if self._watch.is_locked(account_id):
            raise KeysLocked(LOCKED)

    def data_key(self, grant: Grant, key: DataKey) -> Secret:
        """Give an open data key: the held one while it is young, else a new one from the agent.

        Raises KeysLocked, KeysUnavailable, JournalUnavailable.
        """
        place = _place(grant, key)
        held = self._held.find(place)
        if held is not None:
            return held
        with answered():
            agent = self.agents.holding(grant.viewer.account_id, key.key_id)
        self._watch.follow(agent, grant.viewer.account_id)
        return self._held.fetch(
            place,
            note=lambda request_id: self._note_asked(grant, key, request_id),
            ask=lambda request_id: self._ask(agent, grant, key, request_id),
        )

    def _ask(self, agent: Agent, grant: Grant, key: DataKey, request_id: UUID) -> Secret:
        request = _request(grant, key, request_id, at=self._clock())
        with answered():
            try:
                return agent.open_data_key(request)
            except KeysError as error:
                detail: dict[str, Scalar] = {"request": str(request_id), "code": code_of(error)}
                self._note(grant, Event.KEY_NOT_GIVEN, detail)
                raise

    def _note_asked(self, grant: Grant, key: DataKey, request_id: UUID) -> None:
        # Who was killed in between says nothing more: by this, an auditor tells (recstore.reconciling).
        self._note(grant, Event.KEY_ASKED, _asked(grant, key, request_id) | {"process": str(self._process)})

    def _note(self, grant: Grant, event: Event, detail: dict[str, Scalar]) -> None:
        with self._catalog.change(grant.viewer.account_id) as tx:
            log.append(
                tx,
                event,
                actor=Actor.of(grant.viewer),
                at=self._clock(),
                item_id=grant.item_id,
                detail=detail,
            )


def _asked(grant: Grant, key: DataKey, request_id: UUID) -> dict[str, Scalar]:
    """Say what the agent's log will say too, so that the two can be compared line by line."""
    return {
        "request": str(request_id),
        "generation": grant.generation,
        "key": str(key.key_id),
        "data_key": str(key.id),
        "reason": REASONS[grant.action].value,
        "decision": grant.decision,
    }


def _request(grant: Grant, key: DataKey, request_id: UUID, *, at: datetime) -> OpenRequest:
    support = grant.viewer.support
    return OpenRequest(
        id=request_id,
        account_id=grant.viewer.account_id,
        item_id=grant.item_id,
        generation=grant.generation,
        key_id=key.key_id,
        data_key_id=key.id,
        sealed=key.sealed,
        actor=str(grant.viewer.user_id),
        on_behalf_of=None,
        reason=REASONS[grant.action],
        decision=str(grant.decision),
        at=at,
        purpose=support.purpose if support else None,
        consent=support.signed if support else None,
    )


def _place(grant: Grant, key: DataKey) -> Place:
    viewer = grant.viewer
    return Place(
        viewer.account_id,
        grant.item_id,
        grant.generation,
        key.key_id,
        key.id,
        grant.action,
        viewer.credential_id,
    )


def code_of(error: KeysError) -> str:
    """Say in a word of the journal why the agent gave no key."""
    match error:
        case AgentRefused():
            return error.code
        case WrongAnswer():
            return "wrong-answer"
        case _:
            return "no-answer"
