"""Recordings and transcripts: lists, details, edits, bin."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore.choices import Edit
from recstore.errors import BadInput
from recstore.library import Filters
from recstore.model import Action, Kind
from web import guard
from web.api import item_shapes, what_if_shapes
from web.api.both import for_both
from web.api.refusals import refuses
from web.current import recstore, viewer

items = APIBlueprint("api_items", __name__, tag="Items")

ONE: dict[Kind, type[item_shapes.Recording]] = {
    Kind.RECORDING: item_shapes.Recording,
    Kind.TRANSCRIPT: item_shapes.Transcript,
}
PAGE: dict[Kind, type[item_shapes.Recordings | item_shapes.Transcripts]] = {
    Kind.RECORDING: item_shapes.Recordings,
    Kind.TRANSCRIPT: item_shapes.Transcripts,
}


@for_both(items, "GET", "", gives=PAGE)
@guard.signed_in
@refuses(400, "bad_cursor")
@items.input(item_shapes.Wanted, location="query", arg_name="wanted")
def list_items(kind: Kind, wanted: item_shapes.Wanted) -> item_shapes.Recordings | item_shapes.Transcripts:
    """List what the viewer may see, newest first."""
    return page(kind, wanted)


@for_both(items, "GET", "/<uuid:item_id>", gives=ONE)
@guard.asks(Action.SEE)
def get_item(kind: Kind, item_id: UUID) -> item_shapes.Recording:
    """Give one item's details."""
    return item_shapes.show(recstore().library.item(viewer(), kind, item_id))


@for_both(items, "PATCH", "/<uuid:item_id>", gives=ONE)
@guard.asks(Action.EDIT)
@refuses(400, "bad_title", "nothing_to_change")
@refuses(409, "preview_stale")
@items.input(what_if_shapes.Confirmed, location="query", arg_name="confirmed")
@items.input(item_shapes.Changes, arg_name="changes")
def edit_item(
    kind: Kind, item_id: UUID, confirmed: what_if_shapes.Confirmed, changes: item_shapes.Changes
) -> item_shapes.Recording:
    """Change title, auto-share or download."""
    if not changes.model_fields_set:
        raise BadInput("Nothing to change was named.", code="bad_document")
    edit = Edit(title=changes.title, auto_share=changes.auto_share, download=changes.download)
    recstore().sharing.edit(viewer(), kind, item_id, edit, confirmed.shown)
    return item_shapes.show(recstore().library.item(viewer(), kind, item_id))


@for_both(items, "DELETE", "/<uuid:item_id>")
@guard.asks(Action.BIN)
@refuses(409, "preview_stale")
@items.input(what_if_shapes.Confirmed, location="query", arg_name="confirmed")
@items.output({}, status_code=204)
def bin_item(kind: Kind, item_id: UUID, confirmed: what_if_shapes.Confirmed) -> Response:
    """Move an item to the bin; nobody opens it there."""
    recstore().sharing.bin(viewer(), kind, item_id, confirmed.shown)
    return Response(status=204)


@for_both(items, "POST", "/<uuid:item_id>/restore", gives=ONE)
@guard.asks(Action.RESTORE)
@refuses(400, "not_in_bin")
@refuses(409, "preview_stale")
@items.input(what_if_shapes.Confirmed, location="query", arg_name="confirmed")
def restore_item(kind: Kind, item_id: UUID, confirmed: what_if_shapes.Confirmed) -> item_shapes.Recording:
    """Take an item out of the bin again, with all its shares."""
    recstore().sharing.restore(viewer(), kind, item_id, confirmed.shown)
    return item_shapes.show(recstore().library.item(viewer(), kind, item_id))


def page(kind: Kind, wanted: item_shapes.Wanted) -> item_shapes.Recordings | item_shapes.Transcripts:
    """Give one page of a list."""
    filters = Filters(text=wanted.q, start=wanted.start, end=wanted.end, vmr=wanted.vmr, shared=wanted.shared)
    found, cursor = recstore().library.page(viewer(), kind, filters, cursor=wanted.cursor, limit=wanted.limit)
    return PAGE[kind].model_validate(
        {"items": [item_shapes.show(each) for each in found], "next_cursor": cursor}
    )
