"""Move an account's custody: to the customer's own key agent, or back to the service's.

Only the new key is settled here; what is sealed to the old one is re-wrapped, and the old one destroyed, by
`Rewrapping.finish`, once whoever holds the old key has released it. Until then both agents are asked, each
for what is sealed to its key.
"""

import secrets
import uuid
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from keys.client import Agent, OpenRequest
from keys.errors import BadKey, KeysError
from keys.pairing import Pairing, read_pairing
from keys.protocol import AccountKey
from keys.public_keys import fingerprint, write_public_key
from keys.reasons import Reason
from keys.secret import Secret
from keys.wrap import PublicKey, wrap_data_key
from recstore.agents import Agents
from recstore.catalog import custodies
from recstore.catalog.database import Catalog
from recstore.clock import Clock
from recstore.errors import BadInput, Conflict, KeysUnavailable
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import SYSTEM
from recstore.model import Event, Holder
from recstore.succession import succeed

PROOF_LENGTH: Final = 32


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
        self._check_may_pair(account_id, pairing.key)
        self.agents.keep_identity(pairing)
        agent = self.agents.reach(account_id, pairing.address, identity=pairing.name)
        self._prove(agent, pairing)
        with self.catalog.change(account_id) as tx:
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
        self._check_finished(account_id)
        try:
            key = self.agents.service.create_account(account_id)
        except KeysError as error:
            raise KeysUnavailable("The key agent does not answer; nothing was changed.") from error
        with self.catalog.change(account_id) as tx:
            succeed(tx, key, holder=Holder.SERVICE, at=self.clock())
        return write_public_key(account_id, key)

    def _check_may_pair(self, account_id: UUID, key: AccountKey) -> None:
        with self.catalog.read(account_id) as tx:
            custodies.refuse_destroyed(tx)
            current = custodies.current_key(tx)
        if current.key_id == key.key_id and current.public_key == key.public_key:
            return
        if current.holder == Holder.CUSTOMER or current.key_id == key.key_id:
            raise Conflict(
                "This account is with another key of its customer; take it back to the service first.",
                code="custody_other_key",
            )
        self._check_finished(account_id)

    def _check_finished(self, account_id: UUID) -> None:
        with self.catalog.read(account_id) as tx:
            if custodies.unfinished(tx):
                raise Conflict(
                    "An earlier rotation or move is not finished; `recstore keys rotate` ends it.",
                    code="custody_unfinished",
                )

    def _prove(self, agent: Agent, pairing: Pairing) -> None:
        """Have the agent open something that is sealed to the public key, before anything else is."""
        sample, item_id, data_key_id = secrets.token_bytes(PROOF_LENGTH), uuid.uuid4(), uuid.uuid4()
        sealed = wrap_data_key(
            PublicKey(pairing.key.public_key),
            sample,
            account_id=pairing.account_id,
            item_id=item_id,
            generation=0,
            data_key_id=data_key_id,
        )
        request = OpenRequest(
            id=uuid.uuid4(),
            account_id=pairing.account_id,
            item_id=item_id,
            generation=0,
            key_id=pairing.key.key_id,
            data_key_id=data_key_id,
            sealed=sealed,
            actor="system",
            on_behalf_of=None,
            reason=Reason.CATALOG,
            decision="pairing",
            at=self.clock(),
        )
        self._note_asked(request)
        try:
            proven = agent.open_data_key(request) == Secret(sample)
        except KeysError as error:
            raise KeysUnavailable(f"The customer's agent does not prove itself: {error}") from error
        if not proven:
            raise KeysUnavailable("The customer's agent opened something else; nothing was changed.")

    def _note_asked(self, request: OpenRequest) -> None:
        """Write down, before it is asked, what will stand in the customer's log too."""
        detail: dict[str, Scalar] = {
            "request": str(request.id),
            "generation": request.generation,
            "key": str(request.key_id),
            "data_key": str(request.data_key_id),
            "reason": request.reason.value,
            "decision": request.decision,
        }
        with self.catalog.change(request.account_id) as tx:
            log.append(
                tx, Event.KEY_ASKED, actor=SYSTEM, at=request.at, item_id=request.item_id, detail=detail
            )
