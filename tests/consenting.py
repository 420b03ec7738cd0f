"""A customer who consents: an approver whose key the test's agent was told of, and what they sign."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from keys.approver import Approver
from keys.consents import Approvers
from keys.grants import Consent, Purpose, SignedConsent, write_signed


@dataclass
class Customer:
    """An account's approver, with their key in `folder`."""

    account_id: UUID
    approver: Approver

    @classmethod
    def of(cls, account_id: UUID, *, home: Path, folder: Path) -> "Customer":
        """Make an approver whom the agent of this home trusts for the account."""
        approver = Approver.create(folder / f"{account_id}.key", None)
        Approvers(home).add(account_id, approver.public)
        return cls(account_id, approver)

    def consent(self, operator_id: UUID, *, at: datetime, **changes: Any) -> Consent:
        """Agree to three openings of anything within an hour, but for the changes."""
        at = at.replace(microsecond=0)
        usual = {
            "account_id": self.account_id,
            "operator_id": operator_id,
            "items": None,
            "purpose": Purpose.PLAYBACK,
            "ticket": "T-1",
            "not_before": at,
            "not_after": at + timedelta(hours=1),
            "openings": 3,
            "nonce": os.urandom(16),
            "approver": self.approver.public.id,
        }
        return Consent(**usual | changes)

    def sign(self, operator_id: UUID, *, at: datetime, **changes: Any) -> str:
        """Sign that, and give it as it is handed in."""
        signed: SignedConsent = self.approver.sign(self.consent(operator_id, at=at, **changes))
        return write_signed(signed).decode()
