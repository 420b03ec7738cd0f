"""The people of a call as pages show them: who was there, registered here or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from recstore.catalog.tables import Participant, User
from web.pages.formats import initials, tone


class Face:
    """Somebody shown as a coloured circle with initials."""

    __slots__ = ()
    name: str

    @property
    def initials(self) -> str:
        """Give what stands in the circle."""
        return initials(self.name)

    @property
    def tone(self) -> int:
        """Choose the circle's colour."""
        return tone(self.name)


@dataclass(frozen=True, slots=True)
class Person(Face):
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


def colleague(user: User) -> Person:
    """Show a registered user who need not have been in any call."""
    return Person(ref="", name=user.name, user_id=user.id, standing="", minutes=0)


def read_people(roster: Iterable[Participant]) -> list[Person]:
    """Read how a roster's people are shown, of those who were present."""
    return [_read_person(line) for line in roster if line.was_present]


def _read_person(line: Participant) -> Person:
    return Person(
        ref=line.ref,
        name=line.name,
        user_id=line.user_id,
        standing=_standing(line),
        minutes=round(line.seconds / 60),
    )


def _standing(line: Participant) -> str:
    if line.user_id is not None:
        return ""
    return "not a user of this account" if line.authenticated else "guest"
