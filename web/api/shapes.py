"""The documents that the API takes and gives. The served OpenAPI document is made from these."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool

from recstore.catalog import tables
from recstore.library import Shown
from recstore.model import Access, Action, Kind, Relation, State

# A NUL is no character of any text, and PostgreSQL takes none.
Text = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]


class Shape(BaseModel):
    """A document without fields that nobody reads: a misspelt one is an error, not silently ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Named(Shape):
    """A user, as colleagues are shown one."""

    id: UUID
    name: str


class User(Named):
    """A user with their address."""

    email: str


class Room(Shape):
    """The virtual meeting room of a call."""

    ref: str
    title: str


class Call(Shape):
    """The call that an item belongs to; `vmr` is null for a direct call."""

    ref: str
    started_at: datetime
    vmr: Room | None


class Mine(Shape):
    """How the viewer is tied to an item, and what they may do with it."""

    relations: list[Relation]
    actions: list[Action]


class Recording(Shape):
    """A recording as the viewer may see it."""

    id: UUID
    kind: Literal["recording", "transcript"]
    title: str
    call: Call
    ref: str
    started_at: datetime
    duration_s: float | None
    media_type: str
    size: int
    sha256: str
    states: list[State]
    auto_share: bool
    download: bool
    responsible: Named | None
    my: Mine


class Transcript(Recording):
    """A transcript as the viewer may see it; `message_count` counts what they may read."""

    message_count: int | None


class Recordings(Shape):
    """A page of recordings, newest first."""

    items: list[Recording]
    next_cursor: str | None


class Transcripts(Shape):
    """A page of transcripts, newest first."""

    items: list[Transcript]
    next_cursor: str | None


class Wanted(Shape):
    """What to list."""

    cursor: str | None = Field(default=None, max_length=500)
    limit: int = Field(default=50, ge=1, le=100)
    q: str | None = Field(default=None, max_length=200, description="looked for in titles")
    start: AwareDatetime | None = Field(default=None, alias="from")
    end: AwareDatetime | None = Field(default=None, alias="to")
    vmr: str | None = Field(default=None, max_length=200, description="a room's reference")
    shared: Literal["by-me", "with-me", "mine"] | None = None


class Changes(Shape):
    """What to change of an item; what is left out stays."""

    title: Text | None = None
    auto_share: StrictBool | None = None
    download: StrictBool | None = None


class Decision(Shape):
    """What to decide about a colleague."""

    access: Access
    until: AwareDatetime | None = None
    download: StrictBool = False


class Share(Shape):
    """What was decided about a colleague."""

    user: User
    access: Access
    until: datetime | None
    download: bool


class Shares(Shape):
    """Everything decided about an item's colleagues."""

    items: list[Share]


class HowMuch(Shape):
    """Whether to play or to download."""

    download: bool = False


class Message(BaseModel):
    """A line of chat. Recorders may send more fields than these; they are given as they came."""

    model_config = ConfigDict(extra="allow")

    ref: str
    at: datetime
    sender: str
    to: Literal["everyone"] | list[str]
    body: str


class Messages(Shape):
    """The messages of a transcript that the viewer may read, in order."""

    items: list[Message]


class Me(User):
    """The signed-in user."""

    admin: bool


class SignInDocument(Shape):
    """Address and password."""

    email: str = Field(max_length=320)
    password: str = Field(max_length=1000)


class Session(Shape):
    """Who is signed in, and the token that changes must carry as `X-CSRF-Token`."""

    user: Me
    csrf_token: str


class Received(Shape):
    """What a hand-over came to."""

    id: UUID
    state: str


def user(row: tables.User) -> User:
    """Show a user."""
    return User(id=row.id, name=row.name, email=row.email)


def item(shown: Shown) -> Recording | Transcript:
    """Show an item."""
    row, facts = shown.item, shown.facts
    fields = {
        "id": row.id,
        "kind": row.kind,
        "title": row.title,
        "call": _call(shown),
        "ref": row.ref,
        "started_at": row.started_at,
        "duration_s": row.duration_s,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256.hex(),
        "states": [state for state in State if state in facts.states],
        "auto_share": row.auto_share,
        "download": row.download,
        "responsible": Named(id=shown.responsible.id, name=shown.responsible.name)
        if shown.responsible
        else None,
        "my": Mine(
            relations=[relation for relation in Relation if relation in facts.relations],
            actions=shown.actions,
        ),
    }
    if row.what is Kind.RECORDING:
        return Recording.model_validate(fields)
    return Transcript.model_validate({**fields, "message_count": shown.message_count})


def _call(shown: Shown) -> Call:
    vmr = Room(ref=shown.vmr.ref, title=shown.vmr.title) if shown.vmr else None
    return Call(ref=shown.call.ref, started_at=shown.call.started_at, vmr=vmr)
