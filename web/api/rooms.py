"""The account's rooms (VMRs), for its admins."""

from uuid import UUID

from apiflask import APIBlueprint

from recstore.rooms import Room
from web import guard
from web.api import shapes, switch_shapes
from web.api.refusals import refuses
from web.current import recstore, viewer

rooms = APIBlueprint("api_rooms", __name__, tag="Rooms")


@rooms.get("/vmrs")
@guard.admin
@refuses(400, "bad_cursor")
@rooms.input(switch_shapes.RoomsWanted, location="query", arg_name="wanted")
@rooms.output(switch_shapes.Vmrs)
def list_vmrs(wanted: switch_shapes.RoomsWanted) -> switch_shapes.Vmrs:
    """List the account's rooms, by title."""
    found, cursor = recstore().rooms.page(viewer(), text=wanted.q, cursor=wanted.cursor, limit=wanted.limit)
    return switch_shapes.Vmrs(items=[_show(room) for room in found], next_cursor=cursor)


@rooms.get("/vmrs/<uuid:vmr_id>")
@guard.admin
@rooms.output(switch_shapes.Vmr)
def get_vmr(vmr_id: UUID) -> switch_shapes.Vmr:
    """Give one room."""
    return _show(recstore().rooms.find(viewer(), vmr_id))


@rooms.patch("/vmrs/<uuid:vmr_id>")
@guard.admin
@rooms.input(switch_shapes.VmrChange, arg_name="change")
@rooms.output(switch_shapes.Vmr)
def change_vmr(vmr_id: UUID, change: switch_shapes.VmrChange) -> switch_shapes.Vmr:
    """Turn the room's auto-share, for new items only; see the room's existing items for the others."""
    return _show(recstore().rooms.change(viewer(), vmr_id, auto_share=change.auto_share))


def _show(room: Room) -> switch_shapes.Vmr:
    organizer = room.organizer
    return switch_shapes.Vmr(
        id=room.vmr.id,
        ref=room.vmr.ref,
        title=room.vmr.title,
        organizer=shapes.Named(id=organizer.id, name=organizer.name) if organizer else None,
        auto_share=room.vmr.auto_share,
    )
