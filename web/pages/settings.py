"""The account's switches, and what turning them means for items that are there already."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.catalog.existing import Turned
from recstore.model import Switch
from recstore.switches import Change, Chosen
from web.current import recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs
from web.pages.existing import WAITING

pages = Blueprint("settings", __name__)

NAMES = {Switch.AUTO_SHARE: "Sharing", Switch.DOWNLOAD: "Download"}
SWITCHES = ("recording", "chat", "auto_share", "download")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many existing items stand otherwise than a switch, in which way, and where they are listed."""

    name: str
    count: int
    words: str
    address: str


@pages.get("/admin/settings")
@admin
def show() -> str:
    """Show how the switches stand, and whether existing items stand otherwise."""
    chosen = recstore().switches.read(viewer())
    return render_template(
        "settings.html",
        place="admin",
        tabs=admin_tabs("Settings"),
        chosen=chosen,
        waiting=[_count(chosen, switch) for switch in Switch],
    )


@pages.post("/admin/settings")
@admin
def change() -> Response:
    """Turn the switches; all boxes come with the form, ticked or absent."""
    before = recstore().switches.read(viewer())
    after = recstore().switches.change(viewer(), Change(**{word: word in request.form for word in SWITCHES}))
    flash("Saved." if after != before else "Nothing was changed.", "done")
    return redirect("/admin/settings", 303)


def _count(chosen: Chosen, switch: Switch) -> Waiting:
    on: bool = getattr(chosen, switch.value)
    found = recstore().existing.preview(viewer(), Turned(switch=switch, on=on), cursor=None, limit=1)
    address = f"/admin/settings/existing/{switch.value}"
    return Waiting(NAMES[switch], found.total, WAITING[switch, on], address)
