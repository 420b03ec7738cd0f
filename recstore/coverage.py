"""How far an account's sealed keys have come to its current version, and whether its agents answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from keys.client import LockState
from keys.errors import KeysError
from keys.protocol import AccountKey as PublicKey
from keys.public_keys import fingerprint
from recstore.agents import Agents
from recstore.catalog import custodies, sealed_keys
from recstore.catalog.database import Catalog
from recstore.catalog.sealed_tables import AccountKey
from recstore.errors import KeysUnavailable
from recstore.model import Holder


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an account's key. `sealed`: how many data keys and text keys are sealed to it."""

    key_id: UUID
    holder: Holder
    fingerprint: str
    created_at: datetime
    retired_at: datetime | None
    destroyed_at: datetime | None
    sealed: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account's keys stand: versions, the newest first; whether the agent of the current one answers.

    `address`: of the customer's own agent, if there is one. `locked`: as the agent says, if it answers.
    `lost`: how many sealed keys name a version that was destroyed, or never was: nothing opens them.
    """

    versions: Sequence[Version]
    address: str | None
    answers: bool
    locked: bool
    lost: int

    @property
    def current(self) -> Version:
        """Give the version that new content is sealed to."""
        return self.versions[0]

    @property
    def total(self) -> int:
        """Count the account's sealed keys."""
        return sum(version.sealed for version in self.versions if version.destroyed_at is None) + self.lost

    @property
    def percent(self) -> int:
        """Give how many of a hundred are sealed to the current version; 100 only if all are."""
        return 100 * self.current.sealed // self.total if self.total else 100


@dataclass(frozen=True, slots=True)
class Coverage:
    """Tells how accounts' keys stand. Changes nothing."""

    catalog: Catalog
    agents: Agents

    def standing(self, account_id: UUID) -> Standing:
        """Tell how an account's keys stand. An agent that is away is an answer, not an error."""
        with self.catalog.read(account_id) as tx:
            counted = sealed_keys.count_by_version(tx)
            custody = custodies.custody(tx)
            rows = custodies.versions(tx)
        versions = [_version(row, counted.get(row.key_id, 0)) for row in reversed(rows)]
        lock = self._lock(account_id)
        alive = sum(version.sealed for version in versions if version.destroyed_at is None)
        return Standing(
            versions=versions,
            address=custody.address if custody else None,
            answers=lock is not None,
            locked=lock is not None and (lock.by_holder or lock.by_request),
            lost=sum(counted.values()) - alive,
        )

    def _lock(self, account_id: UUID) -> LockState | None:
        try:
            return self.agents.of(account_id).read_lock(account_id)
        except (KeysError, KeysUnavailable):
            return None


def _version(row: AccountKey, sealed: int) -> Version:
    return Version(
        key_id=row.key_id,
        holder=Holder(row.holder),
        fingerprint=fingerprint(PublicKey(key_id=row.key_id, public_key=row.public_key)),
        created_at=row.created_at,
        retired_at=row.retired_at,
        destroyed_at=row.destroyed_at,
        sealed=sealed,
    )
