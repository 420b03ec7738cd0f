"""The documents about an account's e-mail domains."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from recstore.ingest.documents import Moment
from web.api.shapes import Shape, Text


class NewDomain(Shape):
    """Which domain to add."""

    domain: Text = Field(examples=["example.com"])


class DomainChange(Shape):
    """Whether the people of a proven domain are found by everybody of the account."""

    enabled: StrictBool


class Record(Shape):
    """What to publish in DNS."""

    name: str
    type: Literal["TXT"]
    value: str


class Domain(Shape):
    """A domain of the account. `people`: how many active users have an address there."""

    id: UUID
    domain: str
    record: Record
    proven_at: Moment | None
    enabled: bool
    people: int


class Domains(Shape):
    """All domains of the account."""

    items: list[Domain]
