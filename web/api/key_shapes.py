"""The documents about an account's keys."""

from typing import Literal
from uuid import UUID

from recstore.ingest.documents import Moment
from web.api.shapes import Shape

Holder = Literal["service", "customer"]


class Version(Shape):
    """One version of the account's key. `sealed`: how many data keys and text keys are sealed to it.

    Retired, it still opens what is sealed to it; destroyed, nothing does. `fingerprint`: to compare.
    """

    key: UUID
    holder: Holder
    fingerprint: str
    created_at: Moment
    retired_at: Moment | None
    destroyed_at: Moment | None
    sealed: int


class Keys(Shape):
    """How the account's keys stand; the current version comes first.

    `agent`: the address of the customer's own. `lost`: how many sealed keys nothing opens any more.
    """

    custody: Holder
    agent: str | None
    answers: bool
    coverage_percent: int
    lost: int
    versions: list[Version]
