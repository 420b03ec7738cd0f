"""The messages of a chat that the viewer may read, ready to be shown beside a film or alone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recstore.access.grant import Grant
from recstore.access.viewer import Viewer
from recstore.errors import Damaged, NotThere, Refused, Unavailable
from recstore.library import Shown
from recstore.model import Action, Kind
from web import logs
from web.current import recstore
from web.pages.formats import write_offset
from web.pages.person import Person


@dataclass(frozen=True, slots=True)
class Message:
    """A line of chat. `second` is its place in the film beside it, if it falls within."""

    sender: Person
    at: datetime
    clock: str
    second: int | None
    offset: str
    to: str | None
    reply_to: str | None
    read_by: str
    body: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as one viewer reads it. `unavailable`: it cannot be opened just now; `damaged`: nor later."""

    shown: Shown
    messages: list[Message]
    unavailable: bool = False
    damaged: bool = False


def chat_beside(asking: Viewer, recording: Shown, people: list[Person]) -> Chat | None:
    """Open the chat of a recording's call, if there is one that the viewer may open."""
    library, gate = recstore().library, recstore().gate
    for chat in library.of_same_call(asking, recording.item, Kind.TRANSCRIPT):
        if Action.OPEN in chat.actions:
            try:
                grant = gate.open(asking, Action.OPEN, kind=Kind.TRANSCRIPT, item_id=chat.item.id)
                return Chat(chat, read_messages(grant, people, film=recording))
            except Unavailable:
                # The film may still play; the page says that its chat does not come.
                return Chat(chat, [], unavailable=True)
            except Damaged as error:
                logs.fault(error)
                return Chat(chat, [], damaged=True)
            except (NotThere, Refused):
                continue  # access ended between the two questions
    return None


def read_messages(grant: Grant, people: list[Person], *, film: Shown | None) -> list[Message]:
    """Read what a grant allows, in order; with places in the film if there is one."""
    by_ref = {person.ref: person for person in people}
    found = list(recstore().playback.messages(grant))
    bodies = {message["ref"]: message["body"] for message in found}
    return [_read(message, by_ref, bodies, film) for message in found]


def _read(
    message: dict[str, Any], people: dict[str, Person], bodies: dict[str, str], film: Shown | None
) -> Message:
    at = datetime.fromisoformat(message["at"]).astimezone(UTC)
    second = _second(at, film)
    direct = message["to"] != "everyone"
    return Message(
        sender=_who(people, message["sender"]),
        at=at,
        clock=f"{at:%H:%M}",
        second=second,
        offset=write_offset(second) if second is not None else "",
        to=", ".join(_who(people, ref).name for ref in message["to"]) if direct else None,
        # An answer to a message that the viewer may not read shows nothing of it.
        reply_to=bodies.get(message["reply_to"]),
        read_by=", ".join(_who(people, receipt["who"]).name for receipt in message["read_by"]),
        body=message["body"],
    )


def _second(at: datetime, film: Shown | None) -> int | None:
    if film is None or film.item.duration_s is None:
        return None
    second = int((at - film.item.started_at).total_seconds())
    return second if 0 <= second < film.item.duration_s else None


def _who(people: dict[str, Person], ref: str) -> Person:
    return people.get(ref) or Person(ref=ref, name="Somebody", user_id=None, standing="", minutes=0)
