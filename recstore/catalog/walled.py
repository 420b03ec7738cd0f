"""The wall between accounts, as the tables see it.

Tables behind it carry `account_id`, are read only through a `Transaction` of that account, and on PostgreSQL
also stand behind row-level security.
"""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.base import Base
from recstore.catalog.desk import Account


class Walled(Base):
    """A table whose rows belong to one account."""

    __abstract__ = True
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
