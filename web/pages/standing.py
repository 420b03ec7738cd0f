"""How everybody stands to an item, in words: who is in, who is out, who never can be, and why."""

from dataclasses import dataclass
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.audience import PersonAccess
from recstore.library import Shown
from recstore.model import Access, Action
from recstore.sharing import Share
from web.current import recstore
from web.pages.formats import last_day, write_end
from web.pages.person import Face, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Face):
    """One line of the list. `decided`: what was chosen about them; `is_fixed`: nothing can be chosen."""

    name: str
    user_id: UUID | None
    look: str
    state: str
    because: str
    was_there: bool = False
    decided: Access | None = None
    until: str = ""
    last_day: str = ""
    download: bool = False
    is_guest: bool = False
    is_fixed: bool = False


def read_standings(asking: Viewer, shown: Shown, people: list[Person]) -> list[Standing]:
    """Say of everybody who was there or was decided about how they stand. For whoever may share.

    Everybody's reasons come from one reading: a call may have thousands of people.
    """
    kind, item_id = shown.item.what, shown.item.id
    found = recstore().audiences.read(asking, kind, item_id)
    access = {one.user.id: one for one in found.inside}
    outside = {one.user.id: one.because for one in found.outside if one.user}
    shares = {one.user.id: one for one in recstore().sharing.shares(asking, kind, item_id)}
    names = {one.user_id: one.name for one in people if one.user_id}
    names |= {user_id: one.user.name for user_id, one in (access | shares).items()}
    there = {one.user_id for one in people}
    first = [] if shown.responsible is None else [_responsible(shown.responsible.id, shown.responsible.name)]
    rest = [
        _registered(
            name,
            user_id,
            found=access.get(user_id),
            share=shares.get(user_id),
            why_not=outside.get(user_id, ""),
            was_there=user_id in there,
        )
        for user_id, name in sorted(
            names.items(), key=lambda pair: (pair[0] not in there, pair[1].casefold())
        )
        if user_id != shown.item.responsible_id
    ]
    return [*first, *rest, *(_never(one) for one in people if one.user_id is None)]


def _responsible(user_id: UUID, name: str) -> Standing:
    return Standing(
        name=name,
        user_id=user_id,
        look="own",
        state="Responsible",
        because="decides who else has access",
        is_fixed=True,
    )


def _registered(
    name: str,
    user_id: UUID,
    *,
    found: PersonAccess | None,
    share: Share | None,
    why_not: str,
    was_there: bool,
) -> Standing:
    now = recstore().clock()
    is_in = found is not None and Action.OPEN in found.actions
    if found is not None:
        because = found.because if is_in else recstore().audiences.why_not_open(found)
    else:
        because = why_not
    until = share.until if share else None
    return Standing(
        name=name,
        user_id=user_id,
        look="in" if is_in else "out" if share else "",
        state=_state(found, share, is_in=is_in),
        because=because,
        was_there=was_there,
        decided=share.access if share else None,
        until=write_end(until, now=now) if until else "",
        last_day=last_day(until),
        download=found is not None and Action.DOWNLOAD in found.actions,
        is_fixed=share is None and not was_there,
    )


def _state(found: PersonAccess | None, share: Share | None, *, is_in: bool) -> str:
    if is_in:
        return "Has access"
    if share is None:
        return "Admin" if found and Action.REVIEW in found.actions else "No access"
    return "Taken out" if share.access is Access.EXCLUDED else "Access ended"


def _never(person: Person) -> Standing:
    because = (
        "took part as a guest; nothing is ever open to guests"
        if person.standing == "guest"
        else "is not a registered user of this account; nothing is ever shared beyond it"
    )
    return Standing(
        name=person.name, user_id=None, look="", state="Never", because=because, is_guest=True, is_fixed=True
    )
