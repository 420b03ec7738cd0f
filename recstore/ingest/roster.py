"""Who was who in a call, and who is responsible. Pure: users are looked up by the caller.

Only an identity that the conferencing system asserted ties anybody; a name or address that a guest typed
never does (rules.md, cases 1 to 5). A ref means one person for good: messages name theirs by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.ingest.documents import CallDocument, ParticipantLine


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered user as the roster needs them."""

    user_id: UUID
    inactive_since: datetime | None

    def was_registered(self, at: datetime) -> bool:
        """Say whether they counted at that moment: somebody who had left the account had not."""
        return self.inactive_since is None or self.inactive_since > at


@dataclass(frozen=True, slots=True)
class Line:
    """One participant, resolved: `user_id` is None for everybody who is not tied."""

    ref: str
    name: str
    authenticated: str | None
    user_id: UUID | None
    was_present: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """A ref's line as it was handed over before, and perhaps dropped since (`removed`).

    `same_identity`: that it asserted the same as now, in whatever spelling; or nothing, now as then.
    """

    same_identity: bool
    user_id: UUID | None
    removed: bool


def asserted_addresses(document: CallDocument) -> set[str]:
    """Give every address that the document asserts: of participants, and of the room's organizer."""
    addresses = {line.authenticated for line in document.participants if line.authenticated}
    if document.vmr and document.vmr.organizer:
        addresses.add(document.vmr.organizer)
    return addresses


def find_changed_identity(document: CallDocument, earlier: Mapping[str, Earlier]) -> str | None:
    """Give a ref that would become somebody else's, if there is one. A guest's ref stays a guest's."""
    return next(
        (
            line.ref
            for line in document.participants
            if line.ref in earlier and not earlier[line.ref].same_identity
        ),
        None,
    )


def resolve(
    document: CallDocument, users: Mapping[str, Registered], earlier: Mapping[str, Earlier]
) -> list[Line]:
    """Resolve a roster. `users` are by asserted address, `earlier` by participant ref.

    A line that stood in the hand-over before keeps its answer: somebody who registers after the call does not
    become its participant because the recorder calls again. Whose identity changed was refused before this.
    """
    return [
        Line(
            ref=line.ref,
            name=line.name,
            authenticated=line.authenticated,
            user_id=_user_of(line, document.started_at, users, earlier.get(line.ref)),
            was_present=line.was_present,
            seconds=line.seconds,
        )
        for line in document.participants
    ]


def find_responsible(
    document: CallDocument, users: Mapping[str, Registered], lines: list[Line], *, started_by: str | None
) -> UUID | None:
    """Name who is responsible: the room's organizer, or the registered one who recorded a direct call."""
    if document.vmr is not None:
        organizer = users.get(document.vmr.organizer) if document.vmr.organizer else None
        return organizer.user_id if organizer and organizer.was_registered(document.started_at) else None
    chose = started_by or document.recorded_by
    return next((line.user_id for line in lines if line.ref == chose), None)


def _user_of(
    line: ParticipantLine, at: datetime, users: Mapping[str, Registered], earlier: Earlier | None
) -> UUID | None:
    if earlier is not None and not earlier.removed:
        return earlier.user_id
    user = users.get(line.authenticated) if line.authenticated else None
    return user.user_id if user and user.was_registered(at) else None
