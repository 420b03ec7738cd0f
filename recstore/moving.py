"""Move an account's custody: to the customer's own key agent, or back to the service's.

Only the new key is settled here; what is sealed to the old one is re-wrapped, and the old one destroyed, by
`Rewrapping.finish`, once whoever holds the old key has released it. Until then both agents are asked, each
for what is sealed to its key.
"""

from dataclasses import dataclass
from uuid import UUID

from keys.errors import BadKey, KeysError
from keys.pairing import read_pairing
from keys.protocol import AccountKey
from keys.public_keys import fingerprint, write_public_key
from recstore.agents import Agents
from recstore.catalog import custodies
from recstore.catalog.database import Catalog, Transaction
from recstore.clock import Clock
from recstore.errors import BadInput, Conflict, KeysUnavailable
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.model import Event, Holder
from recstore.proof import prove
from recstore.succession import succeed


@dataclass(frozen=True, slots=True)
class Moving:
    """Settles which agent holds an account's key."""

    catalog: Catalog
    agents: Agents
    clock: Clock

    def pair(self, account_id: UUID, document: str) -> str:
        """Seal new content to the key of a customer's own agent from now on; give its fingerprint.

        Paired again with the same key, only the way to it is renewed. Raises BadInput (bad_pairing), Conflict
        (custody_unfinished, custody_other_key), KeysUnavailable.
        """
        try:
            pairing = read_pairing(document, account_id=account_id)
        except BadKey as error:
            raise BadInput(f"{error} Nothing was changed.", code="bad_pairing") from error
        with self.catalog.read(account_id) as tx:
            _check_may_pair(tx, pairing.key)
        self.agents.keep_identity(pairing)
        agent = self.agents.reach(account_id, pairing.address, identity=pairing.name)
        prove(agent, account_id, pairing.key, catalog=self.catalog, clock=self.clock)
        with self.catalog.change(account_id) as tx:
            _check_may_pair(tx, pairing.key)  # somebody else may have been quicker
            now = self.clock()
            custodies.put_custody(tx, pairing.address, identity=pairing.name, at=now)
            detail = {"key": str(pairing.key.key_id), "fingerprint": fingerprint(pairing.key)}
            log.append(tx, Event.CUSTODY_PAIRED, actor=SYSTEM, at=now, detail=detail)
            succeed(tx, pairing.key, holder=Holder.CUSTOMER, at=now)
        return fingerprint(pairing.key)

    def take_back(self, account_id: UUID) -> str:
        """Seal new content to a key of the service's agent; give it, for the customer to release to.

        Called again it gives the same. Raises Conflict: custody_unfinished.
        """
        with self.catalog.read(account_id) as tx:
            custodies.refuse_destroyed(tx)
            current = custodies.current_key(tx)
            if current.holder == Holder.SERVICE:
                key = AccountKey(key_id=current.key_id, public_key=current.public_key)
                return write_public_key(account_id, key)
            _check_finished(tx)
        try:
            key = self.agents.service.create_account(account_id)
        except KeysError as error:
            raise KeysUnavailable("The key agent does not answer; nothing was changed.") from error
        with self.catalog.change(account_id) as tx:
            _check_finished(tx)
            succeed(tx, key, holder=Holder.SERVICE, at=self.clock())
        return write_public_key(account_id, key)


def _check_may_pair(tx: Transaction, key: AccountKey) -> None:
    custodies.refuse_destroyed(tx)
    current = custodies.current_key(tx)
    if current.key_id == key.key_id and current.public_key == key.public_key:
        return
    if current.holder == Holder.CUSTOMER or current.key_id == key.key_id:
        raise Conflict(
            "This account is with another key of its customer; take it back to the service first.",
            code="custody_other_key",
        )
    _check_finished(tx)


def _check_finished(tx: Transaction) -> None:
    if custodies.unfinished(tx):
        raise Conflict(
            "An earlier rotation or move is not finished; `recstore keys rotate` ends it.",
            code="custody_unfinished",
        )
