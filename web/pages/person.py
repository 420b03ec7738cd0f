"""The people of a call as pages show them: who was there, registered here or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.catalog.tables import Call, Participant, User
from recstore.ingest.documents import ParticipantLine
from recstore.ingest.placing import document_of
from web.pages.formats import initials, tone


@dataclass(frozen=True, slots=True)
class Person:
    """One line of a roster. `standing`: what they are to this account; `user_id` if registered in it."""

    ref: str
    name: str
    user_id: UUID | None
    standing: str
    minutes: int

    @property
    def is_guest(self) -> bool:
        """Say whether nothing of the account can ever be open to them."""
        return self.user_id is None

    @property
    def initials(self) -> str:
        """Give what stands in the circle."""
        return initials(self.name)

    @property
    def tone(self) -> int:
        """Choose the circle's colour."""
        return tone(self.name)


def colleague(user: User) -> Person:
    """Show a registered user who need not have been in any call."""
    return Person(ref="", name=user.name, user_id=user.id, standing="", minutes=0)


def read_people(call: Call, roster: Iterable[Participant]) -> list[Person]:
    """Join roster (who is registered) and call document (how they were there), of those who were present."""
    lines = {line.ref: line for line in document_of(call).participants}
    return [_read_person(line, lines.get(line.ref)) for line in roster if line.was_present]


def _read_person(line: Participant, told: ParticipantLine | None) -> Person:
    return Person(
        ref=line.ref,
        name=line.name,
        user_id=line.user_id,
        standing=_standing(line, told),
        minutes=round(sum(_seconds(start, end) for start, end in told.intervals) / 60) if told else 0,
    )


def _standing(line: Participant, told: ParticipantLine | None) -> str:
    if line.user_id is not None:
        return ""
    return "not a user of this account" if told and told.authenticated else "guest"


def _seconds(start: datetime, end: datetime | None) -> float:
    return (end - start).total_seconds() if end else 0
