"""Let one version of an account's key follow another, with its entry in the journal."""

from datetime import datetime

from keys.protocol import AccountKey as PublicKey
from recstore.catalog import custodies
from recstore.catalog.database import Transaction
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.model import Event, Holder


def succeed(tx: Transaction, key: PublicKey, *, holder: Holder, at: datetime) -> None:
    """Seal new content to another version from now on. Does nothing if it is the current one already.

    Raises Conflict: keys_destroyed.
    """
    custodies.refuse_destroyed(tx)
    old = custodies.current_key(tx)
    if old.key_id == key.key_id:
        return
    old.retired_at = at
    custodies.add_key(tx, key, holder=holder, at=at)
    detail = {"key": str(key.key_id), "replaces": str(old.key_id), "holder": holder.value}
    log.append(tx, Event.KEY_REPLACED, actor=SYSTEM, at=at, detail=detail)
