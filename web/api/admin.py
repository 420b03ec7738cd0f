"""The admins' part: everything in the account, reviews with a reason, who is responsible."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore.model import Kind
from web import guard
from web.api import admin_shapes, item_shapes, shapes, share_shapes, what_if_shapes
from web.api.both import for_both
from web.api.described import MEDIA_RESPONSES
from web.api.items import PAGE, page
from web.api.refusals import opens, ranges, refuses
from web.api.shares import traces
from web.current import recstore, viewer
from web.streaming import stream

admin = APIBlueprint("api_admin", __name__, tag="Admin")


@for_both(admin, "GET", "", gives=PAGE)
@guard.admin
@refuses(400, "bad_cursor")
@admin.input(item_shapes.Wanted, location="query", arg_name="wanted")
def list_all(kind: Kind, wanted: item_shapes.Wanted) -> item_shapes.Recordings | item_shapes.Transcripts:
    """List everything in the account, newest first."""
    return page(kind, wanted)


@admin.post("/reviews")
@guard.admin
@refuses(400, "reason_too_long")
@refuses(403, "reason_needed", "refused")
@admin.input(admin_shapes.NewReview, arg_name="new")
@admin.output(admin_shapes.Review, status_code=201)
def begin_review(new: admin_shapes.NewReview) -> dict[str, Any]:
    """Begin a review. The responsible person sees who did, when and why."""
    recstore().review.start(viewer(), Kind(new.kind), new.item_id, new.reason)
    return {"kind": new.kind, "item_id": new.item_id, "reason": new.reason.strip()}


@admin.get("/recordings/<uuid:item_id>/media")
@guard.admin
@refuses(403, "reason_needed", "refused")
@opens
@ranges
@admin.doc(responses=MEDIA_RESPONSES)
def review_media(item_id: UUID) -> Response:
    """Give a recording's bytes, or a range of them, under a review that runs."""
    grant = recstore().review.go_on(viewer(), Kind.RECORDING, item_id)
    return stream(recstore().playback.content(grant), download=False)


@admin.get("/transcripts/<uuid:item_id>/messages")
@guard.admin
@refuses(403, "reason_needed", "refused")
@opens
@admin.output(shapes.Messages)
def review_messages(item_id: UUID) -> dict[str, Any]:
    """Give a transcript's messages under a review that runs, those to single people too."""
    grant = recstore().review.go_on(viewer(), Kind.TRANSCRIPT, item_id)
    return {"items": list(recstore().playback.messages(grant))}


@for_both(admin, "PUT", "/<uuid:item_id>/responsible")
@guard.admin
@refuses(400, "user_unknown")
@refuses(403, "refused")
@refuses(409, "preview_stale")
@admin.input(what_if_shapes.Confirmed, location="query", arg_name="confirmed")
@admin.input(admin_shapes.NewResponsible, arg_name="new")
@admin.output({}, status_code=204)
def put_responsible(
    kind: Kind, item_id: UUID, confirmed: what_if_shapes.Confirmed, new: admin_shapes.NewResponsible
) -> Response:
    """Name who is responsible from now on: an active user of the account, the admin too."""
    recstore().review.appoint(viewer(), kind, item_id, new.user_id, confirmed.shown)
    return Response(status=204)


@for_both(admin, "GET", "/<uuid:item_id>/reviews")
@guard.admin
@admin.output(share_shapes.Traces)
def list_item_reviews(kind: Kind, item_id: UUID) -> share_shapes.Traces:
    """List who reviewed an item, and why."""
    return traces(kind, item_id)
