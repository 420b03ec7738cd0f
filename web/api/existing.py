"""Apply a switch to items that were there before it was turned: look at the list, then confirm it."""

from uuid import UUID

from apiflask import APIBlueprint

from recstore.catalog.existing import Turned
from recstore.effects import Affected
from recstore.model import Switch
from web import guard
from web.api import shapes, switch_shapes
from web.api.refusals import refuses
from web.current import recstore, viewer

existing = APIBlueprint("api_existing", __name__, tag="Existing items")


@existing.get("/settings/existing")
@guard.admin
@refuses(400, "bad_cursor")
@refuses(409, "switch_differs")
@existing.input(switch_shapes.Stands, location="query", arg_name="wanted")
@existing.output(switch_shapes.Existing)
def list_existing(wanted: switch_shapes.Stands) -> switch_shapes.Existing:
    """List which items applying a switch of the account would change, and who gains or loses what."""
    return _list(Turned(switch=wanted.switch, on=wanted.on), wanted)


@existing.post("/settings/existing")
@guard.admin
@refuses(400, "bad_confirmation")
@refuses(409, "confirmation_needed", "confirmation_stale", "switch_differs")
@existing.input(switch_shapes.Application, arg_name="asked")
@existing.output(switch_shapes.Applied)
def apply_to_existing(asked: switch_shapes.Application) -> switch_shapes.Applied:
    """Turn existing items off, or on exactly those that were listed with the confirmation."""
    return _apply(Turned(switch=asked.switch, on=asked.on), asked.confirmation)


@existing.get("/vmrs/<uuid:vmr_id>/existing")
@guard.admin
@refuses(400, "bad_cursor")
@refuses(409, "switch_differs")
@existing.input(switch_shapes.RoomStands, location="query", arg_name="wanted")
@existing.output(switch_shapes.Existing)
def list_existing_of_vmr(vmr_id: UUID, wanted: switch_shapes.RoomStands) -> switch_shapes.Existing:
    """List which items applying a room's switch would change, and who gains or loses what."""
    return _list(Turned(switch=Switch.AUTO_SHARE, on=wanted.on, vmr_id=vmr_id), wanted)


@existing.post("/vmrs/<uuid:vmr_id>/existing")
@guard.admin
@refuses(400, "bad_confirmation")
@refuses(409, "confirmation_needed", "confirmation_stale", "switch_differs")
@existing.input(switch_shapes.RoomApplication, arg_name="asked")
@existing.output(switch_shapes.Applied)
def apply_to_existing_of_vmr(vmr_id: UUID, asked: switch_shapes.RoomApplication) -> switch_shapes.Applied:
    """Turn a room's existing items off, or on exactly those that were listed with the confirmation."""
    return _apply(Turned(switch=Switch.AUTO_SHARE, on=asked.on, vmr_id=vmr_id), asked.confirmation)


def _list(turned: Turned, wanted: switch_shapes.RoomStands) -> switch_shapes.Existing:
    found = recstore().existing.preview(viewer(), turned, cursor=wanted.cursor, limit=wanted.limit)
    return switch_shapes.Existing(
        total=found.total,
        items=[_show(one, found.titles[one.item.id]) for one in found.items],
        next_cursor=found.next_cursor,
        confirmation=found.confirmation,
    )


def _apply(turned: Turned, confirmation: str | None) -> switch_shapes.Applied:
    applied = recstore().existing.apply(viewer(), turned, confirmation)
    return switch_shapes.Applied(changed=applied.changed, remaining=applied.remaining)


def _show(one: Affected, title: str) -> switch_shapes.Affected:
    return switch_shapes.Affected(
        id=one.item.id,
        kind=one.item.kind,
        title=title,
        started_at=one.item.started_at,
        people=[
            switch_shapes.Possible(
                user=shapes.user(effect.user),
                gains=effect.gains,
                loses=effect.loses,
                if_taken_back=effect.if_taken_back,
            )
            for effect in one.people
        ],
    )
