"""Asking for an item that one cannot see, and answering those who asked."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore import access_requests
from recstore.model import Action, Kind
from web import guard
from web.api import request_shapes, shapes
from web.api.both import for_both
from web.api.refusals import refuses
from web.current import recstore, viewer

requests = APIBlueprint("api_access_requests", __name__, tag="Access requests")


@for_both(requests, "POST", "/<uuid:item_id>/access-requests")
@guard.signed_in
@refuses(400, "bad_note")
@refuses(429, "too_many_attempts")
@requests.input(request_shapes.NewRequest, arg_name="new")
@requests.output(request_shapes.Asked, status_code=202)
def ask(kind: Kind, item_id: UUID, new: request_shapes.NewRequest) -> request_shapes.Asked:
    """Ask for access. The answer is the same whatever is asked for, there or not, and says nothing of it."""
    recstore().access_requests.ask(viewer(), kind, item_id, new.note)
    return request_shapes.Asked(state="asked")


@for_both(requests, "GET", "/<uuid:item_id>/access-requests")
@guard.asks(Action.SEE)
@refuses(403, "keepers_only")
@requests.output(request_shapes.Requests)
def list_of_item(kind: Kind, item_id: UUID) -> request_shapes.Requests:
    """List who waits for access to an item. For its responsible person; where there is none, for admins."""
    found = recstore().access_requests.of_item(viewer(), kind, item_id)
    return request_shapes.Requests(items=[_show(each) for each in found])


@for_both(requests, "PUT", "/<uuid:item_id>/access-requests/<uuid:user_id>")
@guard.asks(Action.SHARE)
@refuses(400, "request_unknown", "share_with_self", "until_in_past", "user_inactive", "user_unknown")
@requests.input(request_shapes.Answer, arg_name="given")
@requests.output({}, status_code=204)
def answer(kind: Kind, item_id: UUID, user_id: UUID, given: request_shapes.Answer) -> Response:
    """Accept a request, which shares the item, or decline it."""
    service = recstore().access_requests
    if given.answer == "accept":
        service.accept(viewer(), kind, item_id, user_id, until=given.until, download=given.download)
    else:
        service.decline(viewer(), kind, item_id, user_id)
    return Response(status=204)


@requests.get("/access-requests")
@guard.signed_in
@refuses(400, "bad_cursor")
@requests.input(request_shapes.Wanted, location="query", arg_name="wanted")
@requests.output(request_shapes.Waiting)
def list_waiting(wanted: request_shapes.Wanted) -> request_shapes.Waiting:
    """List the requests that wait for the viewer: for their items; for admins, also where nobody answers."""
    found, cursor = recstore().access_requests.waiting(viewer(), cursor=wanted.cursor, limit=wanted.limit)
    return request_shapes.Waiting(items=[_show(each) for each in found], next_cursor=cursor)


def _show(asked: access_requests.Asked) -> request_shapes.Request:
    return request_shapes.Request(
        item=request_shapes.Item(id=asked.item.id, kind=asked.item.what, title=asked.title),
        user=shapes.user(asked.user),
        at=asked.at,
        note=asked.note,
        may_answer=asked.may_answer,
    )
