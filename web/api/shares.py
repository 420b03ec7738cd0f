"""Who may: what the responsible person decided, who can see an item, and who reviewed it."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore import audience, review, sharing
from recstore.model import Action, Kind
from web import guard
from web.api import shapes, share_shapes, what_if_shapes
from web.api.both import for_both
from web.api.refusals import refuses
from web.current import recstore, viewer

shares = APIBlueprint("api_shares", __name__, tag="Shares")


@for_both(shares, "GET", "/<uuid:item_id>/shares")
@guard.asks(Action.SHARE)
@shares.output(share_shapes.Shares)
def list_shares(kind: Kind, item_id: UUID) -> share_shapes.Shares:
    """List what was decided about whom."""
    found = recstore().sharing.shares(viewer(), kind, item_id)
    return share_shapes.Shares(items=[_show(share) for share in found])


@for_both(shares, "PUT", "/<uuid:item_id>/shares/<uuid:user_id>")
@guard.asks(Action.SHARE)
@refuses(400, "exclude_self", "share_with_self", "until_in_past", "user_inactive", "user_unknown")
@refuses(409, "preview_stale")
@shares.input(what_if_shapes.Confirmed, location="query", arg_name="confirmed")
@shares.input(share_shapes.Decision, arg_name="decided")
@shares.output(share_shapes.Share)
def put_share(
    kind: Kind,
    item_id: UUID,
    user_id: UUID,
    confirmed: what_if_shapes.Confirmed,
    decided: share_shapes.Decision,
) -> share_shapes.Share:
    """Share with a colleague, or take one out. The later choice stands."""
    share = recstore().sharing.put(
        viewer(),
        kind,
        item_id,
        user_id,
        access=decided.access,
        until=decided.until,
        download=decided.download,
        shown=confirmed.shown,
    )
    return _show(share)


@for_both(shares, "DELETE", "/<uuid:item_id>/shares/<uuid:user_id>")
@guard.asks(Action.SHARE)
@refuses(409, "preview_stale")
@shares.input(what_if_shapes.Confirmed, location="query", arg_name="confirmed")
@shares.output({}, status_code=204)
def withdraw_share(kind: Kind, item_id: UUID, user_id: UUID, confirmed: what_if_shapes.Confirmed) -> Response:
    """Take back what was decided about somebody: what the call says of them counts again."""
    recstore().sharing.withdraw(viewer(), kind, item_id, user_id, confirmed.shown)
    return Response(status=204)


@for_both(shares, "GET", "/<uuid:item_id>/access")
@guard.asks(Action.SEE)
@refuses(403, "keepers_only")
@shares.output(share_shapes.ItemAccess)
def get_access(kind: Kind, item_id: UUID) -> share_shapes.ItemAccess:
    """Say who can see an item and who of the call cannot, and why. For the responsible person and admins."""
    found = recstore().audiences.read(viewer(), kind, item_id)
    return share_shapes.ItemAccess(
        people=[_show_access(each) for each in found.inside],
        outside=[_show_outside(each) for each in found.outside],
    )


@for_both(shares, "GET", "/<uuid:item_id>/reviews")
@guard.asks(Action.SEE)
@refuses(403, "keepers_only")
@shares.output(share_shapes.Traces)
def list_reviews(kind: Kind, item_id: UUID) -> share_shapes.Traces:
    """List who reviewed an item as an admin, and why. For the responsible person and admins."""
    return traces(kind, item_id)


def traces(kind: Kind, item_id: UUID) -> share_shapes.Traces:
    """Give an item's reviews."""
    found = recstore().review.traces(viewer(), kind, item_id)
    return share_shapes.Traces(items=[_show_trace(trace) for trace in found])


def _show(share: sharing.Share) -> share_shapes.Share:
    user = shapes.user(share.user)
    return share_shapes.Share(user=user, access=share.access, until=share.until, download=share.download)


def _show_access(found: audience.PersonAccess) -> share_shapes.PersonAccess:
    return share_shapes.PersonAccess(
        user=shapes.user(found.user),
        actions=found.actions,
        rule=found.decision.rule.name if found.decision.rule else "",
        through=found.through,
        because=found.because,
        until=found.until,
    )


def _show_outside(found: audience.Outside) -> share_shapes.Outside:
    user = shapes.user(found.user) if found.user else None
    return share_shapes.Outside(user=user, name=found.name, through=found.through, because=found.because)


def _show_trace(trace: review.Trace) -> share_shapes.Trace:
    by = shapes.Named(id=trace.by.id, name=trace.by.name) if trace.by else None
    return share_shapes.Trace(by=by, at=trace.at, reason=trace.reason)
