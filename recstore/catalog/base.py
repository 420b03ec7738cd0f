"""The root of all tables: how Python types become column types, the same on SQLite and PostgreSQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Uuid
from sqlalchemy.orm import DeclarativeBase

from recstore.catalog.columns import Instant


class Base(DeclarativeBase):
    """Maps Python types to column types, the same on SQLite and PostgreSQL."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute once, nobody changes it
        UUID: Uuid(as_uuid=True),
        datetime: Instant(),
        bytes: LargeBinary(),
        bool: Boolean(),
        int: BigInteger().with_variant(Integer(), "sqlite"),  # sizes go beyond 2 GiB
    }
