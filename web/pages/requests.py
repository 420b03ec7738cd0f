"""Requests for access: the button where nothing is shown, what waits for the viewer, and the answers."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.access_requests import Asked
from recstore.errors import BadInput, Throttled
from recstore.model import Action
from web.current import recstore, viewer
from web.guard import asks, signed_in
from web.pages.card import PLURALS
from web.pages.changes import ITEM
from web.pages.formats import read_last_day
from web.pages.item import KINDS, NOUNS

pages = Blueprint("requests", __name__)

PAGE = 50

ASKED = (
    "You asked. If there is something under this link that can be shared with you, whoever answers for it"
    " now sees your request. You hear no more of it here: if you are let in, it appears in your library."
)


@pages.post(ITEM)
@signed_in
def ask(plural: str, item_id: UUID) -> Response:
    """Ask for what the link leads to; the same is said whatever that is."""
    try:
        recstore().access_requests.ask(viewer(), KINDS[plural], item_id, request.form.get("note"))
    except (BadInput, Throttled) as error:
        flash(error.message, "wrong")
    else:
        flash(ASKED, "done")
    return redirect("/", 303)


@pages.get("/access-requests")
@signed_in
def show() -> str:
    """Show what waits for the viewer's answer."""
    cursor = request.args.get("cursor")
    found, later = recstore().access_requests.waiting(viewer(), cursor=cursor, limit=PAGE)
    return render_template(
        "requests.html",
        place="library",
        waiting=[(one, address_of(one), NOUNS[one.item.what]) for one in found],
        later=later,
        is_first=cursor is None,
        today=recstore().clock().date().isoformat(),
    )


@pages.post(f"{ITEM}/access-requests/<uuid:user_id>")
@asks(Action.SHARE)
def answer(plural: str, item_id: UUID, user_id: UUID) -> Response:
    """Let somebody in who asked, or decline; then show the list that was answered from."""
    kind, form = KINDS[plural], request.form
    try:
        if form.get("answer") == "accept":
            share = recstore().access_requests.accept(
                viewer(),
                kind,
                item_id,
                user_id,
                until=read_last_day(form.get("until", "")),
                download="download" in form,
            )
            words = f"{share.user.name} has access now."
        else:
            recstore().access_requests.decline(viewer(), kind, item_id, user_id)
            words = "The request was declined. Nobody is told."
    except BadInput as error:
        flash(error.message, "wrong")
    else:
        flash(words, "done")
    return redirect("/access-requests" if "all" in form else f"/{plural}/{item_id}/shares", 303)


def address_of(asked: Asked) -> str:
    """Give the address of the item that somebody asks for."""
    return f"/{PLURALS[asked.item.what]}/{asked.item.id}"
