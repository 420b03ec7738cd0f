"""The documents about requests for access."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from recstore.ingest.documents import Moment
from recstore.model import Kind
from web.api.shapes import Shape, Text, User


class NewRequest(Shape):
    """A request, with a few words to the responsible person."""

    note: Text | None = Field(default=None, description="At most 500 characters.")


class Asked(Shape):
    """Always the same."""

    state: Literal["asked"]


class Item(Shape):
    """What somebody asks for."""

    id: UUID
    kind: Kind
    title: str


class Request(Shape):
    """Somebody waits. `may_answer` is false for an admin, who names a responsible person first."""

    item: Item
    user: User
    at: Moment
    note: str | None
    may_answer: bool


class Requests(Shape):
    """Requests that wait, oldest first; the first hundred."""

    items: list[Request]


class Wanted(Shape):
    """Which page of what waits."""

    cursor: str | None = Field(default=None, max_length=500)
    limit: int = Field(default=50, ge=1, le=100)


class Waiting(Requests):
    """A page of what waits, oldest first."""

    next_cursor: str | None


class Answer(Shape):
    """What becomes of a request. `until` and `download` are those of the share."""

    answer: Literal["accept", "decline"]
    until: Moment | None = None
    download: StrictBool = False
