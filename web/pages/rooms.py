"""The account's rooms, and whether what is recorded in each is shared by itself."""

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from web.current import recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs

pages = Blueprint("rooms", __name__)

PAGE = 50


@pages.get("/admin/rooms")
@admin
def show_all() -> str:
    """Show a page of rooms by title."""
    text, cursor = request.args.get("q", ""), request.args.get("cursor")
    rooms, more = recstore().rooms.page(viewer(), text=text, cursor=cursor, limit=PAGE)
    kept = {"q": text} if text else {}
    return render_template(
        "rooms.html",
        place="admin",
        tabs=admin_tabs("Rooms"),
        rooms=rooms,
        of_account=recstore().switches.read(viewer()).auto_share,
        wanted=text,
        first="?" + urlencode(kept) if cursor else None,
        more="?" + urlencode(kept | {"cursor": more}) if more else None,
    )


@pages.post("/admin/rooms/<uuid:vmr_id>")
@admin
def change(vmr_id: UUID) -> Response:
    """Turn a room's switch for new items, then offer to apply it to existing ones."""
    room = recstore().rooms.change(viewer(), vmr_id, auto_share=request.form.get("auto_share") == "on")
    done = "not shared by themselves"
    if room.vmr.auto_share:
        of_account = recstore().switches.read(viewer()).auto_share
        done = "shared by themselves" if of_account else f"still {done}: that is off for the whole account"
    flash(f"New items of this room are {done}. Those that are there already stay as they are.", "done")
    return redirect(f"/admin/rooms/{vmr_id}/existing", 303)
