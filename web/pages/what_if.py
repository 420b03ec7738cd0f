"""What a change would do, shown before it is confirmed. Nothing is changed here: the button does that."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.access.viewer import Viewer
from recstore.choices import Appoint, Choice, Put, Restore, Withdraw
from recstore.errors import BadInput
from recstore.library import Shown
from recstore.model import Access
from web.current import recstore, viewer
from web.guard import signed_in
from web.pages.card import address_of
from web.pages.changes import ITEM, read_switches
from web.pages.effects import differences
from web.pages.item import KINDS, NOUNS, ItemPage, read_item

pages = Blueprint("what_if", __name__)


@dataclass(frozen=True, slots=True)
class Change:
    """A change to confirm. `address` and `fields` make it, once the button is pressed.

    `question` has a place for the name of whom it is about, `user_id`.
    """

    choice: Choice
    question: str
    button: str
    address: str
    fields: dict[str, str]
    back: str
    user_id: UUID | None = None
    is_grave: bool = False


@pages.get(f"{ITEM}/what-if")
@signed_in
def show(plural: str, item_id: UUID) -> str | Response:
    """List by name who would gain and who would lose what, with the button that does it."""
    asking, kind = viewer(), KINDS[plural]
    seen, page = read_item(asking, kind, item_id)
    try:
        change = CHANGES.get(request.args.get("change", ""), _refuse)(page)
        found = recstore().what_if.preview(asking, kind, item_id, change.choice)
    except BadInput as error:
        flash(error.message, "wrong")
        return redirect(page.address, 303)
    return render_template(
        "what_if.html",
        place="library",
        page=page,
        change=change,
        whom=next((one.user.name for one in found.people if one.user.id == change.user_id), "this person"),
        found=found,
        people=differences(found, asking),
        beside=[(NOUNS[other.item.what], other.title, address_of(other)) for other in _beside(asking, seen)],
    )


def _beside(asking: Viewer, shown: Shown) -> Iterator[Shown]:
    """Give what else of the call the viewer sees: the change does not touch it."""
    for kind in KINDS.values():
        found = recstore().library.of_same_call(asking, shown.item, kind)
        yield from (other for other in found if other.item.id != shown.item.id)


def _take_out(page: ItemPage) -> Change:
    user_id = _read_user()
    return Change(
        choice=Put(user_id=user_id, access=Access.EXCLUDED),
        question="Take {} out?",
        button="Take out",
        address=f"{page.address}/shares/{user_id}",
        fields={"change": "take-out"},
        back=f"{page.address}/shares",
        user_id=user_id,
        is_grave=True,
    )


def _take_away(page: ItemPage) -> Change:
    user_id = _read_user()
    return Change(
        choice=Withdraw(user_id),
        question="Take access away from {}?",
        button="Take away",
        address=f"{page.address}/shares/{user_id}",
        fields={"change": "withdraw"},
        back=f"{page.address}/shares",
        user_id=user_id,
        is_grave=True,
    )


def _switch(page: ItemPage) -> Change:
    return Change(
        choice=read_switches(request.args),
        question="Save these switches?",
        button="Save",
        address=f"{page.address}/switches",
        fields={
            name: request.args[name] for name in ("auto_share", "download", "was") if name in request.args
        },
        back=f"{page.address}/shares",
    )


def _restore(page: ItemPage) -> Change:
    return Change(
        choice=Restore(),
        question=f"Restore this {page.noun}?",
        button="Restore",
        address=f"{page.address}/restore",
        fields={},
        back=page.address,
    )


def _appoint(page: ItemPage) -> Change:
    user_id = _read_user()
    return Change(
        choice=Appoint(user_id),
        question="Make {} responsible?",
        button="Make responsible",
        address=f"/admin{page.address}/responsible",
        fields={"user_id": str(user_id)},
        back=f"/admin{page.address}",
        user_id=user_id,
    )


def _refuse(_page: ItemPage) -> Change:
    raise BadInput("There is no such change; nothing was changed.", code="bad_change")


def _read_user() -> UUID:
    try:
        return UUID(request.args.get("user", ""))
    except ValueError:
        raise BadInput("Choose somebody first; nothing was changed.", code="bad_change") from None


CHANGES: dict[str, Callable[[ItemPage], Change]] = {
    "take-out": _take_out,
    "take-away": _take_away,
    "switches": _switch,
    "appoint": _appoint,
    "restore": _restore,
}
