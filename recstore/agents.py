"""Find the key agent that holds an account's keys: the service's own, or the customer's."""

from pathlib import Path
from threading import Lock
from uuid import UUID

from keys.client import Agent, Identity
from keys.pairing import Pairing
from recstore.catalog import custodies
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.sealed_tables import AccountKey
from recstore.errors import KeysUnavailable
from recstore.installation import write_secret
from recstore.model import Holder


class Agents:
    """The way to every key agent. Safe for threads.

    `identities` holds a folder for each account with an agent of its own: what we show it, and what it must
    show us. `patience`: seconds for an attempt to have a key opened there.
    """

    def __init__(self, catalog: Catalog, service: Agent, *, identities: Path, patience: float) -> None:
        self.service = service
        self._catalog = catalog
        self._identities = identities
        self._patience = patience
        self._lock = Lock()
        self._customers: dict[tuple[UUID, str, str], Agent] = {}

    def of(self, account_id: UUID) -> Agent:
        """Give the agent that holds the key which an account's new data keys are sealed to."""
        with self._catalog.read(account_id) as tx:
            return self._holder(tx, custodies.current_key(tx))

    def holding(self, account_id: UUID, key_id: UUID) -> Agent:
        """Give the agent that holds one version of an account's key; of two, while an account moves."""
        with self._catalog.read(account_id) as tx:
            return self._holder(tx, custodies.key(tx, key_id))

    def holders(self, account_id: UUID) -> list[Agent]:
        """Give every agent that holds a key of the account: two while it moves."""
        with self._catalog.read(account_id) as tx:
            alive = [key for key in custodies.versions(tx) if key.destroyed_at is None]
            return list(dict.fromkeys(self._holder(tx, key) for key in alive))

    def reach(self, account_id: UUID, address: str, *, identity: str) -> Agent:
        """Give the agent at an address of an account's own: always the same object for the same place."""
        place = (account_id, address, identity)
        with self._lock:
            if place not in self._customers:
                self._customers[place] = Agent(
                    address, timeout=self._patience, identity=self._identity(account_id, identity)
                )
            return self._customers[place]

    def keep_identity(self, pairing: Pairing) -> None:
        """Keep what a pairing says of how we and the agent know each other, beside what was paired before."""
        identity = self._identity(pairing.account_id, pairing.name)
        identity.key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(identity.peers_ca, pairing.ca)
        write_secret(identity.certificate, pairing.certificate)
        write_secret(identity.key, pairing.private.reveal())

    def _identity(self, account_id: UUID, name: str) -> Identity:
        folder = self._identities / str(account_id) / name
        return Identity(
            certificate=folder / "certificate.pem", key=folder / "key.pem", peers_ca=folder / "ca.pem"
        )

    def _holder(self, tx: Transaction, key: AccountKey | None) -> Agent:
        if key is None or key.holder == Holder.SERVICE:
            return self.service  # which refuses a version that nobody knows
        custody = custodies.custody(tx)
        if custody is None:
            raise KeysUnavailable("The way to this account's own key agent is not known.")
        return self.reach(tx.account_id, custody.address, identity=custody.identity)
