"""A recording's page: the film, its chat beside it, and what is known of it."""

from uuid import UUID

from flask import Blueprint, render_template, request

from recstore.model import Action, Kind
from web.current import recstore, viewer
from web.guard import asks
from web.pages.chat import chat_beside
from web.pages.item import read_item

pages = Blueprint("recording", __name__)


@pages.get("/recordings/<uuid:item_id>")
@asks(Action.SEE)
def show(item_id: UUID) -> str:
    """Show a recording; it plays if the viewer may open it."""
    shown, page = read_item(viewer(), Kind.RECORDING, item_id)
    may_open = Action.OPEN in shown.actions
    return render_template(
        "recording.html",
        place="library",
        page=page,
        media=f"/api/v1{page.address}/media",
        details=f"/api/v1{page.address}",
        begin=request.args.get("t", 0, type=int),
        chat=chat_beside(viewer(), shown, page.people) if may_open else None,
        can_play=shown.item.media_type.startswith(("video/", "audio/")),
        now=recstore().clock(),
    )
