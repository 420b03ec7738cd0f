"""What an account has switched on: recording, chat, and what new items start with."""

from dataclasses import dataclass
from datetime import datetime

from recstore.access.admins import check_admin
from recstore.access.viewer import Viewer
from recstore.catalog import accounts
from recstore.catalog.database import Catalog
from recstore.catalog.tables import Settings
from recstore.clock import Clock
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.model import Event


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

    def change(self, viewer: Viewer, change: Change) -> Chosen:
        """Turn switches. Raises NotThere for whoever is no admin."""
        now = self.clock()
        with self.catalog.change(viewer.account_id) as tx:
            check_admin(tx, viewer, now=now)
            row = accounts.settings(tx)
            before = _chosen(row)
            _turn(row, change, now=now)
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


def _turn(row: Settings, change: Change, *, now: datetime) -> None:
    row.recording_off_at = _off_at(row.recording_off_at, change.recording, now=now)
    row.chat_off_at = _off_at(row.chat_off_at, change.chat, now=now)
    if change.auto_share is not None:
        row.auto_share = change.auto_share
    if change.download is not None:
        row.download = change.download


def _off_at(before: datetime | None, on: bool | None, *, now: datetime) -> datetime | None:
    """Give since when a switch is off; off again keeps the first moment."""
    if on is None:
        return before
    return None if on else before or now
