"""The account's switches, and what turning them means for items that are there already."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.catalog.existing import Turned
from recstore.errors import Conflict
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
def change() -> Response | tuple[str, int]:
    """Turn the switches; with the form come all boxes, ticked or absent, and how each stood."""
    shown = Chosen(**{word: f"{word}_shown" in request.form for word in SWITCHES})
    wanted = {word: word in request.form for word in SWITCHES}
    try:
        after = recstore().switches.change(viewer(), Change(**wanted), shown=shown)
    except Conflict as error:
        flash(error.message, "wrong")
        return show(), HTTPStatus.CONFLICT
    flash("Saved." if after != shown else "Nothing was changed.", "done")
    return redirect("/admin/settings", 303)


def _count(chosen: Chosen, switch: Switch) -> Waiting:
    on: bool = getattr(chosen, switch.value)
    count = recstore().existing.count(viewer(), Turned(switch=switch, on=on))
    return Waiting(NAMES[switch], count, WAITING[switch, on], f"/admin/settings/existing/{switch.value}")
