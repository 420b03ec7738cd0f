"""Who can see an item, and why, drawn: the item, a branch for each reason, and what lies beyond the wall."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template

from recstore.audience import Outside, PersonAccess
from recstore.model import Action, Relation, State
from web.current import recstore, viewer
from web.guard import asks
from web.pages.changes import ITEM
from web.pages.formats import write_end
from web.pages.item import KINDS, read_item
from web.pages.person import Face

pages = Blueprint("access", __name__)

CAN = {
    Relation.RESPONSIBLE: "Responsible",
    Relation.PARTICIPANT: "Was in the call",
    Relation.SHARED_WITH: "Added by the responsible person",
    Relation.ADMIN: "Admin, by review only",
}
CANNOT = {
    Relation.RESPONSIBLE: "Responsible, but not now",
    Relation.PARTICIPANT: "Was in the call, but it is not open to them",
    Relation.SHARED_WITH: "Added, but not now",
    Relation.EXCLUDED: "Taken out, or access ended",
    Relation.COLLEAGUE: "Not in the call",
}
NEVER = {
    Relation.INACTIVE: "Deactivated: never",
    Relation.OUTSIDER: "Not of this account: never",
    Relation.GUEST: "Guest: never",
}
OTHER = "By another rule of this service"


@dataclass(frozen=True, slots=True)
class Leaf(Face):
    """One person in the picture. `words`: what they may, or why they may not."""

    name: str
    words: str
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """The people for whom one reason holds. `rules` are the names of the deciding rules."""

    heading: str
    because: str
    rules: str
    leaves: list[Leaf]


@pages.get(f"{ITEM}/access")
@asks(Action.SEE)
def show(plural: str, item_id: UUID) -> str:
    """Draw who can see an item, and who of the call cannot. For the responsible person and admins."""
    asking, kind = viewer(), KINDS[plural]
    found = recstore().audiences.read(asking, kind, item_id)
    _, page = read_item(asking, kind, item_id)
    never = [one for one in found.outside if one.through in NEVER]
    return render_template(
        "access.html",
        place="library",
        page=page,
        count=len(found.inside),
        can=_inside(found.inside),
        cannot=_outside([one for one in found.outside if one.through not in NEVER], CANNOT),
        never=_outside(never, NEVER),
    )


def _inside(people: Iterable[PersonAccess]) -> list[Branch]:
    grouped: dict[str, list[PersonAccess]] = {heading: [] for heading in [*CAN.values(), OTHER]}
    for person in people:
        grouped[CAN.get(person.through, OTHER)].append(person)
    return [
        Branch(
            heading,
            because=_shared_words(one.because for one in group),
            rules=", ".join(sorted({one.decision.rule.name for one in group if one.decision.rule})),
            leaves=[Leaf(one.user.name, _may(one)) for one in group],
        )
        for heading, group in grouped.items()
        if group
    ]


def _outside(people: Iterable[Outside], headings: dict[Relation, str]) -> list[Branch]:
    grouped: dict[str, list[Outside]] = {heading: [] for heading in [*headings.values(), OTHER]}
    for person in people:
        grouped[headings.get(person.through, OTHER)].append(person)
    return [
        Branch(heading, "", "", [Leaf(one.name, _may_not(one), one.user is None) for one in group])
        for heading, group in grouped.items()
        if group
    ]


def _shared_words(because: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(because))


def _may(person: PersonAccess) -> str:
    """Say what somebody may do, in words that go on after their name."""
    words = {
        Action.OPEN: "opens it",
        Action.DOWNLOAD: "downloads it",
        Action.SHARE: "decides who else may",
        Action.REVIEW: "reviews it with a reason",
    }
    if State.IN_BIN in person.decision.facts.states:
        words[Action.RESTORE] = "can restore it"
    told = [told for action, told in words.items() if action in person.actions]
    end = f", until {write_end(person.until, now=recstore().clock())}" if person.until else ""
    return (", ".join(told) or "sees that it is there") + end


def _may_not(person: Outside) -> str:
    if person.ended is None:
        return person.because
    return f"had access until {write_end(person.ended, now=recstore().clock())}"
