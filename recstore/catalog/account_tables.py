"""What an account has chosen for itself: its settings, and the e-mail domains that are its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.walled import Walled
from recstore.catalog.written import Worded, written


class Settings(Walled):
    """What the account has chosen. A switch that is off carries the moment since when; see SwitchInterval."""

    __tablename__ = "account_settings"
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    recording_off_at: Mapped[datetime | None]
    chat_off_at: Mapped[datetime | None]
    auto_share: Mapped[bool]
    download: Mapped[bool]


class SwitchInterval(Walled):
    """A time, now over, during which a switch was off. `kind`: of the items that were not taken then."""

    __tablename__ = "switch_intervals"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    off_at: Mapped[datetime]
    on_at: Mapped[datetime]


class Domain(Worded):
    """An e-mail domain that the account calls its own. It counts once `proven_at` is set and it is `enabled`.

    `token`: random, of this account and domain alone; published in DNS it is the proof. `checked_at`: when
    DNS was asked for the answer that counts.
    """

    __tablename__ = "domains"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    domain = written()
    domain_key: Mapped[bytes]
    token: Mapped[str] = mapped_column(String(64))
    checked_at: Mapped[datetime | None]
    proven_at: Mapped[datetime | None]
    enabled: Mapped[bool]
    __table_args__ = (UniqueConstraint("account_id", "domain_key"),)
