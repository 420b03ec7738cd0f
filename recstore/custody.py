"""Ask the key agent, and turn what it answers into errors of recstore."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from keys.client import Agent, OpenRequest
from keys.errors import KeysError
from keys.reasons import Reason
from keys.secret import Secret
from recstore.access.grant import Grant
from recstore.catalog.tables import DataKey
from recstore.clock import Clock
from recstore.errors import KeysUnavailable
from recstore.model import Action


@contextmanager
def answered() -> Iterator[None]:
    """Turn any fault or refusal of the key agent into KeysUnavailable."""
    try:
        yield
    except KeysError as error:
        raise KeysUnavailable("The key agent did not open this now; nothing was lost.") from error


REASONS = {
    Action.OPEN: Reason.PLAYBACK,
    Action.DOWNLOAD: Reason.EXPORT,
    Action.EXPORT: Reason.EXPORT,
    Action.REVIEW: Reason.REVIEW,
    Action.SUPPORT: Reason.OPERATOR_SUPPORT,
}


@dataclass(frozen=True, slots=True)
class Custody:
    """Has data keys opened for a Grant, one request a key. Keeps none: `playback` says how long they live."""

    agent: Agent
    clock: Clock

    def check(self) -> None:
        """Raise KeysUnavailable unless the agent answers."""
        with answered():
            self.agent.check()

    def open_data_key(self, grant: Grant, key: DataKey) -> Secret:
        """Have one sealed data key opened, under the journal entry that allowed it."""
        request = OpenRequest(
            id=uuid4(),
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
            at=self.clock(),
        )
        with answered():
            return self.agent.open_data_key(request)
