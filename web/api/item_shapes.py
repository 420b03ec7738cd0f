"""The documents about recordings and transcripts."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from recstore.ingest.documents import Moment
from recstore.library import Shown
from recstore.model import Action, Kind, Relation, State
from web.api.shapes import Named, Shape, Text


class Room(Shape):
    """The virtual meeting room of a call."""

    ref: str
    title: str


class Call(Shape):
    """The call that an item belongs to; `vmr` is null for a direct call."""

    ref: str
    started_at: Moment
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
    started_at: Moment
    duration_s: float | None
    media_type: str
    size: int | None
    sha256: str | None
    states: list[State]
    auto_share: bool
    download: bool
    responsible: Named | None
    my: Mine


class Transcript(Recording):
    """A transcript as the viewer may see it; `message_count` counts what they may read.

    `size` and `sha256` are null unless that is all of it: a short message could be guessed until they fit.
    """

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
    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")
    vmr: str | None = Field(default=None, max_length=200, description="a room's reference")
    shared: Literal["by-me", "with-me", "mine"] | None = None


class Changes(Shape):
    """What to change of an item; what is left out stays."""

    title: Text | None = None
    auto_share: StrictBool | None = None
    download: StrictBool | None = None


def show(shown: Shown) -> Recording | Transcript:
    """Show an item."""
    row, facts = shown.item, shown.facts
    fields = {
        "id": row.id,
        "kind": row.kind,
        "title": shown.title,
        "call": _call(shown),
        "ref": row.ref,
        "started_at": row.started_at,
        "duration_s": row.duration_s,
        "media_type": row.media_type,
        "size": row.size if shown.is_whole else None,
        "sha256": row.sha256.hex() if shown.is_whole else None,
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
    vmr = Room(ref=shown.vmr.ref, title=shown.call.room_title or "") if shown.vmr else None
    return Call(ref=shown.call.ref, started_at=shown.call.started_at, vmr=vmr)
