"""What a change would do, before it is made."""

from uuid import UUID

from apiflask import APIBlueprint

from recstore.model import Kind
from web import guard
from web.api import shapes, what_if_shapes
from web.api.both import for_both
from web.api.refusals import refuses
from web.api.switch_shapes import Effect
from web.current import recstore, viewer

what_if = APIBlueprint("api_what_if", __name__, tag="What if")


@for_both(what_if, "POST", "/<uuid:item_id>/what-if")
@guard.signed_in
@refuses(400, "exclude_self", "nothing_to_change", "not_in_bin")
@refuses(400, "share_with_self", "until_in_past", "user_inactive", "user_unknown")
@refuses(403, "refused")
@what_if.input(what_if_shapes.Tried, arg_name="tried")
@what_if.output(what_if_shapes.Preview)
def preview(kind: Kind, item_id: UUID, tried: what_if_shapes.Tried) -> what_if_shapes.Preview:
    """Say who would gain and lose what by a change; for whoever may make it. Nothing is changed."""
    found = recstore().what_if.preview(viewer(), kind, item_id, tried.choice())
    return what_if_shapes.Preview(
        words=found.words,
        shown=found.shown,
        added=found.added,
        removed=found.removed,
        people=[Effect(user=shapes.user(one.user), gains=one.gains, loses=one.loses) for one in found.people],
    )
