"""The documents of the admins' part of the API."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from recstore.ingest.documents import Moment
from web.api.shapes import Shape, Text, User


class NewReview(Shape):
    """What to review, and why."""

    kind: Literal["recording", "transcript"]
    item_id: UUID
    reason: Text


class Review(Shape):
    """A review that runs: `media` or `messages` of the item answer under it, for this session."""

    kind: Literal["recording", "transcript"]
    item_id: UUID
    reason: str


class NewResponsible(Shape):
    """Who is to be responsible."""

    user_id: UUID


class Place(Shape):
    """Which page of the journal."""

    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)
    order: Literal["newest", "oldest"] = "newest"


class Entry(Shape):
    """An entry of the journal. `private` is null where there is nothing, or where it was erased."""

    index: int
    at: Moment
    event: str
    actor: str
    item: UUID | None
    detail: dict[str, Any]
    private: dict[str, Any] | None
    leaf_hash: str


class Entries(Shape):
    """A page of the journal."""

    items: list[Entry]
    next_cursor: str | None


class Settings(Shape):
    """How the account's switches stand; the last two concern new items only."""

    recording: bool
    chat: bool
    auto_share: bool
    download: bool


class SettingsChange(Shape):
    """Which switches to turn; what is left out stays."""

    recording: StrictBool | None = None
    chat: StrictBool | None = None
    auto_share: StrictBool | None = None
    download: StrictBool | None = None


class UserChange(Shape):
    """Whether a user counts."""

    active: StrictBool


class Member(User):
    """A user as admins see one."""

    admin: bool
    active: bool
