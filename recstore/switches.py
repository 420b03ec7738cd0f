"""What an account has switched on: recording, chat, and what new items start with."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from recstore.access.admins import change_as_admin, check_admin
from recstore.access.viewer import Viewer
from recstore.catalog import accounts
from recstore.catalog.account_tables import Settings, SwitchInterval
from recstore.catalog.database import Catalog, Transaction
from recstore.clock import Clock
from recstore.errors import Conflict
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.model import Event, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How the switches stand. `auto_share` and `download` concern new items only (rules.md, case 13)."""

    recording: bool
    chat: bool
    auto_share: bool
    download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Which switches to turn; None leaves one as it is."""

    recording: bool | None = None
    chat: bool | None = None
    auto_share: bool | None = None
    download: bool | None = None


@dataclass(frozen=True, slots=True)
class Switches:
    """Reads and turns an account's switches. For its admins."""

    catalog: Catalog
    clock: Clock

    def read(self, viewer: Viewer) -> Chosen:
        """Say how the switches stand. Raises NotThere for whoever is no admin."""
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            return _chosen(accounts.settings(tx))

    def change(self, viewer: Viewer, change: Change, *, shown: Chosen | None = None) -> Chosen:
        """Turn switches. `shown`: how they stood for whoever chose; refused if they do not stand so any more.

        Raises NotThere for whoever is no admin, Conflict (settings_stale).
        """
        now = self.clock()
        with change_as_admin(self.catalog, viewer, clock=self.clock, action="change switches") as tx:
            row = accounts.settings(tx)
            before = _chosen(row)
            if shown not in {None, before}:
                raise Conflict(
                    "The switches were turned meanwhile. Nothing was changed; look at how they stand now.",
                    code="settings_stale",
                )
            _turn(tx, row, change, now=now)
            after = _chosen(row)
            if after != before:
                detail = {name: getattr(after, name) for name in Chosen.__slots__}
                actor = Actor.user(viewer.user_id)
                log.append(tx, Event.SETTINGS_CHANGED, actor=actor, at=now, detail=detail)
        return after


def _chosen(row: Settings) -> Chosen:
    return Chosen(
        recording=row.recording_off_at is None,
        chat=row.chat_off_at is None,
        auto_share=row.auto_share,
        download=row.download,
    )


def _turn(tx: Transaction, row: Settings, change: Change, *, now: datetime) -> None:
    row.recording_off_at = _off_at(tx, Kind.RECORDING, row.recording_off_at, change.recording, now=now)
    row.chat_off_at = _off_at(tx, Kind.TRANSCRIPT, row.chat_off_at, change.chat, now=now)
    if change.auto_share is not None:
        row.auto_share = change.auto_share
    if change.download is not None:
        row.download = change.download


def _off_at(
    tx: Transaction, kind: Kind, before: datetime | None, on: bool | None, *, now: datetime
) -> datetime | None:
    """Give since when a switch is off; off again keeps the first moment, on again keeps the time between."""
    if on is None:
        return before
    if on and before is not None:
        # What began in this time stays refused, however late it is handed over (rules.md, case 12).
        tx.add(
            SwitchInterval(
                account_id=tx.account_id, id=uuid.uuid4(), kind=kind.value, off_at=before, on_at=now
            )
        )
    return None if on else before or now
