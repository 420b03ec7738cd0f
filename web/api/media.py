"""The bytes of recordings, and the messages of transcripts."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore.model import Action, Kind
from web import guard
from web.api import shapes
from web.api.described import MEDIA_RESPONSES, MESSAGES_RESPONSES
from web.api.refusals import ranges
from web.current import recstore, viewer
from web.streaming import as_attachment, stream

media = APIBlueprint("api_media", __name__, tag="Media")


@media.get("/recordings/<uuid:item_id>/media")
@guard.asks(Action.OPEN)
@media.input(shapes.HowMuch, location="query", arg_name="how")
@ranges
@media.doc(responses=MEDIA_RESPONSES)
def get_media(item_id: UUID, how: shapes.HowMuch) -> Response:
    """Give a recording's bytes, or a range of them; `download=1` asks for the right to download."""
    action = Action.DOWNLOAD if how.download else Action.OPEN
    grant = recstore().gate.open(viewer(), action, kind=Kind.RECORDING, item_id=item_id)
    return stream(recstore().playback.content(grant), download=how.download)


@media.get("/transcripts/<uuid:item_id>/messages")
@guard.asks(Action.OPEN)
@media.input(shapes.HowMuch, location="query", arg_name="how")
@media.output(shapes.Messages)
@media.doc(responses=MESSAGES_RESPONSES)
def get_messages(item_id: UUID, how: shapes.HowMuch) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Give the messages of a transcript that the viewer may read, in order; `download=1` as for media."""
    action = Action.DOWNLOAD if how.download else Action.OPEN
    grant = recstore().gate.open(viewer(), action, kind=Kind.TRANSCRIPT, item_id=item_id)
    named = as_attachment(recstore().playback.content(grant)) if how.download else {}
    return {"items": list(recstore().playback.messages(grant))}, HTTPStatus.OK, named
