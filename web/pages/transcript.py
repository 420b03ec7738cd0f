"""The page of a chat alone."""

from uuid import UUID

from flask import Blueprint, render_template

from recstore.model import Action, Kind
from web.current import recstore, viewer
from web.guard import asks
from web.pages.card import address_of
from web.pages.chat import read_messages
from web.pages.item import read_item

pages = Blueprint("transcript", __name__)


@pages.get("/transcripts/<uuid:item_id>")
@asks(Action.SEE)
def show(item_id: UUID) -> str:
    """Show a chat; its messages if the viewer may open it."""
    asking = viewer()
    shown, page = read_item(asking, Kind.TRANSCRIPT, item_id)
    messages = None
    if Action.OPEN in shown.actions:
        grant = recstore().gate.open(asking, Action.OPEN, kind=Kind.TRANSCRIPT, item_id=item_id)
        messages = read_messages(grant, page.people, film=None)
    films = recstore().library.of_same_call(asking, shown.item, Kind.RECORDING)
    return render_template(
        "transcript.html",
        place="library",
        page=page,
        messages=messages,
        films=[(film.title, address_of(film)) for film in films],
    )
