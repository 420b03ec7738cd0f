"""The documents about who may."""

from pydantic import StrictBool

from recstore.ingest.documents import Moment
from recstore.model import Access, Action, Relation
from web.api.shapes import Named, Shape, User


class Decision(Shape):
    """What to decide about a colleague."""

    access: Access
    until: Moment | None = None
    download: StrictBool = False


class Share(Shape):
    """What was decided about a colleague."""

    user: User
    access: Access
    until: Moment | None
    download: bool


class Shares(Shape):
    """Everything decided about an item's colleagues."""

    items: list[Share]


class PersonAccess(Shape):
    """What one person may do with an item, by which rule and tie they see it, why in words, until when."""

    user: User
    actions: list[Action]
    rule: str
    through: Relation
    because: str
    until: Moment | None


class Outside(Shape):
    """Somebody of the call, or decided about, who cannot see its item. `user` is null if not registered."""

    user: User | None
    name: str
    through: Relation
    because: str


class ItemAccess(Shape):
    """Everybody who can see an item, and those of whom one could think so."""

    people: list[PersonAccess]
    outside: list[Outside]


class Trace(Shape):
    """One review: who looked, when, and why; `reason` is null once it was erased."""

    by: Named | None
    at: Moment
    reason: str | None


class Traces(Shape):
    """An item's reviews, newest first."""

    items: list[Trace]
