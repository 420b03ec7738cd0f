"""The documents about rooms' switches, and about applying a switch to existing items."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from recstore.existing import BATCH
from recstore.ingest.documents import Moment
from recstore.model import Action, Switch
from web.api.shapes import Named, Shape, Text, User


class RoomsWanted(Shape):
    """Which rooms: those whose title or reference contains `q`."""

    q: Text = ""
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)


class Vmr(Shape):
    """A room. `auto_share` concerns what is handed over from now on; `organizer`: who has it now."""

    id: UUID
    ref: str
    title: str
    organizer: Named | None
    auto_share: bool


class Vmrs(Shape):
    """Rooms, by title."""

    items: list[Vmr]
    next_cursor: str | None


class VmrChange(Shape):
    """Whether new items of the room are shared by themselves."""

    auto_share: StrictBool


class RoomStands(Shape):
    """Which way the room's switch stands, and which page of what applying it would change."""

    on: bool
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=BATCH)


class Stands(RoomStands):
    """Which switch, which way it stands, and which page of what applying it would change."""

    switch: Switch


class RoomApplication(Shape):
    """Which way the room's switch stands. `confirmation`: to turn on, from the page that was looked at."""

    on: StrictBool
    confirmation: str | None = Field(default=None, max_length=4000)


class Application(RoomApplication):
    """Which switch of the account, which way it stands, and the confirmation if it opens anything."""

    switch: Switch


class Effect(Shape):
    """What one person may do with an item afterwards and not now, or now and not afterwards."""

    user: User
    gains: list[Action]
    loses: list[Action]


class Possible(Effect):
    """The same; `if_taken_back`: of somebody who is deactivated, for whom it comes true with their return."""

    if_taken_back: bool


class Affected(Shape):
    """An item that would be turned, and everybody for whom that makes a difference."""

    id: UUID
    kind: Literal["recording", "transcript"]
    title: str
    started_at: Moment
    people: list[Possible]


class Existing(Shape):
    """A page of what would be turned, newest first; `total` counts all of it, 10,001 standing for any more.

    A page may be shorter than `limit`: it also ends where very many people would be listed.
    `confirmation` stands for this very page, for ten minutes, for this admin; null where nothing is opened.
    """

    total: int
    items: list[Affected]
    next_cursor: str | None
    confirmation: str | None


class Applied(Shape):
    """How many items were turned, and how many still stand otherwise: send the same again for them.

    `remaining` counts as `total` does.
    """

    changed: int
    remaining: int
