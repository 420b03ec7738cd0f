"""Have an agent prove that it opens what is sealed to an account's key, before anything rests on that."""

import secrets
import uuid
from typing import Final
from uuid import UUID

from keys.client import Agent, OpenRequest
from keys.errors import KeysError
from keys.protocol import AccountKey
from keys.reasons import Reason
from keys.secret import Secret
from keys.wrap import PublicKey, wrap_data_key
from recstore.catalog.database import Catalog
from recstore.clock import Clock
from recstore.errors import KeysUnavailable
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import SYSTEM
from recstore.model import Event

LENGTH: Final = 32


def prove(agent: Agent, account_id: UUID, key: AccountKey, *, catalog: Catalog, clock: Clock) -> None:
    """Have a sample opened that is sealed to this key. Raises KeysUnavailable, saying why it was not."""
    sample = secrets.token_bytes(LENGTH)
    request = _request(sample, account_id, key, clock=clock)
    _note_asked(catalog, request)
    try:
        proven = agent.open_data_key(request) == Secret(sample)
    except KeysError as error:
        raise KeysUnavailable(f"The account's key agent does not prove itself: {error}") from error
    if not proven:
        raise KeysUnavailable("The account's key agent opened something else.")


def _request(sample: bytes, account_id: UUID, key: AccountKey, *, clock: Clock) -> OpenRequest:
    item_id, data_key_id = uuid.uuid4(), uuid.uuid4()
    sealed = wrap_data_key(
        PublicKey(key.public_key),
        sample,
        account_id=account_id,
        item_id=item_id,
        generation=0,
        data_key_id=data_key_id,
    )
    return OpenRequest(
        id=uuid.uuid4(),
        account_id=account_id,
        item_id=item_id,
        generation=0,
        key_id=key.key_id,
        data_key_id=data_key_id,
        sealed=sealed,
        actor="system",
        on_behalf_of=None,
        reason=Reason.CATALOG,
        decision="proof",
        at=clock(),
    )


def _note_asked(catalog: Catalog, request: OpenRequest) -> None:
    """Write down, before it is asked, what will stand in the agent's log too."""
    detail: dict[str, Scalar] = {
        "request": str(request.id),
        "generation": request.generation,
        "key": str(request.key_id),
        "data_key": str(request.data_key_id),
        "reason": request.reason.value,
        "decision": request.decision,
    }
    with catalog.change(request.account_id) as tx:
        log.append(tx, Event.KEY_ASKED, actor=SYSTEM, at=request.at, item_id=request.item_id, detail=detail)
