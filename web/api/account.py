"""The account itself, for its admins: journal, switches, users."""

import json
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint

from recstore.errors import BadInput
from recstore.journal.entry import Line
from recstore.switches import Change, Chosen
from web import guard
from web.api import admin_shapes
from web.api.refusals import refuses
from web.current import recstore, viewer

account = APIBlueprint("api_account", __name__, tag="Account")


@account.get("/journal")
@guard.admin
@refuses(400, "bad_cursor")
@account.input(admin_shapes.Place, location="query", arg_name="place")
@account.output(admin_shapes.Entries)
def list_entries(place: admin_shapes.Place) -> dict[str, Any]:
    """List the account's journal."""
    lines, cursor = recstore().history.page(
        viewer(), cursor=place.cursor, limit=place.limit, newest_first=place.order == "newest"
    )
    return {"items": [_show_entry(line) for line in lines], "next_cursor": cursor}


@account.get("/settings")
@guard.admin
@account.output(admin_shapes.Settings)
def get_settings() -> admin_shapes.Settings:
    """Say how the account's switches stand."""
    return _show_settings(recstore().switches.read(viewer()))


@account.patch("/settings")
@guard.admin
@account.input(admin_shapes.SettingsChange, arg_name="change")
@account.output(admin_shapes.Settings)
def change_settings(change: admin_shapes.SettingsChange) -> admin_shapes.Settings:
    """Turn switches. With recording or chat off, what begins from now on is refused at hand-over."""
    if not change.model_fields_set:
        raise BadInput("No switch was named.", code="bad_document")
    return _show_settings(recstore().switches.change(viewer(), Change(**change.model_dump())))


@account.patch("/users/<uuid:user_id>")
@guard.admin
@refuses(400, "deactivate_self")
@account.input(admin_shapes.UserChange, arg_name="change")
@account.output(admin_shapes.Member)
def change_user(user_id: UUID, change: admin_shapes.UserChange) -> admin_shapes.Member:
    """Deactivate a user, whose sessions end at once, or take one back."""
    user = recstore().membership.set_active(viewer(), user_id, active=change.active)
    return admin_shapes.Member(
        id=user.id, name=user.name, email=user.email, admin=user.admin, active=user.active
    )


def _show_settings(chosen: Chosen) -> admin_shapes.Settings:
    return admin_shapes.Settings(
        recording=chosen.recording, chat=chosen.chat, auto_share=chosen.auto_share, download=chosen.download
    )


def _show_entry(line: Line) -> dict[str, Any]:
    fields = json.loads(line.text)
    kept = {name: fields[name] for name in ("index", "at", "event", "actor", "item", "detail")}
    private = json.loads(line.private) if line.private else None
    return {**kept, "private": private, "leaf_hash": line.leaf_hash.hex()}
